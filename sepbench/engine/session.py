"""One process's share of a run: its started separators, and the three stages of its work.

A unit is a few jobs whose mixtures are equally long, so that a separator can be asked about all of them at once.
`prepare` and `finish` are this harness's own work and may go on beside `separate`, each in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
from sepbench.engine.setup import Setup
from sepbench.metrics.metric import Companion
from sepbench.metrics.registry import select
from sepbench.results.rows import Failure, Row
from sepbench.results.run_folder import estimate_path
from sepbench.separators.runner import Runner, open_runner
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model

Unit = tuple[Job, ...]
Following = Callable[[], Sequence[Prepared]]


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

    def separate(self, prepared: Sequence[Prepared], following: Following = tuple) -> list[Answered]:
        """Ask every model about all of the unit's mixtures, in batches; kept estimates are read instead.

        Args:
            following: the next unit once it is prepared: its first requests are sent ahead.
        """
        answered = [Answered(one, self._kept(one)) for one in prepared]
        names = _model_names(prepared)
        for name in names:
            self._ask(self._models[name], answered, following if name == names[-1] else tuple)
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

    def _ask(self, model: Model, answered: Sequence[Answered], following: Following) -> None:
        """One model's requests of the whole unit, in the unit's order; its answers are put beside the questions."""
        asked = [(one, index, request) for one in answered for index, request in _asked(one.prepared, model.name)]
        if not asked:
            return

        def after() -> list[Request]:
            """The next unit's requests of this model, if it is the first to be asked then."""
            unit = following()
            first = _model_names(unit)[:1]
            return _ready(_asked(one, model.name) for one in unit) if first == [model.name] else []

        runner = self._runner(model)
        ready = _ready(_asked(one.prepared, model.name) for one in answered)
        separated = iter([] if isinstance(runner, Failure) else ask(runner, ready, self._setup.batch, after))
        for one, index, request in asked:
            failure = runner if isinstance(runner, Failure) else request if isinstance(request, Failure) else None
            one.answers[model.name, index] = Separated(failure, None) if failure else next(separated)


def _model_names(unit: Sequence[Prepared]) -> list[str]:
    """The models that the unit has questions for, in the order they are asked."""
    return list(dict.fromkeys(questions.model.name for one in unit for questions in one.questions))


def _asked(prepared: Prepared, name: str) -> list[tuple[int, Request | Failure]]:
    """What one model is asked about one mixture, by query."""
    return [
        asked
        for questions in prepared.questions
        if questions.model.name == name
        for asked in questions.requests.items()
    ]


def _ready(asked: Iterable[list[tuple[int, Request | Failure]]]) -> list[Request]:
    """Those that can be asked."""
    return [request for one in asked for _, request in one if isinstance(request, Request)]


def read_estimate(path: Path) -> Estimate:
    """A kept estimate as the separator gave it."""
    found = audio.read(path)
    return Estimate(path.stem, found.audio, found.sample_rate)
