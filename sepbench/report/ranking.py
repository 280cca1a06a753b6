"""Which systems of a table are best, and which are not told apart from these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sepbench.report.records import Cell, Column, Line
from sepbench.report.ties import Ties

Tested = Mapping[str, Ties]


def ranked(lines: Sequence[Line], shown: Sequence[Column], first: Column | None, tested: Tested) -> list[Line]:
    """Mark the best of each column, and those not told apart from it; where all are equal, nobody is.

    Args:
        first: the column whose places are the lines' own; None for no places.
        tested: by metric; a column that was not tested goes by intervals.
    """
    by_column = [
        _ranked_column({line.model: line.cells[index] for line in lines}, column, tested.get(column.name))
        for index, column in enumerate(shown)
    ]
    found = []
    for line in lines:
        cells = tuple(column[line.model] for column in by_column)
        place = cells[shown.index(first)].place if first else ""
        found.append(replace(line, cells=cells, place=place))
    return found


def _ranked_column(cells: dict[str, Cell], column: Column, ties: Ties | None) -> dict[str, Cell]:
    """Without a paired test, intervals that meet leave it open which of two systems is better."""
    ranked = {model: cell for model, cell in cells.items() if cell.sort is not None and not cell.unranked}
    if column.better == "neither" or len({cell.sort for cell in ranked.values()}) < 2:
        return cells
    choose = max if column.better == "higher" else min
    best = choose(ranked, key=lambda model: ranked[model].sort or 0.0)
    places = {} if ties is None else ties.places(column.better)

    def marked(model: str, cell: Cell) -> Cell:
        if cell.sort == ranked[best].sort:
            rank = "best"
        elif ties is None:
            rank = "near" if overlap(cell.bounds, ranked[best].bounds) else ""
        else:
            rank = "near" if ties.tied(model, best) else ""
        return replace(cell, rank=rank, place=place_text(places, model))

    return {model: marked(model, cell) if model in ranked else cell for model, cell in cells.items()}


def place_text(places: Mapping[str, int], model: str) -> str:
    """A place as shown, ``=`` where others have it too; empty for who has none.

    >>> [place_text({"a": 1, "b": 2, "c": 2}, model) for model in "abd"]
    ['1', '2=', '']
    """
    if model not in places:
        return ""
    shared = sum(place == places[model] for place in places.values()) > 1
    return f"{places[model]}{'=' if shared else ''}"


def overlap(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Whether two intervals meet.

    >>> overlap((1.0, 2.0), (1.9, 3.0)), overlap((1.0, 2.0), (2.1, 3.0)), overlap(None, (2.1, 3.0))
    (True, False, False)
    """
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]
