"""A badge: one number of one model, drawn as a small SVG of our own."""

from __future__ import annotations

from collections.abc import Sequence

from sepbench.errors import MissingData, NothingComparable
from sepbench.report.escaping import xml_text
from sepbench.report.exports.gathered import Gathered
from sepbench.report.records import Cell, Column, Line
from sepbench.report.view import leading
from sepbench.search_path import closest

LETTER, MARGIN, HEIGHT = 6.6, 7, 20
"""Pixels: a letter's width at 11 px on average, room beside a text, the whole."""
LABEL, RANKED, APART = "#414a4c", "#2b5f8a", "#6e7376"
"""Fills on which white text has a contrast of at least 4.5; a number that is not ranked is grey."""


def badge(runs: Sequence[Gathered], model: str) -> str:
    """The leading metric of the first table, or the one metric that was chosen.

    Raises:
        NothingComparable: more than one run, or no metric that leads.
        MissingData: the run has no such model.
    """
    if len(runs) != 1:
        raise NothingComparable("a badge shows one run", given=f"{len(runs)} runs", remedy="name one")
    group, line, column, cell = _chosen(runs[0], model)
    label = f"{runs[0].suite['name']} {column.label}"
    unit = f" {column.unit}" if column.unit and not cell.text.endswith("%") and cell.sort is not None else ""
    apart = [name for name in ("partial",) if runs[0].suite["partial"]]
    apart += [group] if group != "systems" else ["not ranked"] if cell.unranked else []
    shown = f"{cell.text}{unit}" + (f" ({', '.join(apart)})" if apart else "")
    return _drawn(label, shown, APART if apart else RANKED, _title(runs[0], line, column, cell))


def _chosen(found: Gathered, model: str) -> tuple[str, Line, Column, Cell]:
    cells = [each for table in found.tables for each in table.cells()]
    shown = list(dict.fromkeys(column for _, _, column, _ in cells))
    wanted = shown[0] if len(shown) == 1 else leading(shown)
    if wanted is None:
        raise NothingComparable("no metric leads this suite", remedy="choose one with --metrics")
    known = list(found.summary["models"])
    if not model:
        raise NothingComparable("a badge shows one model", given="none", remedy=f"--model {known[0]}")
    if model not in known:
        raise MissingData("the run has no such model", given=model, remedy=closest(model, known))
    return next(each for each in cells if each[1].model == model and each[2] == wanted)


def _title(found: Gathered, line: Line, column: Column, cell: Cell) -> str:
    suite = found.suite
    parts = [f"{line.model}: {column.label} {cell.text}", f"95 % {cell.interval}" if cell.interval else ""]
    parts += [cell.title, f"suite {suite['name']} {suite['hash'][:12]}", column.signature, *line.marks, *found.warnings]
    return "; ".join(filter(None, parts))


def _drawn(label: str, shown: str, fill: str, title: str) -> str:
    left, right = (round(len(text) * LETTER) + 2 * MARGIN for text in (label, shown))
    width = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" role="img" '
        f'aria-label="{xml_text(f"{label}: {shown}")}">\n'
        f"<title>{xml_text(title)}</title>\n"
        f'<clipPath id="r"><rect width="{width}" height="{HEIGHT}" rx="3"/></clipPath>\n'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{HEIGHT}" fill="{LABEL}"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{fill}"/></g>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(label, MARGIN, left)}{_text(shown, left + MARGIN, right)}</g>\n</svg>\n"
    )


def _text(text: str, x: int, room: int) -> str:
    """Fitted into its room, whatever font there is."""
    fitted = f'textLength="{room - 2 * MARGIN}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x}" y="14" {fitted}>{xml_text(text)}</text>'
