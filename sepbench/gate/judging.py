"""Two runs and the limits between them: a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sepbench.errors import SepbenchError
from sepbench.gate.costs import check_cost
from sepbench.gate.exact import check_exact
from sepbench.gate.means import check_mean
from sepbench.gate.sets import Sets, check_set, numbers_only
from sepbench.gate.tolerance import COSTS, Tolerance
from sepbench.gate.verdict import Check, Verdict
from sepbench.gate.weighing import level_for
from sepbench.results.answers import Answers, MetricFacts
from sepbench.results.pairing import check_comparable, check_whole
from sepbench.search_path import closest
from sepbench.stats import Resampling, resampling


@dataclass(frozen=True)
class Limits:
    """What is asked of a run.

    Attributes:
        exact: whether every value must be the baseline's.
        models: those to judge; none named: all of the baseline's.
        allow_partial: whether either side may have left items out.
        allow_lost: items that may lose their value, of each model and metric.
    """

    tolerances: tuple[Tolerance, ...] = ()
    exact: bool = False
    models: tuple[str, ...] = ()
    allow_partial: bool = False
    allow_lost: int = 0


@dataclass(frozen=True)
class _Court:
    """What every check of one gate shares: both sides, `draws` of all recordings, and the `level` of intervals."""

    before: Answers
    after: Answers
    limits: Limits
    sets: Sets
    draws: Resampling
    level: float


def judge(before: Answers, after: Answers, limits: Limits, sets: Sets | None = None) -> Verdict:
    """Hold a run (`after`) against a baseline (`before`).

    Args:
        sets: where to find what items gave to metrics of a set; by default the two sides' numbers.

    Raises:
        NothingComparable: another suite, or a partial run that nobody allowed.
        SepbenchError: a limit on nothing the run or the baseline knows.
    """
    check_comparable(before, after, [])
    if not limits.allow_partial:
        check_whole(before, "baseline")
        check_whole(after, "run")
    _check_limits(before, after, limits)
    models = limits.models or tuple(sorted(before.models))
    means = [one for one in limits.tolerances if not one.of_cost]
    recordings = [item.cluster for item in after.items.values()] if means else []
    draws = resampling(recordings, seed=after.suite.hash)
    level = level_for(len(models) * len(means))
    court = _Court(before, after, limits, sets or numbers_only(before, after), draws, level)
    checks = [check for model in models for check in _checks(court, model)]
    return Verdict(after.suite.name, after.suite.hash, tuple(checks), tuple(_notes(before, after, limits)))


def _checks(court: _Court, model: str) -> Iterator[Check]:
    before, after, limits = court.before, court.after, court.limits
    if absent := [name for name, side in (("baseline", before), ("run", after)) if model not in side.models]:
        yield Check(model, "model", "not comparable", f"the {absent[0]} has no such model; --models names what to gate")
        return
    for tolerance in limits.tolerances:
        if tolerance.of_cost:
            yield check_cost(before, after, model, tolerance)
        else:
            yield _check_value(court, model, tolerance)
    if limits.exact:
        yield check_exact(before, after, model, whole=not limits.allow_partial)


def _check_value(court: _Court, model: str, tolerance: Tolerance) -> Check:
    old, new = court.before.metric(tolerance.name), court.after.metric(tolerance.name)
    if old is None or new is None or old.signature != new.signature:
        return Check(model, tolerance.name, "not comparable", _problem(old, new), str(tolerance))
    draws, level, allow_lost = court.draws, court.level, court.limits.allow_lost
    if old.per_item and new.per_item:
        return check_mean(court.before, court.after, model, new, tolerance, draws, level=level, allow_lost=allow_lost)
    return check_set(court.sets, model, new, tolerance, draws, level=level, allow_lost=allow_lost)


def _problem(old: MetricFacts | None, new: MetricFacts | None) -> str:
    """Why two columns cannot be held against each other."""
    if old is None or new is None:
        return f"the {'baseline' if old is None else 'run'} has no such metric"
    return f"another recipe: {old.signature} in the baseline, {new.signature} in the run"


def _check_limits(before: Answers, after: Answers, limits: Limits) -> None:
    if not limits.tolerances and not limits.exact:
        raise SepbenchError("nothing to gate", wanted="--tolerance or --exact", remedy="--tolerance si_sdri=0.1dB")
    known = list(dict.fromkeys(metric.name for side in (before, after) for metric in side.metrics))
    for tolerance in limits.tolerances:
        if not tolerance.of_cost:
            _check_metric(before, after, tolerance, known)


def _check_metric(before: Answers, after: Answers, tolerance: Tolerance, known: Sequence[str]) -> None:
    metric = after.metric(tolerance.name) or before.metric(tolerance.name)
    if metric is None:
        raise SepbenchError(
            "a tolerance for no metric of the run",
            given=tolerance.name,
            remedy=closest(tolerance.name, [*known, *COSTS]),
        )
    if metric.better == "neither":
        raise SepbenchError(
            "a metric without a better end cannot get worse", given=metric.name, remedy="gate another, or use --exact"
        )
    if tolerance.unit not in ("", metric.unit):
        raise SepbenchError(
            f"the unit of the tolerance for {metric.name}",
            given=tolerance.unit,
            wanted=metric.unit or "no unit",
            remedy=f"{metric.name}={tolerance.amount:g}{metric.unit}",
        )


def _notes(before: Answers, after: Answers, limits: Limits) -> Iterator[str]:
    if gone := len(before.items.keys() - after.items.keys()):
        yield f"{gone} of the baseline's {len(before.items)} items are not in the run"
    if new := len(after.items.keys() - before.items.keys()):
        yield f"{new} of the run's {len(after.items)} items are not in the baseline"
    if limits.allow_partial and (before.suite.partial or after.suite.partial):
        yield "partial: not all items of the suite"
    if strangers := sorted(after.models.keys() - before.models.keys()):
        yield f"not in the baseline, so not gated: {', '.join(strangers)}"
