"""One process's share of a run: its corpora, its started separators, and the work of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from sepbench import audio
from sepbench.corpora.availability import recordings
from sepbench.engine.asking import Separated, ask, make_request
from sepbench.engine.companions import companions
from sepbench.engine.config import KeepAudio
from sepbench.engine.isolation import around_adapter, around_item, row_status
from sepbench.engine.plan import Job, Task
from sepbench.engine.scoring import Beside, ItemAudio, Scored, Scorer
from sepbench.manifest import Mixture, Query
from sepbench.metrics.metric import Companion
from sepbench.metrics.registry import select
from sepbench.mixing import Rendered, render
from sepbench.results.rows import Failure, Removal, Row
from sepbench.separators.runner import Runner, open_runner
from sepbench.separators.separator import Estimate
from sepbench.separators.spec import Model, separation_key


@dataclass(frozen=True)
class Setup:
    """Everything a process needs to start a session; picklable, since processes are spawned."""

    models: tuple[Model, ...]
    metrics: tuple[str, ...]
    score_key: str
    scoring_rate: int
    length_tolerance_ms: float
    training: dict[str, Any]
    training_key: str
    device: str
    batch: int
    estimates: Path
    keep_audio: KeepAudio
    sampled: frozenset[str]
    given_estimates: Path | None

    def context(self, model: Model) -> dict[str, Any]:
        """What the suite adds to a model's settings."""
        return {"training": self.training} if "training_clips" in model.file.needs else {}

    def separation_key(self, model: Model, item: str) -> str:
        """What the model's estimate of the item depends on."""
        return separation_key(model, self.training_key if "training_clips" in model.file.needs else "", item)


