"""Rendering and scoring by workers and cores: the untouched mixture on a thousand ten-second items.

A worker draws, separates and scores in stages that overlap, so that one worker on a free machine already keeps more
than one core busy. What a further worker with a further core brings is therefore read against one worker held to one
core; both figures are shown.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path

from benchmarks import machine, suites
from sepbench.engine.config import RunConfig
from sepbench.engine.run import run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import load_suite

ITEMS, SECONDS, RATE = 1000, 10.0, 32000
METRICS = ("si_sdri", "si_sdr", "sdri", "sdr", "lsd", "psnr_mel", "mel_dist", "stoi", "silent_output_rate")
WAYS = ((1, 1), (1, 2), (2, 2))
"""Workers and the cores they may use."""


def processor_seconds() -> float:
    """Processor time of this process and of its finished children, in seconds."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=32, seconds=SECONDS, sample_rate=RATE)
        path = suites.suite(folder, items=ITEMS, seconds=SECONDS, sample_rate=RATE, metrics=METRICS)
        loaded, models, metrics = load_suite(path), tuple(find_models(["mixture"], [])), tuple(select(METRICS))
        free = sorted(os.sched_getaffinity(0))
        rows: list[list[str]] = []
        one_core = 0.0
        for workers, cores in WAYS:
            os.sched_setaffinity(0, free[:cores])
            began, used = time.perf_counter(), processor_seconds()
            outcome = run(RunConfig(loaded, models, metrics, folder / f"{workers}-{cores}", workers=workers))
            taken, used = time.perf_counter() - began, processor_seconds() - used
            one_core = one_core or taken
            assert outcome.failed == 0 and outcome.computed == ITEMS
            numbers = f"{taken:.1f} s", f"{ITEMS / taken:.1f}", f"{used / taken:.2f}", f"{one_core / taken:.2f}"
            rows.append([str(workers), str(cores), *numbers])
        os.sched_setaffinity(0, free)
    machine.write(
        "throughput",
        "Render and score",
        f"{ITEMS} pairs of {SECONDS:g} s at {RATE} Hz, {len(METRICS)} metrics, a separator that costs nothing. Start "
        "and summary included. The stages of one worker overlap: on a free machine it uses more than one core, and a "
        "second worker can only bring what is left of the second core.",
        [
            "workers",
            "cores allowed",
            "wall time",
            "items per second",
            "cores kept busy",
            "times one worker on one core",
        ],
        rows,
    )


if __name__ == "__main__":
    main()
