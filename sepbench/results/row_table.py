"""Many rows in little memory, exactly as they were: a run holds one for every model and item until its summary is made.

Whoever averages reads columns; whoever walks over rows gets each made anew, and holds no more of them than it keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, overload

import numpy as np

from sepbench.metrics.metric import Status
from sepbench.results.columns import Coded, Floats, Mask, Numbers, Places, Texts
from sepbench.results.rows import Key, Row, Score

CodedField = Literal[
    "model", "status", "score_key", "mode", "kind", "absent", "corpus", "label", "cluster", "source_count", "list",
    "variant", "faults", "removal", "notes", "error",
]  # fmt: skip
TextField = Literal["item", "separation_key", "pair"]
NumberField = Literal["snr_db", "seconds"]


class ScoreColumn:
    """One metric's scores; a row without the metric has no status."""

    def __init__(self, rows: int) -> None:
        self.values, self.changes = Numbers(rows), Numbers(rows)
        self.statuses = Coded()
        for _ in range(rows):
            self.statuses.append(None)

    def append(self, score: Score | None) -> None:
        """Add a row's score."""
        self.values.append(None if score is None else score.value)
        self.changes.append(None if score is None else score.over_mixture)
        self.statuses.append(None if score is None else score.status)

    def score(self, place: int) -> Score | None:
        """A row's score."""
        status: Status | None = self.statuses[place]
        return None if status is None else Score(self.values[place], status, self.changes[place])


class RowTable:
    """Rows by the place at which they were added.

    >>> facts = ("extract", "label", False, "folder", "dog", "bench", 2, 0.0)
    >>> row = Row("mixture", "0.0", "ok", "s", "k", {"sdr": Score(1 / 3, "ok")}, *facts)
    >>> table = RowTable([row])
    >>> table[0] == row, table.all().values("sdr").round(2).tolist()
    (True, [0.33])
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.coded = {name: Coded() for name in get_args(CodedField)}
        self.texts = {name: Texts() for name in get_args(TextField)}
        self.numbers = {name: Numbers() for name in get_args(NumberField)}
        self.scores: dict[str, ScoreColumn] = {}
        self._statistics = Texts()
        for row in rows:
            self.append(row)

    def append(self, row: Row) -> None:
        """Add a row at the end."""
        for name in row.metrics:
            if name not in self.scores:
                self.scores[name] = ScoreColumn(len(self))
        for column in (self.coded, self.texts, self.numbers):
            for name, values in column.items():
                values.append(getattr(row, name))
        for name, scores in self.scores.items():
            scores.append(row.metrics.get(name))
        self._statistics.append(json.dumps(row.statistics) if row.statistics else "")

    def __len__(self) -> int:
        return len(self._statistics)

    def __getitem__(self, place: int) -> Row:
        """The row at a place, from 0 on; its metrics are read from the table when they are asked for."""
        facts: dict[str, Any] = {name: column[place] for name, column in self.coded.items()}
        facts |= {name: column[place] for name, column in self.texts.items()}
        facts |= {name: column[place] for name, column in self.numbers.items()}
        named = self._statistics[place]
        return Row(**facts, metrics=_Scores(self.scores, place), statistics=json.loads(named) if named else {})

    def key(self, place: int) -> Key:
        """Model and item of the row at a place."""
        return self.coded["model"][place], self.texts["item"][place]

    def all(self) -> Rows:
        """Every row, in order."""
        return Rows(self, np.arange(len(self)))


class _Scores(Mapping[str, Score]):
    """The scores of one row of a table."""

    __slots__ = ("_columns", "_place")

    def __init__(self, columns: Mapping[str, ScoreColumn], place: int) -> None:
        self._columns = columns
        self._place = place

    def __getitem__(self, name: str) -> Score:
        score = self._columns[name].score(self._place)
        if score is None:
            raise KeyError(name)
        return score

    def __iter__(self) -> Iterator[str]:
        return (name for name, column in self._columns.items() if column.statuses[self._place] is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, eq=False)
class Rows(Sequence[Row]):
    """Some rows of a table, in an order of their own."""

    table: RowTable
    places: Places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Row | Rows:
        if isinstance(index, slice):
            return Rows(self.table, self.places[index])
        return self.table[int(self.places[index])]

    def take(self, chosen: Mask | Places) -> Rows:
        """Those that are flagged, or those at these positions."""
        return Rows(self.table, self.places[chosen])

    def flags(self, field: CodedField, test: Callable[[Any], bool]) -> Mask:
        """Whether each row's field passes; a value is tested once, however often it occurs."""
        return self.table.coded[field].flags(self.places, test)

    def where(self, field: CodedField, test: Callable[[Any], bool]) -> Rows:
        """Those whose field passes."""
        return self.take(self.flags(field, test))

    def coded(self, field: CodedField) -> list[Any]:
        """A field of each."""
        return self.table.coded[field].at(self.places)

    def distinct(self, field: CodedField) -> list[Any]:
        """A field's values, each once, in no order."""
        return self.samples_of(field).coded(field)

    def samples_of(self, field: CodedField) -> Rows:
        """One row for every value of a field."""
        return self.take(self.table.coded[field].first_of_each(self.places))

    def by_item(self) -> Rows:
        """The same in the order of their items."""
        return self.take(self.table.texts["item"].ranks(self.places))

    def items(self) -> list[str]:
        """The item of each."""
        column = self.table.texts["item"]
        return [column[place] for place in self.places]

    def numbers(self, field: NumberField) -> Floats:
        """A field of each that is a number, NaN where there is none."""
        return self.table.numbers[field].at(self.places)

    def values(self, metric: str) -> Floats:
        """A metric of each, NaN where it has no value."""
        found = self.table.scores.get(metric)
        return np.full(len(self), np.nan) if found is None else found.values.at(self.places)

    def changes(self, metric: str) -> Floats:
        """A metric's change over the mixture, NaN where there is none."""
        found = self.table.scores.get(metric)
        return np.full(len(self), np.nan) if found is None else found.changes.at(self.places)

    def statuses(self, metric: str) -> list[Status | None]:
        """A metric's status in each, None where the row has no such metric."""
        found = self.table.scores.get(metric)
        return [None] * len(self) if found is None else found.statuses.at(self.places)


def rows_of(rows: Iterable[Row]) -> Rows:
    """Any rows as rows of a table; those that are stay."""
    return rows if isinstance(rows, Rows) else RowTable(rows).all()
