"""Two sides' values of one metric, item by item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sepbench.errors import NothingComparable
from sepbench.results.answers import Answers, MetricFacts, Value
from sepbench.stats import Values

BROKEN = ("failed", "estimate_silent", "not_finite", "length_mismatch")
"""Statuses that are the model's own doing."""
PERFECT = "perfect"
MEASURED = ("ok", "trimmed")
"""Statuses of an item that has no value of its own and gave arrays to that of the set."""
SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Lost:
    """An item that had a value before, and now a status in its place."""

    item: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Pairs:
    """The items that have a value on both sides, in order of their names.

    Attributes:
        clusters, classes: each item's recording and class.
        before, after: ``(items,)``.
        lost: items whose model broke; an answer that was perfect is lost with any value at all.
        gained: how many are the other way round.
    """

    metric: MetricFacts
    items: tuple[str, ...]
    clusters: tuple[str, ...]
    classes: tuple[str, ...]
    before: Values
    after: Values
    lost: tuple[Lost, ...]
    gained: int

    @property
    def changes(self) -> Values:
        """After less before."""
        return self.after - self.before

    def chosen(self, places: Sequence[int]) -> Pairs:
        """Only the items at these places; what is lost belongs to none."""
        return Pairs(
            self.metric,
            tuple(self.items[place] for place in places),
            tuple(self.clusters[place] for place in places),
            tuple(self.classes[place] for place in places),
            self.before[list(places)],
            self.after[list(places)],
            (),
            0,
        )


def check_comparable(before: Answers, after: Answers, metrics: Iterable[str]) -> None:
    """Make sure that two sides asked the same and measured alike.

    Raises:
        NothingComparable: another suite or another state of it, or a metric of another recipe; which, is said.
    """
    if before.suite.hash != after.suite.hash:
        raise NothingComparable(
            "the two runs are of different suites",
            given=f"{before.suite.name} {before.suite.hash[:SHOWN_DIGITS]}",
            wanted=f"{after.suite.name} {after.suite.hash[:SHOWN_DIGITS]}",
            remedy="run both on one suite with the same version of its lists",
        )
    for name in metrics:
        one, other = before.metric(name), after.metric(name)
        if one is not None and other is not None and one.signature != other.signature:
            raise NothingComparable(
                f"metric {name} is not the same recipe in the two runs",
                given=one.signature,
                wanted=other.signature,
                remedy="score both with one version, or leave the metric out",
            )


def check_whole(side: Answers, name: str) -> None:
    """Make sure that no item was left out that could be scored; `name` says in the error which side it is.

    Raises:
        NothingComparable: some were.
    """
    if side.suite.partial:
        raise NothingComparable(
            f"the {name} is partial: items were left out that could be scored",
            given=side.suite.name,
            wanted="all items",
            remedy="run the same command without --limit to its end, or say --allow-partial",
        )


def pair(before: Answers, model_before: str, after: Answers, model_after: str, metric: MetricFacts) -> Pairs:
    """The items that both sides have, by their values of a metric that both have."""
    old, new = before.column(model_before, metric.name), after.column(model_after, metric.name)
    items: list[str] = []
    numbers: list[tuple[float, float]] = []
    lost: list[Lost] = []
    gained = 0
    for item in sorted(old.keys() & new.keys()):
        one, other = old[item], new[item]
        if not isinstance(one, str) and not isinstance(other, str):
            items.append(item)
            numbers.append((one, other))
        elif breaks(one, other):
            lost.append(Lost(item, one, other))
        elif breaks(other, one):
            gained += 1
    facts = [after.items[item] for item in items]
    table = np.array(numbers, dtype=np.float64).reshape(len(numbers), 2)
    return Pairs(
        metric,
        tuple(items),
        tuple(fact.cluster for fact in facts),
        tuple(fact.label for fact in facts),
        table[:, 0],
        table[:, 1],
        tuple(lost),
        gained,
    )


def gives(value: Value) -> bool:
    """Whether an item has a value, or gave something to that of the set."""
    return not isinstance(value, str) or value in MEASURED


def breaks(before: Value, after: Value) -> bool:
    """Whether an item lost what it gave, and the model is to blame; a perfect one loses with any value at all."""
    if before == PERFECT:
        return after in BROKEN or gives(after)
    return gives(before) and after in BROKEN
