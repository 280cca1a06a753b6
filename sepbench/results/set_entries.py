"""Metrics of a set in ``summary.json``: a value of all items together, from what was kept of each.

Intervals resample recordings as everywhere, by counting what was kept of them otherwise. A resampled set holds items
several times, which moves distances between sets upwards, so it is only the spread of the draws that is used: around
their own mean, it is laid around the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Metric, Undefined
from sepbench.metrics.reduction import ItemStatistic, Reduce, Times
from sepbench.results.entries import digits
from sepbench.results.rows import Row
from sepbench.results.statistics_store import Array, StatisticsStore
from sepbench.stats import Resampling, interval

ARRAYS_AT_HAND, SETS_AT_HAND = 1 << 14, 64
"""Arrays and values of whole sets that are kept in memory: slices and models ask for the same again."""


@dataclass(frozen=True)
class KeptItem:
    """One item and where its arrays are: the key of each, by name."""

    item: str
    cluster: str
    label: str
    value: float | None
    keys: tuple[tuple[str, str], ...] = ()

    def untouched(self) -> KeptItem:
        """The same, had the separator given its mixture back."""
        keys = dict(self.keys)
        return replace(self, keys=tuple({**keys, "estimate": keys["mixture"]}.items()))


@dataclass(frozen=True)
class Task:
    """One set to be reduced, as every process can read it.

    Attributes:
        reduce: of a module, so that it can be named to another process.
        times: ``(ways, items)``, see `Reduce`; None for the whole set alone.
    """

    reduce: Reduce
    folder: Path
    kept: tuple[KeptItem, ...]
    times: Times | None = None


@dataclass(frozen=True)
class Reduced:
    """A value per way of counting; or none, and why."""

    values: NDArray[np.float64] | None
    why: str = ""

    @property
    def value(self) -> float | None:
        """Of the whole set, to six digits."""
        return None if self.values is None or np.isnan(self.values[0]) else digits(float(self.values[0]))


@dataclass(frozen=True)
class Reducing:
    """Where statistics are, and who reduces them: `reduce_here`, or a process that does it with one thread."""

    folder: Path
    carry_out: Callable[[Task], Reduced]


def reduce_here(task: Task) -> Reduced:
    """Read the set's arrays and reduce them in this process.

    Raises:
        MissingData, InvalidRecord: an array is not there, or damaged.
    """
    if task.times is None:
        return _whole(task.reduce, task.folder, task.kept)
    return _reduced(task.reduce, task.folder, task.kept, task.times)


@lru_cache(maxsize=SETS_AT_HAND)
def _whole(reduce: Reduce, folder: Path, kept: tuple[KeptItem, ...]) -> Reduced:
    return _reduced(reduce, folder, kept, np.ones((1, len(kept)), dtype=np.int64))


def _reduced(reduce: Reduce, folder: Path, kept: tuple[KeptItem, ...], times: Times) -> Reduced:
    statistics = [
        ItemStatistic(
            one.item, one.cluster, one.label, one.value, {name: _array(folder, key) for name, key in one.keys}
        )
        for one in kept
    ]
    try:
        return Reduced(reduce(statistics, times))
    except Undefined as undefined:
        return Reduced(None, str(undefined))


NO_STATISTICS = Reducing(Path(), reduce_here)
"""For rows whose metrics keep none."""


def set_entry(reducing: Reducing, metric: Metric, rows: Sequence[Row], draws: Resampling | None) -> dict[str, Any]:
    """The metric of these rows as an average's entry, its ``median`` None; the averaging rule has no say.

    ``of_mixture`` is the value of the untouched mixtures, where the metric kept what that takes; ``why`` says in words
    why there is no value.

    Args:
        draws: of recordings, for an interval; None for none.
    """
    kept = tuple(one for row in rows if (one := kept_item(metric.name, row)) is not None)
    entry: dict[str, Any] = {"value": None, "ci95": None, "median": None, "n": len(kept)}
    entry["n_undefined"] = len(rows) - len(kept)
    if metric.reduce is None or not kept:
        return entry
    whole = Task(metric.reduce, reducing.folder, kept)
    found = reducing.carry_out(
        whole if draws is None else replace(whole, times=times_of(kept, draws, metric.resamples))
    )
    entry["value"] = found.value
    if found.values is None or found.value is None:
        return entry | ({"why": found.why} if found.why else {})
    entry["ci95"] = _laid_around(found.values, len({one.cluster for one in kept}))
    if all("mixture" in dict(one.keys) for one in kept):
        untouched = replace(whole, kept=tuple(one.untouched() for one in kept))
        entry["of_mixture"] = reducing.carry_out(untouched).value
    return entry


def kept_item(metric: str, row: Row) -> KeptItem | None:
    """What the row's item gave to the set; None where it gave nothing."""
    score, keys = row.metrics.get(metric), row.statistics.get(metric)
    if score is None or (score.value is None and keys is None):
        return None
    return KeptItem(row.item, row.cluster, row.label, score.value, tuple((keys or {}).items()))


def times_of(kept: Sequence[KeptItem], draws: Resampling, resamples: int) -> Times:
    """Every item once, then as often as in the first of the draws that all models and metrics share."""
    position = {name: index for index, name in enumerate(draws.clusters)}
    drawn = draws.counts[:resamples, [position[one.cluster] for one in kept]]
    return np.concatenate([np.ones((1, len(kept)), dtype=np.int64), drawn.astype(np.int64)])


def _laid_around(values: NDArray[np.float64], clusters: int) -> list[float | None] | None:
    drawn = values[1:][np.isfinite(values[1:])]
    bounds = interval(values[0] + drawn - drawn.mean(), clusters) if drawn.size else None
    return None if bounds is None else [digits(bound) for bound in bounds]


@lru_cache(maxsize=ARRAYS_AT_HAND)
def _array(folder: Path, key: str) -> Array:
    return StatisticsStore(folder).get(key)


def undefined_counts(metric: Metric, rows: Sequence[Row]) -> Mapping[str, int]:
    """How many rows gave nothing to the set, by status."""
    gaps = [row.metrics.get(metric.name) for row in rows if kept_item(metric.name, row) is None]
    statuses = ["failed" if score is None else score.status for score in gaps]
    return {status: statuses.count(status) for status in sorted(set(statuses))}
