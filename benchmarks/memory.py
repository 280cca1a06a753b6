"""The most memory a run holds, by its number of items: the process that was started, and its largest worker."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import machine, suites
from sepbench.engine.config import RunConfig
from sepbench.engine.run import Progress, run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import load_suite

SIZES = (100, 1_000, 10_000)
SECONDS, RATE = 4.0, 16000
METRICS = ("si_sdri", "si_sdr", "sdri", "sdr", "lsd", "psnr_mel", "mel_dist", "stoi", "silent_output_rate")
MEBI = 2**20


def one_run(folder: Path, items: int) -> None:
    """A whole run in this process; prints its peaks in bytes."""
    suite, metrics = load_suite(folder / f"bench{items}.toml"), tuple(select(METRICS))
    worker = 0

    def look(progress: Progress) -> None:
        """The worker is gone when the run is over: it is asked at every tenth of it."""
        nonlocal worker
        if progress.done % (items // 10) == 0:
            worker = max(peak_memory(child.pid) for child in multiprocessing.active_children())

    outcome = run(RunConfig(suite, tuple(find_models(["mixture"], [])), metrics, folder / f"{items}"), look)
    assert outcome.failed == 0 and outcome.computed == items
    print(json.dumps([peak_memory(), worker]))


def peak_memory(process: int | str = "self") -> int:
    """Most bytes a process ever held."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def measured(folder: Path, items: int) -> list[int]:
    """The peaks of a run in a fresh process."""
    path = suites.suite(folder, items=items, seconds=SECONDS, sample_rate=RATE, metrics=METRICS)
    words = [sys.executable, "-m", "benchmarks.memory", str(path.parent), str(items)]
    peaks: list[int] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return peaks


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=16, seconds=SECONDS, sample_rate=RATE)
        peaks = {items: measured(folder, items) for items in SIZES}
    least = sum(peaks[SIZES[0]])
    rows = [
        [f"{items:,}", f"{first / MEBI:.0f} MiB", f"{worker / MEBI:.0f} MiB", f"{(first + worker) / least - 1:+.1%}"]
        for items, (first, worker) in peaks.items()
    ]
    machine.write(
        "memory",
        "Memory by number of items",
        f"Pairs of {SECONDS:g} s at {RATE} Hz, {len(METRICS)} metrics, the untouched mixture, one worker; every run in "
        "a fresh process. The last column is of both together.",
        ["items", "first process", "worker", f"against {SIZES[0]} items"],
        rows,
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one_run(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
