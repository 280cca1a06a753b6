"""A metric's average against its baseline: worse than is tolerated, and worse beyond chance.

Both are asked. The tolerance alone would fail on noise; the interval alone on differences nobody hears. Where nothing
changed in truth, a check fails with the chance that the interval misses zero on one side, whatever the tolerance. A
true change of exactly the tolerance lies on the edge: the average is beyond it half of the time.
"""

from __future__ import annotations

from sepbench.gate.tolerance import Tolerance
from sepbench.gate.verdict import Check, Moved, Outcome
from sepbench.paired import difference
from sepbench.results.answers import Answers, MetricFacts
from sepbench.results.pairing import Lost, Pairs, pair
from sepbench.stats import LEVEL, Resampling

MIN_ITEMS = 10
MIN_RECORDINGS = 5
"""With fewer, intervals of recordings miss the truth more often than they say."""
FALSE_ALARMS = 0.05
"""Of a whole gate, however many checks it has."""
MOST_MOVED = 10
ROUNDING = 1e-9


def level_for(checks: int) -> float:
    """The level of each interval, such that all checks together raise few false alarms (Bonferroni).

    Only the worse side counts, so two checks may have 95 % intervals.

    >>> level_for(1), level_for(2), level_for(10)
    (0.95, 0.95, 0.99)
    """
    return max(LEVEL, 1 - 2 * FALSE_ALARMS / max(1, checks))


def check_mean(
    before: Answers,
    after: Answers,
    model: str,
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
    old, new = before.metric(tolerance.name), after.metric(tolerance.name)
    problem = _problem(old, new)
    if problem or new is None:
        return Check(model, tolerance.name, "not comparable", problem, str(tolerance))
    pairs = pair(before, model, after, model, new)
    if len(pairs.lost) > allow_lost:
        why = f"{len(pairs.lost)} items lost their value, {allow_lost} may: {_reasons(pairs.lost)}"
        return Check(model, new.name, "failed", why, str(tolerance), len(pairs.items), moved=_worst(pairs))
    if len(pairs.items) < MIN_ITEMS or len(set(pairs.clusters)) < MIN_RECORDINGS:
        why = f"{len(pairs.items)} common items of {len(set(pairs.clusters))} recordings"
        why += f"; it takes {MIN_ITEMS} of {MIN_RECORDINGS}"
        return Check(model, new.name, "not comparable", why, str(tolerance), len(pairs.items))
    return _judged(pairs, model, tolerance, after, draws, level)


def _problem(old: MetricFacts | None, new: MetricFacts | None) -> str:
    """Why two columns cannot be held against each other; empty where they can."""
    if old is None or new is None:
        return f"the {'baseline' if old is None else 'run'} has no such metric"
    if old.signature != new.signature:
        return f"another recipe: {old.signature} in the baseline, {new.signature} in the run"
    return "" if new.per_item and old.per_item else "it has one value for the whole set and none per item"


def _judged(pairs: Pairs, model: str, tolerance: Tolerance, after: Answers, draws: Resampling, level: float) -> Check:
    found = difference(pairs.changes.tolist(), pairs.clusters, pairs.classes, after.suite.averaging, draws, level)
    assert found.interval is not None
    sign, unit = pairs.metric.sign, f" {pairs.metric.unit}" if pairs.metric.unit else ""
    nearest = max(sign * bound for bound in found.interval)
    worse = -sign * found.mean
    beyond, certain = worse > tolerance.amount + ROUNDING, nearest < 0
    outcome: Outcome = "failed" if beyond and certain else "passed"
    if outcome == "failed":
        why = f"worse by {worse:.4g}{unit}, and the interval excludes zero"
    elif beyond:
        why = f"worse by {worse:.4g}{unit}, which chance alone could do"
    elif worse > ROUNDING:
        why = f"worse by {worse:.4g}{unit}, which is tolerated"
    else:
        why = f"better by {-worse:.4g}{unit}" if worse < -ROUNDING else "no change"
    low, high = found.interval
    why += f" ({low:+.4g} to {high:+.4g}, {found.n} items of {found.recordings} recordings)"
    return Check(
        model, tolerance.name, outcome, why, str(tolerance), found.n, found.mean, found.interval, level, _worst(pairs)
    )


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


def _reasons(lost: tuple[Lost, ...]) -> str:
    reasons = [one.after if isinstance(one.after, str) else f"no longer {one.before}" for one in lost]
    return ", ".join(f"{reason} {reasons.count(reason)}" for reason in sorted(set(reasons)))