class Session:
    """Does jobs one after the other; separators are started when first needed and kept."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._models = {model.name: model for model in setup.models}
        self._runners: dict[str, Runner | Failure] = {}
        metrics = select(setup.metrics)
        self._scorer = Scorer(metrics, setup.scoring_rate, setup.length_tolerance_ms)
        self._companions = [name for name in get_args(Companion) if any(name in metric.needs for metric in metrics)]

    def work(self, job: Job) -> list[Row]:
        """Render once, then every model on every query: one row per task, whatever happens."""
        rendered = around_item(lambda: render(job.mixture, recordings(job.mixture)))
        if isinstance(rendered, Failure):
            return [self._row(job, task, rendered, None, None) for task in job.tasks]
        items = {
            index: around_item(partial(self._scorer.item_audio, job.mixture, rendered, index))
            for index in sorted({task.query_index for task in job.tasks})
        }
        rows = []
        for name in dict.fromkeys(task.model for task in job.tasks):
            tasks = [task for task in job.tasks if task.model == name]
            others = {task.query_index: companions(job.mixture, task.query_index, self._companions) for task in tasks}
            answers = self._separate(job.mixture, rendered, tasks, others)
            for task in tasks:
                beside = self._beside(self._models[name], others[task.query_index], answers)
                rows.append(self._finish(job, task, items[task.query_index], answers[task.query_index], beside))
        return rows

    def close(self) -> None:
        """Stop the separators."""
        for runner in self._runners.values():
            if not isinstance(runner, Failure):
                runner.close()

    def _runner(self, model: Model) -> Runner | Failure:
        if model.name not in self._runners:
            setup = self._setup
            config = model.config | setup.context(model)
            self._runners[model.name] = around_adapter(
                lambda: open_runner(model, config=config, device=setup.device, estimates=setup.given_estimates)
            )
        return self._runners[model.name]

    def _separate(
        self,
        mixture: Mixture,
        rendered: Rendered,
        tasks: Sequence[Task],
        others: Mapping[int, Mapping[Companion, int]],
    ) -> dict[int, Separated]:
        """One model's estimates by query: from disk where kept, else from the separator; companions among them."""
        model = self._models[tasks[0].model]
        kept = {task.query_index for task in tasks if task.kept}
        asked = {task.query_index for task in tasks} | {other for found in others.values() for other in found.values()}
        fresh = sorted(asked - kept)
        answers = dict(zip(fresh, self._ask(model, mixture, rendered, fresh), strict=True)) if fresh else {}
        for index in kept:
            path = estimate_path(self._setup.estimates, model.name, mixture.item(index))
            answers[index] = Separated(around_item(partial(read_estimate, path)), None)
        return answers

    def _beside(self, model: Model, others: Mapping[Companion, int], answers: Mapping[int, Separated]) -> Beside:
        """A subtracted removal and its extraction make the mixture by construction: they are no companions."""
        heard = {name: answers[index].estimate for name, index in others.items()}
        found = {name: estimate for name, estimate in heard.items() if isinstance(estimate, Estimate)}
        complement = found.get("complement") if model.native_removal else None
        return Beside(complement, found.get("swapped"), model.file.max_seconds)

    def _ask(self, model: Model, mixture: Mixture, rendered: Rendered, queries: Sequence[int]) -> Sequence[Separated]:
        runner = self._runner(model)
        requests = around_item(lambda: [make_request(model, mixture, rendered, index) for index in queries])
        if isinstance(runner, Failure):
            return [Separated(runner, None)] * len(queries)
        if isinstance(requests, Failure):
            return [Separated(requests, None)] * len(queries)
        return ask(runner, requests, self._setup.batch)

    def _finish(self, job: Job, task: Task, item: ItemAudio | Failure, separated: Separated, beside: Beside) -> Row:
        """Score the estimate and keep it if the policy says so."""
        estimate = separated.estimate
        if isinstance(item, Failure):
            return self._row(job, task, item, None, separated.seconds)
        if isinstance(estimate, Failure):
            return self._row(job, task, estimate, item, separated.seconds)
        native = item.query.mode in self._models[task.model].file.modes
        score = self._scorer.score if native else self._scorer.score_removal
        scored = around_item(partial(score, item, estimate, beside))
        self._keep(task.model, estimate, scored)
        return self._row(job, task, scored, item, separated.seconds)

    def _keep(self, model: str, estimate: Estimate, scored: Scored | Failure) -> None:
        policy = self._setup.keep_audio.policy
        gap = isinstance(scored, Failure) or any(score.value is None for score in scored.scores.values())
        if policy == "all" or (policy == "failed" and gap) or estimate.item in self._setup.sampled:
            audio.write(
                estimate_path(self._setup.estimates, model, estimate.item), estimate.audio, estimate.sample_rate
            )

    def _row(
        self, job: Job, task: Task, outcome: Scored | Failure, item: ItemAudio | None, seconds: float | None
    ) -> Row:
        model, mixture = self._models[task.model], job.mixture
        query = mixture.queries[task.query_index]
        source = mixture.sources[query.sources[0]] if query.sources else mixture.target
        removal: Removal = "native" if model.native_removal else "subtracted"
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
            removal=removal if query.mode == "remove" else None,
            notes=() if isinstance(outcome, Failure) else outcome.notes,
            seconds=None if seconds is None else round(seconds, 6),
            error=outcome if isinstance(outcome, Failure) else None,
        )


def pair_of(mixture: Mixture, query: Query) -> str:
    """What rows share that ask for the same sources of the same sounds, however these are rendered or asked for."""
    return f"{mixture.pair or mixture.id}:{query.mode}:{'+'.join(map(str, query.sources))}"


def estimate_path(folder: Path, model: str, item: str) -> Path:
    """Where a kept estimate stands; ``:`` of a variant is not a file name's character everywhere."""
    return folder / model.replace(":", "+") / f"{item}.wav"


def read_estimate(path: Path) -> Estimate:
    """A kept estimate as the separator gave it."""
    found = audio.read(path)
    return Estimate(path.stem, found.audio, found.sample_rate)
