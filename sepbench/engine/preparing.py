"""The first stage of a job: everything that can be done before a separator is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sepbench.corpora.availability import recordings
from sepbench.engine.asking import Heard, make_request
from sepbench.engine.companions import companions
from sepbench.engine.isolation import around_item
from sepbench.engine.plan import Job, Task
from sepbench.engine.scoring import ItemAudio, Scorer
from sepbench.metrics.metric import Companion
from sepbench.mixing import Rendered, render
from sepbench.results.rows import Failure
from sepbench.separators.separator import Request
from sepbench.separators.spec import Model


@dataclass(frozen=True)
class Questions:
    """What one model is asked about one mixture.

    Attributes:
        tasks: the rows that are wanted.
        companions: per query, the queries whose answers are heard beside its own.
        requests: per query that is to be separated, companions among them; a failure where its words are not here.
    """

    model: Model
    tasks: tuple[Task, ...]
    companions: Mapping[int, Mapping[Companion, int]]
    requests: Mapping[int, Request | Failure]


@dataclass(frozen=True)
class Prepared:
    """A job whose mixture was rendered once for all models and queries; where that failed, there are no questions."""

    job: Job
    failure: Failure | None
    items: Mapping[int, ItemAudio | Failure]
    questions: tuple[Questions, ...]


def prepare(job: Job, models: Mapping[str, Model], scorer: Scorer, wanted: Sequence[Companion]) -> Prepared:
    """Render the mixture, bring it to every rate that is needed, and word the requests.

    Args:
        models: by name.
        wanted: the companions that the chosen metrics need.
    """
    rendered = around_item(lambda: render(job.mixture, recordings(job.mixture)))
    if isinstance(rendered, Failure):
        return Prepared(job, rendered, {}, ())
    asked = sorted({task.query_index for task in job.tasks})
    items = {index: around_item(partial(scorer.item_audio, job.mixture, rendered, index)) for index in asked}
    heard = Heard(rendered)
    names = dict.fromkeys(task.model for task in job.tasks)
    return Prepared(job, None, items, tuple(_questions(job, models[name], rendered, heard, wanted) for name in names))


def _questions(job: Job, model: Model, rendered: Rendered, heard: Heard, wanted: Sequence[Companion]) -> Questions:
    tasks = tuple(task for task in job.tasks if task.model == model.name)
    others = {task.query_index: companions(job.mixture, task.query_index, wanted) for task in tasks}
    beside = {index for found in others.values() for index in found.values()}
    kept = {task.query_index for task in tasks if task.kept}
    fresh = sorted(({task.query_index for task in tasks} | beside) - kept)
    requests = {
        index: around_item(partial(make_request, model, job.mixture, rendered, heard, index)) for index in fresh
    }
    return Questions(model, tasks, others, requests)
