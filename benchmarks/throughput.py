"""Rendering and scoring by number of worker processes: the untouched mixture on a thousand ten-second items."""

from __future__ import annotations

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
WORKERS = (1, 2)


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=32, seconds=SECONDS, sample_rate=RATE)
        path = suites.suite(folder, items=ITEMS, seconds=SECONDS, sample_rate=RATE, metrics=METRICS)
        loaded, models, metrics = load_suite(path), tuple(find_models(["mixture"], [])), tuple(select(METRICS))
        seconds = {}
        for workers in WORKERS:
            began = time.perf_counter()
            outcome = run(RunConfig(loaded, models, metrics, folder / f"{workers}", workers=workers))
            seconds[workers] = time.perf_counter() - began
            assert outcome.failed == 0 and outcome.computed == ITEMS
    rows = [
        [str(workers), f"{taken:.1f} s", f"{ITEMS / taken:.1f}", f"{seconds[1] / taken:.2f}"]
        for workers, taken in seconds.items()
    ]
    machine.write(
        "throughput",
        "Render and score",
        f"{ITEMS} pairs of {SECONDS:g} s at {RATE} Hz, {len(METRICS)} metrics, a separator that costs nothing. Start "
        "and summary included.",
        ["workers", "wall time", "items per second", "times one worker"],
        rows,
    )


if __name__ == "__main__":
    main()
