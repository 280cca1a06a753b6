"""How a run's time grows with its items: a line through measured runs, and what that line says of a very large one."""

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
from sepbench.suite import load_suite

SIZES = (250, 500, 1_000, 2_000, 4_000)
SECONDS, RATE = 10.0, 16000
METRICS = ("si_sdri", "si_sdr", "sdri", "sdr", "lsd", "silent_output_rate")
LARGE, DEVICES = 10_000_000, 100
MODEL_SECONDS = (0.05, 0.5, 5.0)
"""Assumed times of one item on one GPU: a small mask, a large mask, a generative model with some steps."""
HOUR = 3600.0


def timed(folder: Path, items: int) -> float:
    """Seconds of a whole run of the untouched mixture, one worker: plan, render, score, write, summarise."""
    path = suites.suite(folder, items=items, seconds=SECONDS, sample_rate=RATE, metrics=METRICS)
    config = RunConfig(
        load_suite(path), tuple(find_models(["mixture"], [])), tuple(select(METRICS)), folder / f"{items}"
    )
    began = time.perf_counter()
    outcome = run(config)
    assert outcome.failed == 0 and outcome.computed == items
    return time.perf_counter() - began


def main() -> None:
    """Measure, fit, extrapolate and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=16, seconds=SECONDS, sample_rate=RATE)
        seconds = np.array([timed(folder, items) for items in SIZES])
    items = np.array(SIZES, dtype=float)
    slope, start = np.polyfit(items, seconds, 1)
    fitted = start + slope * items
    determination = 1 - ((seconds - fitted) ** 2).sum() / ((seconds - seconds.mean()) ** 2).sum()
    exponent = np.polyfit(np.log(items), np.log(seconds - start), 1)[0]
    rows = [
        [f"{size:,}", f"{measured:.2f} s", f"{line:.2f} s", f"{1000 * measured / size:.2f} ms"]
        for size, measured, line in zip(SIZES, seconds, fitted, strict=True)
    ]
    machine.write(
        "cost_curve",
        "Cost by number of items",
        f"The untouched mixture on pairs of {SECONDS:g} s at {RATE} Hz, {len(METRICS)} metrics, one worker. Least "
        f"squares: {start:.2f} s + {1000 * slope:.2f} ms per item, R² = {determination:.5f}; the run without its "
        f"start grows as items to the power {exponent:.3f}.\n\n{_on_paper(slope)}",
        ["items", "measured", "on the line", "per item"],
        rows,
    )


def _on_paper(slope: float) -> str:
    """The line at ten million items, beside what the models would take."""
    harness = slope * LARGE / HOUR
    lines = [
        f"On paper, not measured: {LARGE:,} items and one model on {DEVICES} GPUs. The harness needs "
        f"{harness:.0f} core hours for such metrics, {harness / DEVICES:.1f} hours on one core beside each GPU, and "
        "works while the model does. With a model that takes",
        "",
        *(
            f"- {taken:g} s per item: {LARGE * taken / HOUR:,.0f} GPU hours, {_wall(taken, slope):.1f} hours in all, "
            f"bound by {'the GPU' if taken > slope else 'the core beside it'}"
            for taken in MODEL_SECONDS
        ),
        "",
        "Rows of ten million items are some 8 GB of JSON lines, written by one process; above a million items, split "
        "the suite into several runs.",
    ]
    return "\n".join(lines)


def _wall(taken: float, slope: float) -> float:
    return LARGE * max(taken, slope) / DEVICES / HOUR


if __name__ == "__main__":
    main()
