"""Tables as Markdown, as GitHub shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sepbench.report.escaping import markdown_text
from sepbench.report.exports.gathered import GROUPS, ExportedTable, Gathered
from sepbench.report.exports.words import is_best, marks, reading, value
from sepbench.report.records import Cell, Column


def markdown(runs: Sequence[Gathered], *, intervals: bool) -> str:
    """A heading for every run, a table for our metrics and one for those of papers, and what they mean."""
    return "\n".join(line for found in runs for line in _run(found, intervals))


def _run(found: Gathered, intervals: bool) -> Iterator[str]:
    yield from (f"## {markdown_text(found.suite['title'])}", "")
    for table in found.tables:
        yield from (f"### {table.title}", "")
        yield from _table(table, intervals)
        yield ""
        yield from (f"- {markdown_text(sentence)}" for sentence in reading(found, table))
        yield ""


def _table(table: ExportedTable, intervals: bool) -> Iterator[str]:
    yield _row(["#", "model", *map(_head, table.columns)])
    yield _row(["---:", "---", *("---:" for _ in table.columns)])
    for group in table.groups:
        if group.kind != "systems":
            yield _row(["", f"*{GROUPS[group.kind]}*", *("" for _ in table.columns)])
        for line in group.lines:
            yield _row([line.place, markdown_text(line.model), *(_cell(cell, intervals) for cell in line.cells)])


def _head(column: Column) -> str:
    unit = f" ({column.unit})" if column.unit else ""
    return markdown_text(f"{column.label}{unit} {column.arrow}".strip())


def _cell(cell: Cell, intervals: bool) -> str:
    shown = markdown_text(value(cell, intervals=intervals))
    return (f"**{shown}**" if is_best(cell) else shown) + marks(cell)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
