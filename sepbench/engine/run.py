"""One run from configuration to summary: resume, do what remains, record where it came from."""

from __future__ import annotations

import hashlib
import platform
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.engine.config import RunConfig
from sepbench.engine.local import run_local, trim_heap
from sepbench.engine.mirroring import Pushing, mirrored
from sepbench.engine.plan import plan_jobs, plan_units, select_items
from sepbench.engine.reducing import reducing_apart
from sepbench.engine.session import Unit
from sepbench.engine.setup import Setup
from sepbench.engine.stopping import StopRequest, stop_on_signals
from sepbench.errors import RunFolderError
from sepbench.manifest import SCHEMA
from sepbench.records import canonical_json
from sepbench.results import provenance
from sepbench.results.costs import with_costs
from sepbench.results.row_store import RowStore
from sepbench.results.row_table import Rows
from sepbench.results.rows import Row, signature_key
from sepbench.results.run_folder import (
    ESTIMATES,
    LOGS,
    ROWS,
    RUN,
    STATS,
    SUMMARY,
    RunLock,
    check_same_suite,
    estimate_path,
    read_json,
    write_json,
)
from sepbench.results.statistics_store import StatisticsStore
from sepbench.results.summary import Extent, summarise_run
from sepbench.separators.spec import Model
from sepbench.suite import Item


@dataclass(frozen=True)
class Progress:
    """How far a run is: rows done of rows wanted, the latest row."""

    done: int
    total: int
    row: Row


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    `stopped` is the signal that ended it early, None for a run that reached its end; `unsynced` is why its mirror lacks
    some of it, empty where it does not.
    """

    folder: Path
    summary: dict[str, Any]
    failed: int
    computed: int
    stopped: signal.Signals | None = None
    unsynced: str = ""


def run(config: RunConfig, on_progress: Callable[[Progress], None] = lambda progress: None) -> Outcome:
    """Score the models on the suite, going on where the folder stopped.

    Raises:
        MissingData, NothingComparable: nothing can be scored, or not all and that was not allowed.
        RunFolderError: the folder is in use, belongs to another suite, or cannot be written.
    """
    items, extent = select_items(config)
    lock = RunLock(config.out)
    try:
        return _run_locked(config, items, extent, on_progress)
    finally:
        lock.release()


def _run_locked(
    config: RunConfig, items: list[Item], extent: Extent, on_progress: Callable[[Progress], None]
) -> Outcome:
    _claim(config)
    setup = make_setup(config, items)
    models = {model.name: model for model in config.models}
    with mirrored(config, lambda row: row.model in models and _stands(setup, models[row.model], row)) as pushing:
        outcome = _work_off(config, setup, items, extent, on_progress, pushing)
    return replace(outcome, unsynced=pushing.failure)


def _work_off(
    config: RunConfig,
    setup: Setup,
    items: list[Item],
    extent: Extent,
    on_progress: Callable[[Progress], None],
    pushing: Pushing,
) -> Outcome:
    began, clock = provenance.now(), time.perf_counter()
    store = RowStore(config.out / ROWS)
    try:
        kept = _drop_stale(config, setup, items, store)
        before = len(store)
        units = plan_units(plan_jobs(items, [model.name for model in config.models], store, kept), config.batch)
        _record(config, extent, began, None, store)
        pushing.start()
        total = len(items) * len(config.models)
        earlier = total - sum(len(job.tasks) for unit in units for job in unit)
        # Closed by name: an error on its way out holds on to frames, and with them to an engine's processes.
        with stop_on_signals() as stop, closing(_engine(config, units, setup, stop)) as results:
            _work(results, store, lambda done, row: on_progress(Progress(earlier + done, total, row)))
        del units  # a large run's are as much memory as its list, and the summary needs its own
        trim_heap()
    finally:
        store.close()
    rows, finished = _rows_of(config, items, store)
    extent = replace(extent, items=finished, unfinished_items=len(items) - finished)
    with reducing_apart(setup.statistics) as reducing:
        found = summarise_run(config.suite, extent, config.models, config.metrics, rows, reducing)
    summary = with_costs(found, config.out)
    write_json(config.out / SUMMARY, summary)
    _record(config, extent, began, time.perf_counter() - clock, store)
    failed = len(rows.where("status", partial(eq, "failed")))
    return Outcome(config.out, summary, failed, len(store) - before, stop.signal)


def _engine(config: RunConfig, units: Sequence[Unit], setup: Setup, stop: StopRequest) -> Generator[list[Row]]:
    if config.engine == "ray" and units:
        from sepbench.engine.ray_cluster import run_ray

        return run_ray(units, setup, config.workers, stop, address=config.ray_address)
    return run_local(units, setup, config.workers, stop)


def _work(results: Iterator[list[Row]], store: RowStore, report: Callable[[int, Row], None]) -> None:
    done = 0
    for rows in results:
        for row in rows:
            store.append(row)
            done += 1
            report(done, row)


def _claim(config: RunConfig) -> None:
    """Start over if told, else make sure the folder is this suite's."""
    if config.fresh:
        for name in (ROWS, RUN, SUMMARY):
            (config.out / name).unlink(missing_ok=True)
        shutil.rmtree(config.out / STATS, ignore_errors=True)  # what stays there is named by no row
    if not (config.out / RUN).is_file():
        if (config.out / ROWS).is_file() and (config.out / ROWS).stat().st_size:
            raise RunFolderError(
                "the folder holds rows but no run.json", given=str(config.out), remedy="use --fresh or another --out"
            )
        return
    held = read_json(config.out / RUN)
    check_same_suite(held, config.suite.suite.name, config.suite.hash, place="the run folder")


