"""One model's answers against another's, or against its own of before: metric by metric, over the items both have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sepbench.paired import Difference, difference, holm, restricted, signed_rank
from sepbench.results.answers import Answers, MetricFacts
from sepbench.results.pairing import Pairs, check_comparable, pair
from sepbench.results.set_changes import SetChange
from sepbench.stats import LEVEL, Resampling, Values, resampling
from sepbench.suite import Averaging

Which = Literal["after", "before", ""]
Parts = Mapping[str, Mapping[str, Sequence[str]]]
"""Items by slice and part."""


@dataclass(frozen=True)
class MetricChange:
    """A metric over the items that have a value on both sides, or of the set that they make.

    Attributes:
        before, after: its averages, and `difference` theirs; None where no item is in common.
        lost, gained: items that have a value on one side only because the other's answer failed or was silent.
        p: of the signed-rank test, or of a set's draws; None where it was not asked, or for fewer than two recordings.
        p_holm: p corrected for all metrics and suites of the comparison.
    """

    metric: MetricFacts
    before: float | None
    after: float | None
    difference: Difference | None
    lost: int
    gained: int
    p: float | None = None
    p_holm: float | None = None

    @property
    def better(self) -> Which:
        """The side that is better beyond chance; none where the interval holds zero or p_holm is not small."""
        found = self.difference
        if found is None or found.interval is None or self.p_holm is None or self.p_holm >= 1 - LEVEL:
            return ""
        low, high = sorted(self.metric.sign * bound for bound in found.interval)
        return "after" if low > 0 else "before" if high < 0 else ""


@dataclass(frozen=True)
class PartChange:
    """A metric over one part of a slice, untested: parts are many."""

    slice: str
    part: str
    change: MetricChange


@dataclass(frozen=True)
class ItemChange:
    """One item's values."""

    metric: str
    item: str
    label: str
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """Two models on one suite: metrics in the suite's order, slices, and the items that moved most by metric."""

    metrics: tuple[MetricChange, ...]
    parts: tuple[PartChange, ...]
    moved: tuple[ItemChange, ...]


def compare(
    before: Answers,
    model_before: str,
    after: Answers,
    model_after: str,
    *,
    metrics: Iterable[str] = (),
    parts: Parts | None = None,
    most_moved: int = 0,
) -> Comparison:
    """Compare two models on the suite they share; `p_holm` is of its metrics, until `corrected` takes in more suites.

    Args:
        metrics: those to compare; none named: all that both sides have values per item of.
        parts: slices to compare as well.
        most_moved: items to name for each metric.

    Raises:
        NothingComparable: another suite, or a metric of another recipe.
    """
    wanted = shared_metrics(before, after, metrics)
    check_comparable(before, after, [metric.name for metric in wanted])
    draws = resampling([item.cluster for item in after.items.values()], seed=after.suite.hash)
    rule = after.suite.averaging
    paired = [pair(before, model_before, after, model_after, metric) for metric in wanted if metric.per_item]
    changes = [replace(change(pairs, rule, draws), p=_tested(pairs)) for pairs in paired]
    return Comparison(
        corrected(changes),
        tuple(_by_part(paired, parts or {}, rule, draws)),
        tuple(moved for pairs in paired for moved in _moved(pairs, most_moved)),
    )


def shared_metrics(before: Answers, after: Answers, names: Iterable[str]) -> list[MetricFacts]:
    """The metrics of both sides, or those of the named that both have, in the order of `after`."""
    chosen = set(names)
    common = [metric for metric in after.metrics if before.metric(metric.name) is not None]
    return [metric for metric in common if not chosen or metric.name in chosen]


def change(pairs: Pairs, rule: Averaging, draws: Resampling) -> MetricChange:
    """Averages and their difference, untested."""
    if not pairs.items:
        return MetricChange(pairs.metric, None, None, None, len(pairs.lost), pairs.gained)
    return MetricChange(
        pairs.metric,
        _average(pairs.before, pairs.classes, rule),
        _average(pairs.after, pairs.classes, rule),
        difference(pairs.changes.tolist(), pairs.clusters, pairs.classes, rule, draws),
        len(pairs.lost),
        pairs.gained,
    )


def change_of_set(metric: MetricFacts, found: SetChange) -> MetricChange:
    """A metric of a set in the same form."""
    return MetricChange(metric, found.before, found.after, found.difference, len(found.lost), found.gained, found.p)


def corrected(changes: Sequence[MetricChange]) -> tuple[MetricChange, ...]:
    """The same, each p corrected for all of them."""
    return tuple(replace(one, p_holm=p) for one, p in zip(changes, holm([one.p for one in changes]), strict=True))


def _tested(pairs: Pairs) -> float | None:
    return signed_rank(pairs.changes.tolist(), pairs.clusters)


def _average(values: Values, classes: Sequence[str], rule: Averaging) -> float:
    """Of items, or of class means, as `difference` averages."""
    if rule == "mean":
        return float(values.mean())
    names = np.asarray(classes)
    return float(np.mean([values[names == name].mean() for name in sorted(set(classes))]))


def _by_part(paired: Sequence[Pairs], parts: Parts, rule: Averaging, draws: Resampling) -> Iterable[PartChange]:
    for name, by_part in parts.items():
        for part, items in by_part.items():
            inside = frozenset(items)
            chosen = [
                pairs.chosen([place for place, item in enumerate(pairs.items) if item in inside]) for pairs in paired
            ]
            drawn = restricted(draws, sorted({cluster for pairs in chosen for cluster in pairs.clusters}))
            yield from (PartChange(name, part, change(pairs, rule, drawn)) for pairs in chosen if pairs.items)


def _moved(pairs: Pairs, most: int) -> list[ItemChange]:
    changes = np.abs(pairs.changes)
    order = sorted(range(len(changes)), key=lambda place: (-changes[place], pairs.items[place]))
    return [
        ItemChange(
            pairs.metric.name,
            pairs.items[place],
            pairs.classes[place],
            float(pairs.before[place]),
            float(pairs.after[place]),
        )
        for place in order[:most]
        if changes[place] > 0
    ]
