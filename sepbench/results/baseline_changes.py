"""How a run differs from the baseline that it would replace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from sepbench.errors import NothingComparable
from sepbench.results.answers import Answers
from sepbench.results.comparing import MetricChange, change_of_set, compare
from sepbench.results.contributions import given_in_answers
from sepbench.results.set_changes import set_change
from sepbench.stats import resampling

SHOWN_DIGITS = 12


@dataclass(frozen=True)
class ModelChange:
    """A model's values of one metric, over the items that have one before and now."""

    model: str
    change: MetricChange

    @property
    def moved(self) -> bool:
        """Whether any item's value is another one, is lost or is new; or the value of a set is another one."""
        found = self.change.difference
        ends = 0 if found is None else found.risen + found.fallen
        return bool(ends + self.change.lost + self.change.gained) or self.change.before != self.change.after


@dataclass(frozen=True)
class BaselineChange:
    """The whole difference.

    Attributes:
        reset: why nothing can be held against the old baseline; empty where something can.
        added, removed: models.
        recipes: metrics that are new, gone or of another recipe, each in words.
        changes: of models and metrics that both have.
    """

    reset: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    recipes: tuple[str, ...] = ()
    changes: tuple[ModelChange, ...] = ()


def baseline_change(old: Answers | None, new: Answers) -> BaselineChange:
    """What writing `new` in the place of `old` would change; `old` None: there is no baseline yet."""
    if old is None:
        return BaselineChange("there is no such file yet", tuple(sorted(new.models)), ())
    added, removed = sorted(new.models.keys() - old.models.keys()), sorted(old.models.keys() - new.models.keys())
    if old.suite.hash != new.suite.hash:
        names = [f"{side.suite.name} {side.suite.hash[:SHOWN_DIGITS]}" for side in (old, new)]
        return BaselineChange(f"of another suite: {names[0]}, now {names[1]}", tuple(added), tuple(removed))
    same = [one.name for one in new.metrics if (was := old.metric(one.name)) and was.signature == one.signature]
    changes = (
        ModelChange(model, change)
        for model in sorted(old.models.keys() & new.models.keys())
        for change in (*_of_items(old, new, model, same), *_of_sets(old, new, model, same))
    )
    return BaselineChange("", tuple(added), tuple(removed), tuple(_recipes(old, new, same)), tuple(changes))


def _of_items(old: Answers, new: Answers, model: str, same: list[str]) -> tuple[MetricChange, ...]:
    return compare(old, model, new, model, metrics=same).metrics if same else ()


def _of_sets(old: Answers, new: Answers, model: str, same: list[str]) -> Iterator[MetricChange]:
    """Metrics of a set whose items have numbers; of the others, a baseline does not keep what they are made of."""
    for metric in new.metrics:
        if metric.per_item or metric.name not in same:
            continue
        before, after = (given_in_answers(side, model, metric.name) for side in (old, new))
        draws = resampling(list(after.clusters.values()), seed=new.suite.hash)
        with suppress(NothingComparable):
            yield change_of_set(metric, set_change(before, after, metric, draws))


def _recipes(old: Answers, new: Answers, same: list[str]) -> Iterator[str]:
    for name in sorted({metric.name for side in (old, new) for metric in side.metrics} - set(same)):
        signatures = [found.signature if (found := side.metric(name)) else "none" for side in (old, new)]
        yield f"{name}: {signatures[0]} before, {signatures[1]} now"
