"""The last stage of a job: score what the separators gave, keep it where that is wanted, and make the rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sepbench import audio
from sepbench.engine.asking import Separated
from sepbench.engine.isolation import around_item, row_status
from sepbench.engine.plan import Job, Task
from sepbench.engine.preparing import Prepared, Questions
from sepbench.engine.scoring import Beside, ItemAudio, Scored, Scorer
from sepbench.engine.setup import Setup
from sepbench.manifest import Mixture, Query
from sepbench.results.rows import Failure, Removal, Row
from sepbench.results.run_folder import estimate_path
from sepbench.results.statistics_store import Keys, StatisticsStore
from sepbench.results.writing import writing
from sepbench.separators.separator import Estimate
from sepbench.separators.spec import Model

Answers = Mapping[tuple[str, int], Separated]
"""By model and query."""


class Finisher:
    """Makes the rows of jobs."""

    def __init__(self, setup: Setup, scorer: Scorer) -> None:
        self._setup = setup
        self._scorer = scorer
        self._models = {model.name: model for model in setup.models}
        self._statistics = StatisticsStore(setup.statistics)

    def rows(self, prepared: Prepared, answers: Answers) -> list[Row]:
        """One row per task, whatever happened."""
        if prepared.failure is not None:
            return [self._row(prepared.job, task, prepared.failure, None, None) for task in prepared.job.tasks]
        return [
            self._finish(prepared, questions, task, answers)
            for questions in prepared.questions
            for task in questions.tasks
        ]

    def _finish(self, prepared: Prepared, questions: Questions, task: Task, answers: Answers) -> Row:
        job, item, separated = prepared.job, prepared.items[task.query_index], answers[task.model, task.query_index]
        estimate = separated.estimate
        if isinstance(item, Failure):
            return self._row(job, task, item, None, separated.seconds)
        if isinstance(estimate, Failure):
            return self._row(job, task, estimate, item, separated.seconds)
        native = item.query.mode in questions.model.file.modes
        score = self._scorer.score if native else self._scorer.score_removal
        scored = around_item(partial(score, item, estimate, _beside(questions, task, answers)))
        self._keep(task.model, estimate, scored)
        return self._row(job, task, scored, item, separated.seconds)

    def _keep(self, model: str, estimate: Estimate, scored: Scored | Failure) -> None:
        policy = self._setup.keep_audio.policy
        gap = isinstance(scored, Failure) or _has_gap(scored)
        if policy == "all" or (policy == "failed" and gap) or estimate.item in self._setup.sampled:
            path = estimate_path(self._setup.estimates, model, estimate.item)
            with writing("an estimate", path):
                audio.write(path, estimate.audio, estimate.sample_rate)

    def _row(
        self, job: Job, task: Task, outcome: Scored | Failure, item: ItemAudio | None, seconds: float | None
    ) -> Row:
        model, mixture = self._models[task.model], job.mixture
        query = mixture.queries[task.query_index]
        source = mixture.sources[query.sources[0]] if query.sources else mixture.target
        return Row(
            model=model.name,
            item=mixture.item(task.query_index),
            status=row_status(outcome) if isinstance(outcome, Failure) else "ok",
            separation_key=self._setup.separation_key(model, mixture.item(task.query_index)),
            score_key=self._setup.score_key,
            metrics={} if isinstance(outcome, Failure) else outcome.scores,
            mode=query.mode,
            kind=query.kind,
            absent=query.absent,
            corpus=source.origin or source.corpus,
            label=", ".join(source.labels),
            cluster=mixture.target.group,
            source_count=len(mixture.sources),
            snr_db=None if item is None else item.snr_db,
            list=job.list,
            pair=pair_of(mixture, query),
            variant=" ".join(filter(None, (mixture.variant, query.variant))),
            faults=mixture.faults,
            removal=_removal(model, query),
            notes=() if isinstance(outcome, Failure) else outcome.notes,
            seconds=None if seconds is None else round(seconds, 6),
            error=outcome if isinstance(outcome, Failure) else None,
            statistics={} if isinstance(outcome, Failure) else self._kept_statistics(outcome),
        )

    def _kept_statistics(self, scored: Scored) -> dict[str, Keys]:
        """Puts the arrays into the run's folder; returns what names them there."""
        return {
            metric: {name: self._statistics.put(array) for name, array in arrays.items()}
            for metric, arrays in scored.arrays.items()
        }


def _has_gap(scored: Scored) -> bool:
    """Whether a metric gave neither a value nor anything to keep."""
    return any(score.value is None and name not in scored.arrays for name, score in scored.scores.items())


def _beside(questions: Questions, task: Task, answers: Answers) -> Beside:
    """A subtracted removal and its extraction make the mixture by construction: they are no companions."""
    model = questions.model
    others = questions.companions[task.query_index]
    heard = {name: answers[model.name, index].estimate for name, index in others.items()}
    found = {name: estimate for name, estimate in heard.items() if isinstance(estimate, Estimate)}
    complement = found.get("complement") if model.native_removal else None
    return Beside(complement, found.get("swapped"), model.file.max_seconds)


def _removal(model: Model, query: Query) -> Removal | None:
    if query.mode != "remove":
        return None
    return "native" if model.native_removal else "subtracted"


def pair_of(mixture: Mixture, query: Query) -> str:
    """What rows share that ask for the same sources of the same sounds, however these are rendered or asked for."""
    return f"{mixture.pair or mixture.id}:{query.mode}:{'+'.join(map(str, query.sources))}"
