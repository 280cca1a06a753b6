"""One run from configuration to summary: resume, do what remains, record where it came from."""

from __future__ import annotations

import hashlib
import platform
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sepbench.engine.config import RunConfig
from sepbench.engine.local import run_local
from sepbench.engine.plan import plan_jobs, plan_units, select_items
from sepbench.engine.session import Unit
from sepbench.engine.setup import Setup, estimate_path
from sepbench.engine.stopping import StopRequest, stop_on_signals
from sepbench.errors import RunFolderError
from sepbench.manifest import SCHEMA
from sepbench.records import canonical_json
from sepbench.results import provenance
from sepbench.results.rows import Row, RowStore, check_unique, signature_key
from sepbench.results.run_folder import ESTIMATES, LOGS, ROWS, RUN, SUMMARY, RunLock, read_json, write_json
from sepbench.results.summary import Extent, summarise_run
from sepbench.suite import Item


@dataclass(frozen=True)
class Progress:
    """How far a run is: rows done of rows wanted, the latest row."""

    done: int
    total: int
    row: Row


@dataclass(frozen=True)
class Outcome:
    """What a run came to; `stopped` is the signal that ended it early, None for a run that reached its end."""

    folder: Path
    summary: dict[str, Any]
    failed: int
    computed: int
    stopped: signal.Signals | None = None


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
    began, clock = provenance.now(), time.perf_counter()
    _claim(config)
    setup = make_setup(config, items)
    store = RowStore(config.out / ROWS)
    try:
        kept = _drop_stale(config, setup, items, store)
        before = len(store.rows)
        remaining = plan_jobs(items, [model.name for model in config.models], store.rows, kept)
        _record(config, extent, began, None, store)
        total, missing = len(items) * len(config.models), sum(len(job.tasks) for job in remaining)
        with stop_on_signals() as stop:
            _work(
                _engine(config, plan_units(remaining, config.batch), setup, stop),
                store,
                lambda done, row: on_progress(Progress(total - missing + done, total, row)),
            )
    finally:
        store.close()
    rows, finished = _rows_of(config, items, store)
    check_unique(rows)
    extent = replace(extent, items=finished, unfinished_items=len(items) - finished)
    summary = summarise_run(config.suite, extent, config.models, config.metrics, rows)
    write_json(config.out / SUMMARY, summary)
    _record(config, extent, began, time.perf_counter() - clock, store)
    failed = sum(row.status == "failed" for row in rows)
    return Outcome(config.out, summary, failed, len(store.rows) - before, stop.signal)


def _engine(config: RunConfig, units: Sequence[Unit], setup: Setup, stop: StopRequest) -> Iterator[list[Row]]:
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
    if not (config.out / RUN).is_file():
        if (config.out / ROWS).is_file():
            raise RunFolderError(
                "the folder holds rows but no run.json", given=str(config.out), remedy="use --fresh or another --out"
            )
        return
    held = read_json(config.out / RUN)
    if held["suite"]["hash"] != config.suite.hash:
        raise RunFolderError(
            "the run folder belongs to another suite",
            given=f"{held['suite']['name']} {held['suite']['hash'][:12]}",
            wanted=f"{config.suite.suite.name} {config.suite.hash[:12]}",
            remedy="choose another --out, or start over with --fresh",
        )


def make_setup(config: RunConfig, items: list[Item]) -> Setup:
    """What worker processes are told."""
    suite = config.suite.suite
    scoring = {"rate": suite.scoring_rate, "tolerance_ms": suite.length_tolerance_ms}
    sources = [source for item in config.suite.items() for source in item.mixture.sources]
    training = {
        "corpora": sorted({source.corpus for source in sources}),
        "excluded_groups": sorted({source.group for source in sources}),
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
        estimates=config.out / ESTIMATES,
        keep_audio=config.keep_audio,
        sampled=config.keep_audio.sampled(item.name for item in items),
        given_estimates=config.estimates,
        logs=config.out / LOGS,
    )


def _drop_stale(config: RunConfig, setup: Setup, items: list[Item], store: RowStore) -> set[tuple[str, str]]:
    """Forget rows of other code, settings or metrics; returns those whose kept estimate can be scored again."""
    stale, kept = [], set()
    for model in config.models:
        for item in items:
            row = store.rows.get((model.name, item.name))
            if row is None:
                continue
            same_estimate = row.separation_key == setup.separation_key(model, item.name)
            again = config.retry_failed and row.status == "failed"
            if same_estimate and row.score_key == setup.score_key and not again:
                continue
            stale.append((model.name, item.name))
            if same_estimate and row.status == "ok" and estimate_path(setup.estimates, model.name, item.name).is_file():
                kept.add((model.name, item.name))
    store.drop(stale)
    return kept


def _rows_of(config: RunConfig, items: list[Item], store: RowStore) -> tuple[list[Row], int]:
    """The rows that this run's models and items want, whatever else the folder holds, and of how many items.

    An item counts when every model has a row for it: after an early stop, all are still averaged over the same items.
    """
    names = [model.name for model in config.models]
    finished = [item.name for item in items if all((name, item.name) in store.rows for name in names)]
    return [store.rows[name, item] for name in names for item in finished], len(finished)


def _record(config: RunConfig, extent: Extent, began: str, seconds: float | None, store: RowStore) -> None:
    """Write ``run.json``: before the work without an end, after it with."""
    write_json(
        config.out / RUN,
        {
            "schema": SCHEMA,
            "suite": {"name": config.suite.suite.name, "hash": config.suite.hash},
            "models": {model.name: {"revision": model.revision, "config": model.config} for model in config.models},
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
            "separation_seconds": round(sum(row.seconds or 0 for row in store.rows.values()), 3),
            "counts": dict(sorted(Counter(row.status for row in store.rows.values()).items())),
        },
    )
