"""A metric's average against its baseline's, over the items that have a value on both sides."""

from __future__ import annotations

from sepbench.gate.tolerance import Tolerance
from sepbench.gate.verdict import Check, Moved
from sepbench.gate.weighing import MOST_MOVED, refused, weighed
from sepbench.paired import difference
from sepbench.results.answers import Answers, MetricFacts
from sepbench.results.pairing import Pairs, pair
from sepbench.stats import Resampling


def check_mean(
    before: Answers,
    after: Answers,
    model: str,
    metric: MetricFacts,
    tolerance: Tolerance,
    draws: Resampling,
    *,
    level: float,
    allow_lost: int,
) -> Check:
    """Judge one metric of one model.

    Args:
        draws: of all recordings.
        level: of the interval.
        allow_lost: how many items may lose their value (a failed or silent answer) before that alone fails the check.
    """
    pairs = pair(before, model, after, model, metric)
    moved = _worst(pairs)
    check = refused(model, tolerance, len(pairs.items), len(set(pairs.clusters)), pairs.lost, moved, allow_lost)
    if check is not None:
        return check
    found = difference(pairs.changes.tolist(), pairs.clusters, pairs.classes, after.suite.averaging, draws, level)
    return weighed(found, metric, model, tolerance, level, moved)


def _worst(pairs: Pairs) -> tuple[Moved, ...]:
    name, changes = pairs.metric.name, pairs.metric.sign * pairs.changes
    lost = [Moved(one.item, name, one.before, one.after) for one in pairs.lost]
    order = sorted(range(len(changes)), key=lambda place: (changes[place], pairs.items[place]))
    fallen = [
        Moved(pairs.items[place], name, float(pairs.before[place]), float(pairs.after[place]))
        for place in order[:MOST_MOVED]
        if changes[place] < 0
    ]
    return tuple([*lost, *fallen][:MOST_MOVED])
