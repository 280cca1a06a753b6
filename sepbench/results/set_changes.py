"""The difference of a metric of a set between two sides, and what chance alone may make of it.

Both sides are reduced over the same items and the same draws of recordings, so what they share cancels, and with it
most of what an item that is drawn twice adds to a distance. The rest moves the draws and not their spread, so the
spread alone is used: about their own mean, it is laid around the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sepbench.errors import NothingComparable
from sepbench.metrics.metric import Metric
from sepbench.paired import Difference, students_interval, students_p
from sepbench.results.answers import MetricFacts, Value
from sepbench.results.contributions import Contributions, recipe_of
from sepbench.results.pairing import Lost, breaks, gives
from sepbench.results.set_entries import KeptItem, Reduced, Task, reduce_here, times_of
from sepbench.stats import LEVEL, Resampling, Values

NO_ENTRY = "not_applicable"
"""What a metric says of an answer that is right and adds nothing, as silence for an absent sound."""


@dataclass(frozen=True)
class SetChange:
    """A metric of a set on both sides.

    Attributes:
        before, after: its values over the items that neither side lacks; None where there is none.
        difference: after less before; no item rises or falls. None where a value is.
        p: of that difference over its standard error in the draws, as Student's t; None without draws.
        lost: items whose model broke; `gained`: how many are the other way round.
        why: there is no difference.
    """

    before: float | None
    after: float | None
    difference: Difference | None
    p: float | None
    lost: tuple[Lost, ...]
    gained: int
    why: str = ""


def set_change(
    before: Contributions,
    after: Contributions,
    facts: MetricFacts,
    draws: Resampling,
    *,
    level: float = LEVEL,
    carry_out: Callable[[Task], Reduced] = reduce_here,
) -> SetChange:
    """Compare what two sides gave.

    Args:
        draws: of all recordings of `after`; as many are taken as the metric can afford.
        level: of the interval.
        carry_out: who reduces.

    Raises:
        NothingComparable: another recipe, or arrays that are not at hand.
        MissingData, InvalidRecord: an array is gone, or damaged.
    """
    metric = recipe_of(facts)
    common = sorted(before.column.keys() & after.column.keys())
    pairs = [(item, before.column[item], after.column[item]) for item in common]
    lost = tuple(Lost(item, one, other) for item, one, other in pairs if breaks(one, other))
    gained = sum(breaks(other, one) for _, one, other in pairs)
    items = [item for item, one, other in pairs if _counts(one, other)]
    sides = [(side, _kept(side, items, after, facts)) for side in (before, after)]
    if not all(kept for _, kept in sides):
        return SetChange(None, None, None, None, lost, gained, "one side has nothing that the other has too")
    old, new = (carry_out(_task(metric, side, kept, draws)) for side, kept in sides)
    found, p = _between(old, new, items, len({after.clusters[item] for item in items}), level)
    return SetChange(old.value, new.value, found, p, lost, gained, old.why or new.why)


def _counts(one: Value, other: Value) -> bool:
    """Whether an item is in both sets: a side that broke has no part in it, and one that adds nothing rightly has."""
    given = [gives(one), gives(other)]
    return all(given) or (any(given) and NO_ENTRY in (one, other))


def _kept(side: Contributions, items: Sequence[str], after: Contributions, facts: MetricFacts) -> tuple[KeptItem, ...]:
    chosen = [item for item in items if gives(side.column[item])]
    if any(item not in side.kept for item in chosen):
        raise NothingComparable(
            "what items gave to the set is not in a baseline's file", given=facts.name, remedy="give the run's folder"
        )
    return tuple(replace(side.kept[item], cluster=after.clusters[item]) for item in chosen)


def _task(metric: Metric, side: Contributions, kept: tuple[KeptItem, ...], draws: Resampling) -> Task:
    assert metric.reduce is not None
    return Task(metric.reduce, side.folder, kept, times_of(kept, draws, metric.resamples))


def _between(
    old: Reduced, new: Reduced, items: Sequence[str], recordings: int, level: float
) -> tuple[Difference | None, float | None]:
    if old.value is None or new.value is None or old.values is None or new.values is None:
        return None, None
    changes: Values = new.values - old.values
    value, drawn = float(changes[0]), changes[1:]
    drawn = drawn[np.isfinite(drawn)]  # others: a draw without any of these items, or one that was not worth its time
    around = value + drawn - (drawn.mean() if drawn.size else 0.0)
    interval = students_interval(value, around, recordings, level)
    return Difference(value, interval, len(items), recordings, 0, 0), students_p(value, around, recordings)
