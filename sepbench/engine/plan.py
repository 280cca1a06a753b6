"""What is to be done: which items can be built on this machine, which rows are there already, what remains as jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import groupby

from sepbench.corpora.availability import Availability
from sepbench.engine.config import RunConfig
from sepbench.errors import MissingData, NothingComparable
from sepbench.manifest import Mixture
from sepbench.results.rows import Key
from sepbench.results.summary import Extent
from sepbench.suite import Item, LoadedSuite


@dataclass(frozen=True, slots=True)
class Task:
    """One model on one query of a job's mixture; `kept` when its estimate is on disk and only scores are missing."""

    model: str
    query_index: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A mixture, rendered once, with everything that is still to be done on it."""

    mixture: Mixture
    list: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Coverage:
    """The suite's items split by whether their clips are here; `reasons` says what is missing, a few lines at most."""

    buildable: list[Item]
    missing: list[Item]
    reasons: list[str]


def coverage(suite: LoadedSuite) -> Coverage:
    """Look every clip of the suite up in its corpus, and every text that the lists only point to."""
    here = Availability()
    parts: dict[bool, list[Item]] = {True: [], False: []}
    for item in suite.items():
        parts[here.has_all(item.mixture) and here.has_text(item.query)].append(item)
    return Coverage(parts[True], parts[False], here.missing)


def select_items(config: RunConfig) -> tuple[list[Item], Extent]:
    """The items a run scores, and how much of the suite they are.

    Raises:
        MissingData: clips are missing and the run was not told to skip them.
        NothingComparable: no item is left.
    """
    covered = coverage(config.suite)
    unbuilt = [f"list {one.name}: {one.reason}" for one in config.suite.unbuilt]
    reasons = unbuilt + covered.reasons
    if reasons and config.on_missing == "fail":
        lists = f" and {len(unbuilt)} lists" if unbuilt else ""
        raise MissingData(
            f"{len(covered.missing)} of {len(config.suite.items())} items{lists} cannot be built here",
            given="; ".join(reasons[:3]) + (" ..." if len(reasons) > 3 else ""),
            remedy="complete the corpora, or run with --on-missing skip to score what is here",
        )
    items = covered.buildable if config.limit is None else covered.buildable[: config.limit]
    if not items:
        raise NothingComparable(
            f"no item of suite {config.suite.suite.name} can be scored",
            given="; ".join(reasons[:3]) or f"--limit {config.limit}",
            remedy="make the corpora available or raise --limit",
        )
    return items, Extent(len(items), len(covered.missing), config.limit)


def plan_jobs(items: Sequence[Item], models: Sequence[str], rows: Container[Key], kept: Container[Key]) -> list[Job]:
    """What remains: per mixture, the model and query pairs that have no row yet, in the models' order.

    Items of one mixture stand together, as `LoadedSuite.items` gives them.
    """
    planned: list[Job] = []
    known: dict[tuple[Task, ...], tuple[Task, ...]] = {}  # most mixtures have the same tasks
    for _, group in groupby(items, key=lambda item: item.mixture.id):
        asked = list(group)
        tasks = tuple(
            Task(model, item.query_index, (model, item.name) in kept)
            for model in models
            for item in asked
            if (model, item.name) not in rows
        )
        if tasks:
            planned.append(Job(asked[0].mixture, asked[0].list, known.setdefault(tasks, tasks)))
    return planned


def plan_units(jobs: Sequence[Job], batch: int) -> list[tuple[Job, ...]]:
    """Jobs in the portions that a separator is asked about together.

    Only mixtures of one length and rate share a portion, so that a batch needs no padding; a portion is full when every
    model has at least `batch` requests in it, or nearly. With a batch of 1 every job stands alone.
    """
    units: list[tuple[Job, ...]] = []
    open_units: dict[tuple[int | None, int], list[Job]] = {}
    for job in jobs:
        unit = open_units.setdefault((job.mixture.samples, job.mixture.sample_rate), [])
        unit.append(job)
        if _fewest_requests(unit) >= batch:
            units.append(tuple(unit))
            unit.clear()
    return units + [tuple(unit) for unit in open_units.values() if unit]


def _fewest_requests(jobs: Sequence[Job]) -> int:
    counts = Counter(task.model for job in jobs for task in job.tasks)
    return min(counts.values())
