"""What is found between two sides, weighed: worse than is tolerated, and worse beyond chance.

Both are asked. The tolerance alone would fail on noise; the interval alone on differences nobody hears. Where nothing
changed in truth, a check fails with the chance that the interval misses zero on one side, whatever the tolerance. A
true change of exactly the tolerance lies on the edge: the average is beyond it half of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from sepbench.gate.tolerance import Tolerance
from sepbench.gate.verdict import Check, Moved, Outcome
from sepbench.paired import Difference
from sepbench.results.answers import MetricFacts
from sepbench.results.pairing import Lost
from sepbench.stats import LEVEL

MIN_ITEMS = 10
MIN_RECORDINGS = 5
"""With fewer, an interval says nothing of recordings that are not there."""
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


def refused(
    model: str,
    tolerance: Tolerance,
    items: int,
    recordings: int,
    lost: Sequence[Lost],
    moved: tuple[Moved, ...],
    allow_lost: int,
) -> Check | None:
    """The check, where there is no need or too little to look at values; else None.

    Args:
        items: in common, and their `recordings`.
        moved: what to show of items that lost their value.
        allow_lost: how many may (a failed or silent answer) before that alone fails the check.
    """
    if len(lost) > allow_lost:
        why = f"{len(lost)} items lost their value, {allow_lost} may: {_reasons(lost)}"
        return Check(model, tolerance.name, "failed", why, str(tolerance), items, moved=moved)
    if items < MIN_ITEMS or recordings < MIN_RECORDINGS:
        why = f"{items} common items of {recordings} recordings"
        why += f"; it takes {MIN_ITEMS} of {MIN_RECORDINGS}"
        return Check(model, tolerance.name, "not comparable", why, str(tolerance), items)
    return None


def weighed(
    found: Difference, metric: MetricFacts, model: str, tolerance: Tolerance, level: float, moved: tuple[Moved, ...]
) -> Check:
    """The check of a difference; without an interval nothing can be said."""
    if found.interval is None:
        why = "its recipe has no bootstrap of so many items, so that nothing is known of chance"
        return Check(model, tolerance.name, "not comparable", why, str(tolerance), found.n, found.mean)
    sign, unit = metric.sign, f" {metric.unit}" if metric.unit else ""
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
    return Check(model, tolerance.name, outcome, why, str(tolerance), found.n, found.mean, found.interval, level, moved)


def _reasons(lost: Sequence[Lost]) -> str:
    reasons = [one.after if isinstance(one.after, str) else f"no longer {one.before}" for one in lost]
    return ", ".join(f"{reason} {reasons.count(reason)}" for reason in sorted(set(reasons)))
