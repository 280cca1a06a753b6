"""The words under an exported table: what was asked, by which recipes, and how to read it. Plain text."""

from __future__ import annotations

from collections.abc import Iterator

from sepbench.report.exports.gathered import ExportedTable, Gathered
from sepbench.report.records import Cell, Line

WORSE, UNRANKED = "†", "‡"


def value(cell: Cell, *, intervals: bool) -> str:
    """A cell's number with its interval, and how many items stand behind it where some do not.

    >>> from sepbench.report.records import Column
    >>> from sepbench.report.view import cell
    >>> entry = {"value": 1.0, "ci95": [0.5, 1.5], "median": 1, "n": 9, "n_undefined": 1}
    >>> model = {"paradigm": "mask", "needs": [], "flags": []}
    >>> shown = cell(Column("sdr", "SDR", "dB", "higher", "", ""), entry, model)
    >>> value(shown, intervals=True), value(shown, intervals=False)
    ('1.00 (0.50 to 1.50) n 9 of 10', '1.00 n 9 of 10')
    """
    parts = [cell.text]
    parts += [f"({cell.interval})"] if intervals and cell.interval else []
    parts += [f"n {cell.coverage}"] if cell.coverage else []
    return " ".join(parts)


def is_best(cell: Cell) -> bool:
    """Whether it is the best of the systems, or not told apart from it."""
    return cell.rank in ("best", "near")


def marks(cell: Cell) -> str:
    """Signs after a number, which `reading` explains."""
    return (WORSE if cell.below_mixture else "") + (UNRANKED if cell.unranked else "")


def reading(found: Gathered, table: ExportedTable) -> Iterator[str]:
    """What a reader must know of the table, a sentence or two each."""
    suite = found.suite
    yield from found.warnings
    items = suite["items"]
    yield (
        f"Suite {suite['name']} ({suite['hash'][:12]}), {suite.get('scored_items', items)} of {items} items, "
        f"average: {suite['averaging'].replace('_', ' ')}; sepbench {found.run['sepbench']}."
    )
    cells = [cell for _, _, _, cell in table.cells()]
    if any(is_best(cell) for cell in cells):
        yield "Bold: best of the systems, and those that are not told apart from it."
    if any(cell.below_mixture for cell in cells):
        yield f"{WORSE} worse than the untouched mixture on average."
    if any(cell.unranked for cell in cells):
        why = sorted({cell.unranked for cell in cells if cell.unranked})
        yield f"{UNRANKED} not ranked: {', '.join(why)}."
    for line in _lines(table):
        if line.marks:
            yield f"{line.model}: {'; '.join(line.marks)}."
    yield "Recipes: " + "; ".join(column.signature for column in table.columns) + "."


def _lines(table: ExportedTable) -> list[Line]:
    return [line for group in table.groups for line in group.lines]
