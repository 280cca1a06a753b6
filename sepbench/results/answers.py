"""What models gave for every item of a suite, metric by metric: what pairs are made of and what a baseline keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sepbench.manifest import SCHEMA, STRICT
from sepbench.results.rows import Row
from sepbench.results.run_folder import ESTIMATES, Run, estimate_path
from sepbench.suite import Averaging

if TYPE_CHECKING:
    from pydantic import ConfigDict

HASH_DIGITS = 16

Value = float | str
"""A number, or the status that says why there is none."""


@dataclass(frozen=True)
class SuiteFacts:
    """What two runs must have in common to be compared; `partial` where items were left out that could be scored."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    hash: str
    averaging: Averaging
    partial: bool


@dataclass(frozen=True)
class MetricFacts:
    """A metric; `per_item` is False of one that has a value for the whole set only."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    signature: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    per_item: bool

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is, 0 where neither."""
        return {"higher": 1, "lower": -1, "neither": 0}[self.better]


@dataclass(frozen=True)
class Counted:
    """What does not depend on the machine of a model's cost, for a mixture of `seconds`, over the parts of a scope.

    `macs` holds what is done once for a query; `parameters` are trainable and frozen ones.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    seconds: float
    scope: str
    macs: int
    parameters: int


@dataclass(frozen=True)
class ModelFacts:
    """A model as it was run; `costs` is empty where it was not profiled."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    revision: str
    costs: tuple[Counted, ...] = ()


@dataclass(frozen=True)
class ItemAnswers:
    """One item: its recording and class, and by model the values in the metrics' order.

    `sounds` are hashes of kept estimates, where they were asked for.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    cluster: str
    label: str
    values: Mapping[str, tuple[Value, ...]]
    sounds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """All of one run, or of a baseline."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    suite: SuiteFacts
    metrics: tuple[MetricFacts, ...]
    models: Mapping[str, ModelFacts]
    items: Mapping[str, ItemAnswers]

    def metric(self, name: str) -> MetricFacts | None:
        """The metric of that name."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    def column(self, model: str, metric: str) -> dict[str, Value]:
        """A model's values of a metric, by item."""
        place = [one.name for one in self.metrics].index(metric)
        return {item: one.values[model][place] for item, one in self.items.items() if model in one.values}


def answers_of(run: Run) -> Answers:
    """A run as answers: every row is looked at once."""
    suite, models = run.summary["suite"], run.summary["models"]
    metrics = tuple(_metric(run.summary, name) for name in suite["metric_order"])
    facts = {name: ModelFacts(model["revision"], _counted(model["cost"])) for name, model in models.items()}
    return Answers(
        SCHEMA,
        SuiteFacts(suite["name"], suite["hash"], suite["averaging"], suite["partial"]),
        metrics,
        facts,
        _items(run.rows, [metric.name for metric in metrics], facts),
    )


def with_sounds(answers: Answers, folder: Path) -> Answers:
    """The same, with the hash of every estimate that the run folder kept; rates count, file headers do not."""
    items = {
        name: replace(
            item,
            sounds={
                model: _sound(path)
                for model in sorted(item.values)
                if (path := estimate_path(folder / ESTIMATES, model, name)).is_file()
            },
        )
        for name, item in answers.items.items()
    }
    return replace(answers, items=items)


def _sound(path: Path) -> str:
    from sepbench.audio import read, samples_sha256

    recording = read(path)
    return samples_sha256(recording.audio, recording.sample_rate)[:HASH_DIGITS]


def _metric(summary: Mapping[str, Any], name: str) -> MetricFacts:
    facts = summary["suite"]["metrics"][name]
    return MetricFacts(name, facts["signature"], facts["unit"], facts["better"], not is_of_a_set(summary, name))


def is_of_a_set(summary: Mapping[str, Any], metric: str) -> bool:
    """Whether a run's metric is no average of items, by its entries: these have a value and no median."""
    entries = [model["metrics"][metric] for model in summary["models"].values()]
    return any(entry["value"] is not None and entry["median"] is None for entry in entries)


def _counted(cost: Mapping[str, Any]) -> tuple[Counted, ...]:
    return tuple(
        Counted(
            seconds=length["seconds"],
            scope=scope,
            macs=total["macs"] + total["query_macs"],
            parameters=total["trainable"] + total["frozen"],
        )
        for length in cost.get("lengths", ())
        for scope, total in sorted((length["scopes"] or {}).items())
    )


def _items(rows: Iterable[Row], metrics: Sequence[str], models: Iterable[str]) -> dict[str, ItemAnswers]:
    known = frozenset(models)
    found: dict[str, tuple[str, str, dict[str, tuple[Value, ...]]]] = {}
    for row in rows:
        if row.model in known:
            _, _, values = found.setdefault(row.item, (row.cluster, row.label, {}))
            values[row.model] = tuple(_value(row, name) for name in metrics)
    return {
        item: ItemAnswers(cluster, label, dict(sorted(values.items())))
        for item, (cluster, label, values) in sorted(found.items())
    }


def _value(row: Row, metric: str) -> Value:
    if row.status != "ok":
        return row.status
    score = row.metrics.get(metric)
    if score is None:
        return "not_applicable"
    return score.status if score.value is None else score.value
