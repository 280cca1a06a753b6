"""Rows in little memory: a run holds one for every model and item until its summary is written."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from sepbench.metrics.metric import Status
    from sepbench.results.rows import Row, Score

SHARED = (
    "model", "status", "score_key", "mode", "kind", "corpus", "label", "cluster", "list", "variant", "removal"
)  # fmt: skip
"""Fields of a row that many rows have in common. Rows come out of worker processes with a copy each of every text."""

NOTHING: Mapping[str, Mapping[str, str]] = {}


class Scores(Mapping[str, "Score"]):
    """The scores of one row, read like the dict they were made from.

    Values are kept as float64, so none changes; names and statuses are kept once for all rows that have the same.

    >>> from sepbench.results.rows import Score
    >>> scores = Scores({"si_sdr": Score(3.5, "ok", 0.25), "stoi": Score(None, "too_short")})
    >>> scores["si_sdr"], scores["stoi"].value, "sdr" in scores
    (Score(value=3.5, status='ok', over_mixture=0.25), None, False)
    """

    __slots__ = ("_named", "_numbers")

    def __init__(self, scores: Mapping[str, Score]) -> None:
        self._named = _shared_pairs(tuple((name, score.status) for name, score in scores.items()))
        numbers = [number for score in scores.values() for number in (score.value, score.over_mixture)]
        self._numbers = struct.pack(f"{len(numbers)}d", *(math.nan if one is None else one for one in numbers))

    def __getitem__(self, name: str) -> Score:
        for place, (known, status) in enumerate(self._named):
            if known == name:
                return self._at(place, status)
        raise KeyError(name)

    def _at(self, place: int, status: str) -> Score:
        from sepbench.results.rows import Score

        numbers = struct.unpack_from("2d", self._numbers, place * struct.calcsize("2d"))
        value, change = (None if math.isnan(number) else number for number in numbers)
        return Score(value, cast("Status", status), change)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._named)

    def __len__(self) -> int:
        return len(self._named)


@cache
def _shared_pairs(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The first tuple that was equal to this one: names and statuses repeat over rows."""
    return pairs


@cache
def _shared_keys(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Metrics of one embedder name the same arrays."""
    return dict(pairs)


def compact(row: Row) -> Row:
    """The same row, its repeated texts shared with other rows and its scores packed."""
    shared: dict[str, Any] = {name: sys.intern(text) for name in SHARED if (text := getattr(row, name)) is not None}
    statistics = {name: _shared_keys(tuple(keys.items())) for name, keys in row.statistics.items()}
    return replace(row, metrics=Scores(row.metrics), statistics=statistics, **shared)
