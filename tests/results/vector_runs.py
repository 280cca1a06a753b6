"""Runs whose items gave vectors to a distance of sets, for tests of what is compared and gated."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sepbench.metrics.registry import get
from sepbench.results.answers import MetricFacts, Value
from sepbench.results.rows import parse_row, row_line
from sepbench.results.run_folder import ROWS, STATS
from sepbench.results.statistics_store import StatisticsStore
from tests.answers import SI_SDRI, answers, write_run

FAD = MetricFacts("fad", dataclasses.replace(get("fad"), embedder="").signature + "|embedder:any", "", "lower", False)
COUNT, SIZE = 40, 3


def normal(seed: int, *shape: int) -> np.ndarray:
    """Of that shape, the standard normal distribution's."""
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(shape)


def wanted() -> np.ndarray:
    """The references' vectors, ``(items, size)``."""
    return normal(3, COUNT, SIZE)


def write_vectors(folder: Path, vectors: Mapping[str, np.ndarray], *, silent: int = 0) -> Path:
    """A run of models whose item i gave row i of their vectors; the last ones gave silence."""
    statuses: list[Value] = ["ok"] * (COUNT - silent) + ["estimate_silent"] * silent
    full = answers({model: [[0.0] * COUNT, statuses] for model in vectors}, metrics=[SI_SDRI, FAD])
    run = write_run(folder, full)
    store, lines = StatisticsStore(run / STATS), []
    for line in (run / ROWS).read_text().splitlines():
        row = parse_row(line, place="here")
        place = int(row.item.split(".")[0], 16)
        if row.metrics["fad"].status == "ok":
            arrays = {"estimate": vectors[row.model][place], "reference": wanted()[place]}
            keys = {name: store.put(array[None]) for name, array in arrays.items()}
            row = dataclasses.replace(row, statistics={"fad": keys})
        lines.append(row_line(row))
    (run / ROWS).write_text("\n".join(lines) + "\n")
    return run
