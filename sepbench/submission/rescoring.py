"""Scoring a submission's answers once more, with this machine's own mixtures and metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import numpy as np

from sepbench.engine.config import RunConfig
from sepbench.engine.isolation import row_status
from sepbench.engine.plan import Job, plan_jobs
from sepbench.engine.preparing import prepare
from sepbench.engine.run import make_setup
from sepbench.engine.scoring import Scorer
from sepbench.engine.session import Session
from sepbench.metrics.metric import Companion, Metric
from sepbench.results.rows import Key, Row, Score
from sepbench.results.run_folder import STATS
from sepbench.results.statistics_store import StatisticsStore
from sepbench.suite import Item

TOLERANCE = 5e-4
"""Relative or absolute: half of the last digit that tables show. Processors and numeric libraries round otherwise."""


@dataclass(frozen=True)
class Rescored:
    """How many answers were scored, what is wrong with their rows, and the metrics that could not be measured here."""

    answers: int
    faults: tuple[str, ...]
    unmeasured: tuple[str, ...]


def rescore(config: RunConfig, items: Sequence[Item], rows: Mapping[Key, Row], unclaimed: frozenset[str]) -> Rescored:
    """Hold rows against the answers that stand in the ``estimates/`` of `config.out`.

    Metrics that hear answers to other queries beside are left out: those are not in a sample.

    Args:
        items: those of the rows; their clips must be here.
        unclaimed: metrics for which the run has no value at all.
    """
    alone = tuple(metric for metric in config.metrics if not metric.needs.intersection(get_args(Companion)))
    chosen = [metric for metric in alone if metric.name not in unclaimed]
    unmeasured = {metric.name for metric in config.metrics if metric not in alone} - unclaimed
    faults: list[str] = []
    with TemporaryDirectory() as folder:
        setup = replace(make_setup(replace(config, metrics=tuple(chosen)), list(items)), statistics=Path(folder))
        claimed = _Statistics(StatisticsStore(config.out / STATS), StatisticsStore(Path(folder)))
        session = Session(setup)
        models = [model.name for model in config.models]
        others = {(model, item.name) for model in models for item in items} - rows.keys()
        for job in plan_jobs(items, models, others, rows.keys()):
            for found in session.work((job,)):
                row = rows[found.model, found.item]
                unmeasured |= {name for name, score in found.metrics.items() if score.status == "unavailable"}
                measured = [metric for metric in chosen if metric.name not in unmeasured]
                faults += [f"{row.model}, {row.item}: {fault}" for fault in _faults(row, found, measured, claimed)]
        session.close()
    return Rescored(len(rows), tuple(faults), tuple(sorted(unmeasured)))


def falsely_refused(config: RunConfig, items: Sequence[Item]) -> Iterator[str]:
    """Items whose mixtures are said to break the rules of drawing, and do not: their rows would count nowhere."""
    setup = make_setup(config, list(items))
    scorer = Scorer(config.metrics, setup.scoring_rate, setup.length_tolerance_ms)
    for item in items:
        failure = prepare(Job(item.mixture, item.list, ()), {}, scorer, ()).failure
        if failure is None or row_status(failure) != "refused":
            yield f"{item.name} is refused in its row, and its mixture keeps the rules"


@dataclass(frozen=True)
class _Statistics:
    """Where the arrays of a submission are, and those that were made here."""

    claimed: StatisticsStore
    found: StatisticsStore

    def differ(self, metric: str, row: Row, found: Row) -> bool:
        """Whether what two rows keep of an item for a metric of a set is not the same."""
        ours, theirs = row.statistics.get(metric, {}), found.statistics.get(metric, {})
        return ours.keys() != theirs.keys() or any(self._apart(ours[name], theirs[name]) for name in ours)

    def _apart(self, key: str, other: str) -> bool:
        if key == other:
            return False
        claimed, found = self.claimed.get(key), self.found.get(other)
        reach = TOLERANCE * max(1.0, float(np.abs(found).max(initial=0.0)))
        return claimed.shape != found.shape or not bool(np.all(np.abs(claimed - found) <= reach))


def _faults(row: Row, found: Row, metrics: Sequence[Metric], statistics: _Statistics) -> Iterator[str]:
    if found.status != "ok":
        why = f": {found.error.message}" if found.error else ""
        yield f"its answer cannot be scored{why}"
        return
    if not _close(row.snr_db, found.snr_db):
        yield f"snr_db is {row.snr_db}, and {found.snr_db} of the mixture"
    if row.notes != found.notes:
        yield f"notes are {list(row.notes)}, and {list(found.notes)} of the answer"
    for metric in metrics:
        one, other = row.metrics.get(metric.name), found.metrics.get(metric.name)
        if not _same(one, other):
            yield f"{metric.name} is {_shown(one)}, and {_shown(other)} of the answer"
        elif statistics.differ(metric.name, row, found):
            yield f"what {metric.name} keeps is not of the answer"


def _same(one: Score | None, other: Score | None) -> bool:
    if one is None or other is None:
        return one is other
    return (
        one.status == other.status and _close(one.value, other.value) and _close(one.over_mixture, other.over_mixture)
    )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _shown(score: Score | None) -> str:
    if score is None:
        return "not there"
    change = "" if score.over_mixture is None else f" ({score.over_mixture:+.6g} over the mixture)"
    return score.status if score.value is None else f"{score.value:.6g}{change}"
