"""One process's share of a run: its started separators, and the three stages of its work.

A unit is a few jobs whose mixtures are equally long, so that a separator can be asked about all of them at once.
`prepare` and `finish` are this harness's own work and may go on beside `separate`, each in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from sepbench import audio
from sepbench.engine.asking import Separated, ask
from sepbench.engine.finishing import Finisher
from sepbench.engine.isolation import around_adapter, around_item
from sepbench.engine.plan import Job
from sepbench.engine.preparing import Prepared, prepare
from sepbench.engine.scoring import Scorer
from sepbench.engine.setup import Setup, estimate_path
from sepbench.metrics.metric import Companion
from sepbench.metrics.registry import select
from sepbench.results.rows import Failure, Row
from sepbench.separators.runner import Runner, open_runner
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model

Unit = tuple[Job, ...]


@dataclass(frozen=True)
class Answered:
    """A prepared job with the separators' answers by model and query."""

    prepared: Prepared
    answers: dict[tuple[str, int], Separated]


class Session:
    """Separators are started when first needed and kept."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._models = {model.name: model for model in setup.models}
        self._runners: dict[str, Runner | Failure] = {}
        metrics = select(setup.metrics)
        self._scorer = Scorer(metrics, setup.scoring_rate, setup.length_tolerance_ms)
        self._companions = [name for name in get_args(Companion) if any(name in metric.needs for metric in metrics)]
        self._finisher = Finisher(setup, self._scorer)

    def work(self, unit: Unit) -> list[Row]:
        """All three stages, one after the other."""
        return self.finish(self.separate(self.prepare(unit)))

    def prepare(self, unit: Unit) -> list[Prepared]:
        """Render every mixture once and word the requests."""
        return [prepare(job, self._models, self._scorer, self._companions) for job in unit]

    def separate(self, prepared: Sequence[Prepared]) -> list[Answered]:
        """Ask every model about all of the unit's mixtures, in batches; kept estimates are read instead."""
        answered = [Answered(one, self._kept(one)) for one in prepared]
        for name in dict.fromkeys(questions.model.name for one in prepared for questions in one.questions):
            self._ask(self._models[name], answered)
        return answered

    def finish(self, answered: Sequence[Answered]) -> list[Row]:
        """Score the answers: one row per task."""
        return [row for one in answered for row in self._finisher.rows(one.prepared, one.answers)]

    def close(self) -> None:
        """Stop the separators."""
        for runner in self._runners.values():
            if not isinstance(runner, Failure):
                runner.close()

    def _runner(self, model: Model) -> Runner | Failure:
        if model.name not in self._runners:
            setup = self._setup
            start = partial(
                open_runner,
                model,
                config=model.config | setup.context(model),
                device=setup.device,
                estimates=setup.given_estimates,
                logs=setup.logs,
            )
            self._runners[model.name] = around_adapter(start)
        return self._runners[model.name]

    def _kept(self, prepared: Prepared) -> dict[tuple[str, int], Separated]:
        found = {}
        for task in prepared.job.tasks:
            if task.kept:
                path = estimate_path(self._setup.estimates, task.model, prepared.job.mixture.item(task.query_index))
                found[task.model, task.query_index] = Separated(around_item(partial(read_estimate, path)), None)
        return found

    def _ask(self, model: Model, answered: Sequence[Answered]) -> None:
        """One model's requests of the whole unit, in the unit's order; its answers are put beside the questions."""
        asked = [
            (one, index, request)
            for one in answered
            for questions in one.prepared.questions
            if questions.model.name == model.name
            for index, request in questions.requests.items()
        ]
        if not asked:
            return
        runner = self._runner(model)
        ready = [request for _, _, request in asked if isinstance(request, Request)]
        separated = iter([] if isinstance(runner, Failure) else ask(runner, ready, self._setup.batch))
        for one, index, request in asked:
            failure = runner if isinstance(runner, Failure) else request if isinstance(request, Failure) else None
            one.answers[model.name, index] = Separated(failure, None) if failure else next(separated)


def read_estimate(path: Path) -> Estimate:
    """A kept estimate as the separator gave it."""
    found = audio.read(path)
    return Estimate(path.stem, found.audio, found.sample_rate)
