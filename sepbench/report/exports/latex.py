"""Tables as LaTeX; the preamble needs ``booktabs`` and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sepbench.report.escaping import latex_text
from sepbench.report.exports.gathered import GROUPS, ExportedTable, Gathered
from sepbench.report.exports.words import UNRANKED, WORSE, is_best, marks, reading, value
from sepbench.report.records import Cell, Column

SIGNS = {WORSE: r"$^{\dagger}$", UNRANKED: r"$^{\ddagger}$"}


def latex(runs: Sequence[Gathered], *, intervals: bool) -> str:
    """A ``table`` for every run's metrics, and one for those of papers; captions say what they mean."""
    lines = ["% \\usepackage{booktabs} in the preamble", ""]
    for found in runs:
        for table in found.tables:
            lines += [*_table(found, table, intervals), ""]
    return "\n".join(lines)


def _table(found: Gathered, table: ExportedTable, intervals: bool) -> Iterator[str]:
    caption = " ".join(map(_sentence, (f"{found.suite['title']}: {table.title.lower()}.", *reading(found, table))))
    yield from (r"\begin{table}", r"  \centering", f"  \\caption{{{caption}}}")
    yield from (f"  \\begin{{tabular}}{{l{'r' * len(table.columns)}}}", r"    \toprule")
    yield _row(["Model", *map(_head, table.columns)])
    for group in table.groups:
        yield r"    \midrule"
        if group.kind != "systems":
            title = latex_text(GROUPS[group.kind])
            yield f"    \\multicolumn{{{1 + len(table.columns)}}}{{l}}{{\\emph{{{title}}}}} \\\\"
        for line in group.lines:
            yield _row([latex_text(line.model), *(_cell(cell, intervals) for cell in line.cells)])
    yield from (r"    \bottomrule", r"  \end{tabular}", r"\end{table}")


def _head(column: Column) -> str:
    unit = f" ({column.unit})" if column.unit else ""
    return latex_text(f"{column.label}{unit} {column.arrow}".strip())


def _cell(cell: Cell, intervals: bool) -> str:
    shown = latex_text(value(cell, intervals=intervals))
    signs = "".join(SIGNS[sign] for sign in marks(cell))
    return (f"\\textbf{{{shown}}}" if is_best(cell) else shown) + signs


def _sentence(text: str) -> str:
    """Escaped, its daggers as the table's."""
    escaped = latex_text(text)
    for sign, drawn in SIGNS.items():
        escaped = escaped.replace(sign, drawn)
    return escaped


def _row(cells: Sequence[str]) -> str:
    return "    " + " & ".join(cells) + r" \\"
