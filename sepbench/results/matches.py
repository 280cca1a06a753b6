"""What a comparison of subjects comes to, over all the suites they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sepbench.errors import MissingData, NothingComparable
from sepbench.results.answers import MetricFacts
from sepbench.results.comparing import (
    Comparison,
    MetricChange,
    Parts,
    change_of_set,
    compare,
    corrected,
    shared_metrics,
)
from sepbench.results.contributions import Contributions, given_in_run
from sepbench.results.set_changes import set_change
from sepbench.results.set_entries import Reduced, Task, reduce_here
from sepbench.results.slicing import items_by_part
from sepbench.results.subjects import Subject
from sepbench.search_path import closest
from sepbench.stats import Resampling, resampling
from sepbench.suite import Slice

OF_THE_MODEL: tuple[Slice, ...] = ("training",)
"""Slices that would cut the two sides differently."""


@dataclass(frozen=True)
class Whole:
    """A metric of a set whose difference cannot be made here, and `why`: both values, each of all its own items."""

    metric: str
    before: float | None
    after: float | None
    why: str


@dataclass(frozen=True)
class Match:
    """Two subjects on one suite."""

    before: Subject
    after: Subject
    comparison: Comparison
    wholes: tuple[Whole, ...]
    notes: tuple[str, ...]


def compare_subjects(
    pairs: Sequence[tuple[Subject, Subject]],
    metrics: Sequence[str],
    *,
    most_moved: int,
    carry_out: Callable[[Task], Reduced] = reduce_here,
) -> list[Match]:
    """Compare every pair; the p values of the same two models are corrected over metrics and suites.

    Args:
        metrics: those to compare; none named: all.
        most_moved: items to name for each metric.
        carry_out: who reduces metrics of a set.

    Raises:
        NothingComparable: other suites, other recipes, or no item in common.
        MissingData: a metric that a run has not.
    """
    for pair in pairs:
        _check_metrics(pair, metrics)
    matches = [_match(before, after, metrics, most_moved, carry_out) for before, after in pairs]
    if not any(one.difference for match in matches for one in match.comparison.metrics):
        raise NothingComparable(
            "no item has a value of one metric on both sides",
            given=", ".join(f"{match.before.name} and {match.after.name}" for match in matches),
            remedy="; ".join(f"{one.metric}: {one.why}" for match in matches for one in match.wholes)
            or "look at the rows' status",
        )
    by_models = sorted(matches, key=_model_names)
    return [match for _, group in groupby(by_models, key=_model_names) for match in _corrected(list(group))]


def _model_names(match: Match) -> tuple[str, str]:
    return match.before.model, match.after.model


def _corrected(group: Sequence[Match]) -> Iterator[Match]:
    known = iter(corrected([one for match in group for one in match.comparison.metrics]))
    for match in group:
        metrics = tuple(next(known) for _ in match.comparison.metrics)
        yield replace(match, comparison=replace(match.comparison, metrics=metrics))


def _check_metrics(pair: tuple[Subject, Subject], metrics: Iterable[str]) -> None:
    for name in metrics:
        for subject in pair:
            if subject.answers.metric(name) is None:
                known = [metric.name for metric in subject.answers.metrics]
                raise MissingData(
                    "the run has no such metric", given=f"{name}, {subject.run.folder}", remedy=closest(name, known)
                )


def _match(
    before: Subject,
    after: Subject,
    metrics: Sequence[str],
    most_moved: int,
    carry_out: Callable[[Task], Reduced],
) -> Match:
    comparison = compare(
        before.answers,
        before.model,
        after.answers,
        after.model,
        metrics=metrics,
        parts=_parts(after),
        most_moved=most_moved,
    )
    shared = shared_metrics(before.answers, after.answers, metrics)
    sets = [_of_set(before, after, metric, carry_out) for metric in shared if not metric.per_item]
    changes = [*comparison.metrics, *(one for one in sets if isinstance(one, MetricChange))]
    order = [metric.name for metric in shared]
    ordered = tuple(sorted(changes, key=lambda change: order.index(change.metric.name)))
    wholes = tuple(one for one in sets if isinstance(one, Whole))
    return Match(
        before, after, replace(comparison, metrics=ordered), wholes, tuple(dict.fromkeys(_notes(before, after)))
    )


def _of_set(
    before: Subject, after: Subject, metric: MetricFacts, carry_out: Callable[[Task], Reduced]
) -> MetricChange | Whole:
    try:
        found = set_change(_given(before, metric), _given(after, metric), metric, _draws(after), carry_out=carry_out)
    except (NothingComparable, MissingData) as error:
        return Whole(metric.name, _set_value(before, metric.name), _set_value(after, metric.name), str(error))
    return change_of_set(metric, found)


def _given(subject: Subject, metric: MetricFacts) -> Contributions:
    return given_in_run(subject.run, subject.answers, subject.model, metric.name)


def _draws(subject: Subject) -> Resampling:
    items = subject.answers.items.values()
    return resampling([item.cluster for item in items], seed=subject.answers.suite.hash)


def _set_value(subject: Subject, metric: str) -> float | None:
    value: float | None = subject.run.summary["models"][subject.model]["metrics"][metric]["value"]
    return value


def _parts(subject: Subject) -> Parts:
    names = subject.run.summary["models"][subject.model]["slices"]
    rows = [row for row in subject.run.rows if row.model == subject.model]
    return {name: items_by_part(rows, name, ()) for name in names if name not in OF_THE_MODEL}


def _notes(before: Subject, after: Subject) -> Iterator[str]:
    for side, other in ((before, after), (after, before)):
        known = {metric.name for metric in other.answers.metrics}
        if only := [metric.name for metric in side.answers.metrics if metric.name not in known]:
            yield f"only {side.name} has {', '.join(only)}"
        items = _items(side) - _items(other)
        if items:
            yield f"{len(items)} items of {side.name} have no row in {other.name}"
        if side.answers.suite.partial:
            yield f"{side.run.folder} is partial"


def _items(subject: Subject) -> set[str]:
    return {name for name, item in subject.answers.items.items() if subject.model in item.values}
