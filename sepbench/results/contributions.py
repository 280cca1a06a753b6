"""What the items of one model gave to a metric of a set, from a run or, as far as they are numbers, from a baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import NothingComparable
from sepbench.metrics.metric import Metric
from sepbench.results.answers import Answers, MetricFacts, Value
from sepbench.results.run_folder import STATS, Run
from sepbench.results.set_entries import KeptItem, kept_item

EMBEDDER = "|embedder:"


@dataclass(frozen=True)
class Contributions:
    """Of one model and metric.

    Attributes:
        folder: where arrays are.
        column: every item's value or status.
        clusters: every item's recording.
        kept: what is at hand of the items that gave something.
    """

    folder: Path
    column: Mapping[str, Value]
    clusters: Mapping[str, str]
    kept: Mapping[str, KeptItem]


def given_in_run(run: Run, answers: Answers, model: str, metric: str) -> Contributions:
    """Of a run, with the arrays that its folder holds; `answers` are the run's."""
    kept = {row.item: one for row in run.rows if row.model == model and (one := kept_item(metric, row)) is not None}
    return Contributions(run.folder / STATS, answers.column(model, metric), _clusters(answers), kept)


def given_in_answers(answers: Answers, model: str, metric: str) -> Contributions:
    """Of answers alone: items that gave a number. A baseline's file holds no arrays."""
    column = answers.column(model, metric)
    kept = {
        item: KeptItem(item, answers.items[item].cluster, answers.items[item].label, value)
        for item, value in column.items()
        if not isinstance(value, str)
    }
    return Contributions(Path(), column, _clusters(answers), kept)


def _clusters(answers: Answers) -> dict[str, str]:
    return {name: item.cluster for name, item in answers.items.items()}


def recipe_of(facts: MetricFacts) -> Metric:
    """The metric of a set that a run used, for what is left to do: reducing. Its embedder may be another one here.

    Raises:
        NothingComparable: this version has no such metric, or another recipe.
    """
    from sepbench.metrics.registry import metrics

    found = metrics().get(facts.name)
    used, _, _ = facts.signature.partition(EMBEDDER)
    if found is None or found.reduce is None or dataclasses.replace(found, embedder="").signature != used:
        raise NothingComparable(
            "this version of sepbench does not make that value of a set", given=used, remedy="use the run's version"
        )
    return found
