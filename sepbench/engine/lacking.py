"""What some runs need and this machine has not, found before any work is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sepbench.embeddings.registry import wanting
from sepbench.engine.config import RunConfig
from sepbench.engine.plan import coverage
from sepbench.errors import MissingData, SepbenchError
from sepbench.metrics.metric import Metric
from sepbench.separators.spec import Model
from sepbench.separators.weight_files import needed_by, read_from
from sepbench.suite import LoadedSuite

NAMED = 3
"""So many things that a suite lacks are named."""


@dataclass(frozen=True)
class Lack:
    """One thing that is missing.

    Attributes:
        what: a file of weights, what an embedder needs, or the clips of a suite.
        wanted_by: models, metrics or suites.
        remedy: what brings it.
    """

    kind: Literal["weights", "data"]
    what: str
    wanted_by: tuple[str, ...]
    remedy: str


def lacking(configs: Sequence[RunConfig]) -> list[Lack]:
    """Everything that some runs miss, each once: files of weights first, then data. No file is opened for it."""
    models = {model.name: model for config in configs for model in config.models}
    metrics = {metric.name: metric for config in configs for metric in config.metrics}
    found: dict[tuple[str, str], list[str]] = {}
    for model in models.values():
        for error in _of_model(model):
            found.setdefault((str(error), error.remedy), []).append(model.name)
    for embedder, names in _by_embedder(metrics.values()).items():
        if (problem := wanting(embedder)) is not None:
            found.setdefault((str(problem), problem.remedy), []).extend(names)
    weights = [Lack("weights", what, tuple(dict.fromkeys(by)), remedy) for (what, remedy), by in found.items()]
    return weights + [lack for config in configs for lack in _of_suite(config.suite)]


def _of_model(model: Model) -> Iterator[SepbenchError]:
    for needed in needed_by(model):
        try:
            read_from(needed)
        except MissingData as error:
            yield error
    for base in model.bases:
        yield from _of_model(base)


def _by_embedder(metrics: Iterable[Metric]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for metric in metrics:
        if metric.embedder:
            found.setdefault(metric.embedder, []).append(metric.name)
    return found


def _of_suite(loaded: LoadedSuite) -> Iterator[Lack]:
    name = loaded.suite.name
    for one in loaded.unbuilt:
        yield Lack("data", f"list {one.name}: {one.reason}", (name,), "complete its corpora")
    here = coverage(loaded)
    if here.missing:
        reasons = "; ".join(here.reasons[:NAMED]) + (" ..." if len(here.reasons) > NAMED else "")
        what = f"{len(here.missing)} of {len(loaded.items())} items: {reasons}"
        yield Lack("data", what, (name,), "complete the corpora: sepbench data status says where they are looked for")
