"""Planning and resuming a run whose hundred thousand items are all finished."""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks import machine, suites
from sepbench.engine.plan import coverage, plan_jobs
from sepbench.results.row_store import RowStore
from sepbench.results.rows import Row, Score, row_line
from sepbench.suite import load_suite

SIZES = (10_000, 100_000)
RATE = 16000


def finished(folder: Path, items: int) -> tuple[Path, Path]:
    """A suite of so many items and the rows of a finished run."""
    path = suites.suite(folder, items=items, seconds=1.0, sample_rate=RATE, metrics=["si_sdr", "sdri"])
    scores = {"si_sdr": Score(1.0, "ok", 0.0), "sdri": Score(0.0, "ok")}
    facts = ("extract", "label", False, "folder", "dog", "bench", 2, 0.0)
    with (folder / f"rows{items}.jsonl").open("w") as file:
        for item in load_suite(path).items():
            file.write(row_line(Row("mixture", item.name, "ok", "s", "k", scores, *facts)) + "\n")
    return path, folder / f"rows{items}.jsonl"


def measured(path: Path, rows: Path) -> list[float]:
    """Seconds to read the suite, to look its clips up, to read the rows, and to plan."""
    marks = [time.perf_counter()]
    suite = load_suite(path)
    marks.append(time.perf_counter())
    covered = coverage(suite)
    marks.append(time.perf_counter())
    store = RowStore(rows)
    marks.append(time.perf_counter())
    assert plan_jobs(covered.buildable, ["mixture"], store, set()) == [] and not covered.missing
    marks.append(time.perf_counter())
    store.close()
    return [after - before for before, after in pairwise(marks)]


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites.recordings(folder, count=16, seconds=1.0, sample_rate=RATE)
        times = {items: measured(*finished(folder, items)) for items in SIZES}
    rows = [
        [f"{items:,}", *(f"{part:.2f} s" for part in parts), f"{sum(parts):.2f} s"] for items, parts in times.items()
    ]
    machine.write(
        "planning",
        "Planning and resuming",
        "Every item has its row already, so what is measured is finding that out.",
        ["items", "read the suite", "look up clips", "read the rows", "plan", "together"],
        rows,
    )


if __name__ == "__main__":
    main()