def make_setup(config: RunConfig, items: list[Item]) -> Setup:
    """What worker processes are told."""
    suite, out = config.suite.suite, config.out.absolute()  # other nodes' processes stand in other folders
    scoring = {"rate": suite.scoring_rate, "tolerance_ms": suite.length_tolerance_ms}
    sources = {(source.corpus, source.group) for item in config.suite.items() for source in item.mixture.sources}
    training = {
        "corpora": sorted({corpus for corpus, _ in sources}),
        "excluded_groups": sorted({group for _, group in sources}),
        "sample_rate": suite.scoring_rate,
    }
    return Setup(
        models=config.models,
        metrics=tuple(metric.name for metric in config.metrics),
        score_key=signature_key([metric.signature for metric in config.metrics], scoring),
        scoring_rate=suite.scoring_rate,
        length_tolerance_ms=suite.length_tolerance_ms,
        training=training,
        training_key=hashlib.sha256(canonical_json(training).encode()).hexdigest()[:16],
        device=config.device,
        batch=config.batch,
        estimates=out / ESTIMATES,
        keep_audio=config.keep_audio,
        sampled=config.keep_audio.sampled(item.name for item in items),
        given_estimates=config.estimates,
        logs=out / LOGS,
        statistics=out / STATS,
    )


def _drop_stale(config: RunConfig, setup: Setup, items: list[Item], store: RowStore) -> set[tuple[str, str]]:
    """Forget rows of other code, settings or metrics, or whose statistics are gone; returns those whose kept estimate
    can be scored again. Any other estimate on disk has no row to say what made it, and is removed."""
    stale, kept = [], set()
    here = StatisticsStore(setup.statistics).keys()
    for model in config.models:
        for item in items:
            row = store.get((model.name, item.name))
            again = row is not None and config.retry_failed and row.status == "failed"
            if row is not None:
                if _stands(setup, model, row) and here.issuperset(row.statistic_keys()) and not again:
                    continue
                stale.append((model.name, item.name))
            estimate = estimate_path(setup.estimates, model.name, item.name)
            if row is not None and row.status == "ok" and _same_estimate(setup, model, row) and estimate.is_file():
                kept.add((model.name, item.name))
            elif config.estimates is None:  # given waveforms may stand in that very folder
                estimate.unlink(missing_ok=True)
    store.drop(stale)
    return kept


def _stands(setup: Setup, model: Model, row: Row) -> bool:
    """Whether the row was made by this run's code, settings and metrics."""
    return row.score_key == setup.score_key and _same_estimate(setup, model, row)


def _same_estimate(setup: Setup, model: Model, row: Row) -> bool:
    return row.separation_key == setup.separation_key(model, row.item)


def _rows_of(config: RunConfig, items: list[Item], store: RowStore) -> tuple[Rows, int]:
    """The rows that this run's models and items want, whatever else the folder holds, and of how many items.

    An item counts when every model has a row for it: after an early stop, all are still averaged over the same items.
    """
    places = np.stack([store.places((model.name, item.name) for item in items) for model in config.models])
    finished = (places >= 0).all(axis=0)
    return Rows(store.table, places[:, finished].ravel()), int(finished.sum())


def _record(config: RunConfig, extent: Extent, began: str, seconds: float | None, store: RowStore) -> None:
    """Write ``run.json``: before the work without an end, after it with."""
    rows = store.table.all()
    write_json(
        config.out / RUN,
        {
            "schema": SCHEMA,
            "suite": {"name": config.suite.suite.name, "hash": config.suite.hash},
            "models": {
                model.name: {
                    "revision": model.revision,
                    "config": model.config,
                    "max_seconds": model.file.max_seconds,
                }
                for model in config.models
            },
            "metrics": {metric.name: metric.signature for metric in config.metrics},
            "seed": config.suite.hash,
            "sepbench": provenance.package_versions().get("sepbench"),
            "packages": provenance.package_versions(),
            "git": provenance.git_state(Path.cwd()),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "hardware": provenance.hardware(),
            "device": config.device,
            "engine": config.engine,
            "workers": config.workers,
            "batch": config.batch,
            "partial": extent.partial,
            "limit": extent.limit,
            "scored_items": extent.items,
            "unfinished_items": extent.unfinished_items,
            "missing_items": extent.missing_items,
            "started": began,
            "finished": None if seconds is None else provenance.now(),
            "wall_seconds": None if seconds is None else round(seconds, 3),
            "separation_seconds": round(float(np.nansum(rows.numbers("seconds"))), 3),
            "counts": dict(sorted(Counter(rows.coded("status")).items())),
        },
    )
