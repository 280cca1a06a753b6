"""What the harness adds to a separator that takes 50 ms per item, in a worker process, against a bare loop over it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import machine, suites
from sepbench.engine.config import RunConfig
from sepbench.engine.run import run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import load_separator
from sepbench.separators.separator import Request
from sepbench.suite import load_suite

SECONDS, RATE = 10.0, 16000
FEW, MANY = 200, 1000
METRICS = ("si_sdr", "si_sdri", "sdr", "sdri")
ADAPTERS = Path(__file__).parent.parent / "tests" / "adapters"


def bare(items: int) -> float:
    """Seconds for the separator alone, called in a loop on audio that is there."""
    separator = load_separator(find_models(["slow"], [ADAPTERS])[0])
    separator.load({"seconds": 0.05}, "cpu")
    request = Request("x", np.zeros(round(SECONDS * RATE), np.float32), RATE, "a dog", "extract")
    began = time.perf_counter()
    for _ in range(items):
        separator.separate([request])
    return time.perf_counter() - began


def whole(folder: Path, items: int) -> float:
    """Seconds for a run: render, separate in a worker process, score, write."""
    path = suites.suite(folder, items=items, seconds=SECONDS, sample_rate=RATE, metrics=METRICS)
    config = RunConfig(
        load_suite(path), tuple(find_models(["slow"], [ADAPTERS])), tuple(select(METRICS)), folder / f"{items}"
    )
    began = time.perf_counter()
    outcome = run(config)
    assert outcome.failed == 0 and outcome.computed == items
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=16, seconds=SECONDS, sample_rate=RATE)
        loops = {items: bare(items) for items in (FEW, MANY)}
        runs = {items: whole(folder, items) for items in (FEW, MANY)}
    rows = []
    for items in (FEW, MANY):
        more = runs[items] / loops[items] - 1
        rows.append([f"{items} items", f"{loops[items]:.2f} s", f"{runs[items]:.2f} s", f"{more:.1%}"])
    loop, ours = ((times[MANY] - times[FEW]) / (MANY - FEW) for times in (loops, runs))
    rows.append(["each further item", f"{1000 * loop:.2f} ms", f"{1000 * ours:.2f} ms", f"{ours / loop - 1:.1%}"])
    machine.write(
        "overhead",
        "Overhead over a bare loop",
        f"A separator that sleeps 50 ms per item, on {SECONDS:g} s at {RATE} Hz. The loop calls it on audio that is "
        f"there; the run renders, separates in a worker process, scores {len(METRICS)} metrics and writes rows, one "
        "harness worker. The first items carry the start of two processes and the summary.",
        ["", "bare loop", "sepbench run", "more"],
        rows,
    )


if __name__ == "__main__":
    main()
