"""Work and size against the baseline's: counted, so any growth beyond the tolerance is real."""

from __future__ import annotations

from sepbench.gate.tolerance import PERCENT, Tolerance
from sepbench.gate.verdict import Check
from sepbench.results.answers import Answers, Counted


def check_cost(before: Answers, after: Answers, model: str, tolerance: Tolerance) -> Check:
    """Judge MACs or parameters of one model, for every length of mixture and scope that both sides counted."""
    old, new = (_by_place(side, model) for side in (before, after))
    common = sorted(old.keys() & new.keys())
    if not common:
        why = "not counted in " + (
            " and ".join(name for name, side in (("the baseline", old), ("the run", new)) if not side)
            or "both for a mixture of one length"
        )
        return Check(model, tolerance.name, "not comparable", f"{why}: sepbench profile MODEL --run", str(tolerance))
    told, grown = [], False
    for place in common:
        was, now = _count(old[place], tolerance.name), _count(new[place], tolerance.name)
        allowed = tolerance.amount * was / 100 if tolerance.unit == PERCENT else tolerance.amount
        grown = grown or now - was > allowed
        if now != was:
            told.append(f"{place[1]} at {place[0]:g} s: {was} before, {now} now")
    why = "; ".join(told) or f"as before, in {len(common)} counts"
    return Check(model, tolerance.name, "failed" if grown else "passed", why, str(tolerance))


def _by_place(side: Answers, model: str) -> dict[tuple[float, str], Counted]:
    return {(one.seconds, one.scope): one for one in side.models[model].costs}


def _count(counted: Counted, name: str) -> int:
    return counted.macs if name == "macs" else counted.parameters
