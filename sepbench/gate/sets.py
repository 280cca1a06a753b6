"""A metric of a set against its baseline's: the difference of the two values, by the same rule as averages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sepbench.errors import MissingData, NothingComparable
from sepbench.gate.tolerance import Tolerance
from sepbench.gate.verdict import Check, Moved
from sepbench.gate.weighing import MOST_MOVED, refused, weighed
from sepbench.results.answers import Answers, MetricFacts
from sepbench.results.contributions import Contributions, given_in_answers
from sepbench.results.set_changes import set_change
from sepbench.results.set_entries import Reduced, Task, reduce_here
from sepbench.stats import Resampling

Giving = Callable[[str, str], Contributions]
"""What the items of a model gave to a metric, by their names."""


@dataclass(frozen=True)
class Sets:
    """Where it is known what items gave to metrics of a set, on both sides, and who reduces it."""

    before: Giving
    after: Giving
    carry_out: Callable[[Task], Reduced] = reduce_here


def numbers_only(before: Answers, after: Answers) -> Sets:
    """Of two files: without arrays, only metrics of a set whose items have numbers can be judged."""
    return Sets(partial(given_in_answers, before), partial(given_in_answers, after))


def check_set(
    sets: Sets,
    model: str,
    metric: MetricFacts,
    tolerance: Tolerance,
    draws: Resampling,
    *,
    level: float,
    allow_lost: int,
) -> Check:
    """Judge one metric of a set of one model; not comparable, and why, where an item's arrays are not at hand."""
    before, after = (giving(model, metric.name) for giving in (sets.before, sets.after))
    try:
        change = set_change(before, after, metric, draws, level=level, carry_out=sets.carry_out)
    except (NothingComparable, MissingData) as error:
        why = f"{error.what}: {error.remedy}"
        return Check(model, metric.name, "not comparable", why, str(tolerance))
    found = change.difference
    if found is None and len(change.lost) <= allow_lost:
        return Check(model, metric.name, "not comparable", change.why, str(tolerance))
    items, recordings = (0, 0) if found is None else (found.n, found.recordings)
    moved = tuple(Moved(one.item, metric.name, one.before, one.after) for one in change.lost[:MOST_MOVED])
    check = refused(model, tolerance, items, recordings, change.lost, moved, allow_lost)
    if check is not None:
        return check
    assert found is not None
    return weighed(found, metric, model, tolerance, level, moved)
