"""What analyses look at: one metric and the rows it speaks of, and these rows by pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Metric
from sepbench.results.rows import Row
from sepbench.stats import Resampling


@dataclass(frozen=True)
class Scored:
    """One metric with the rows of one model that it speaks of."""

    metric: Metric
    rows: Sequence[Row]

    def value(self, row: Row) -> float | None:
        """The metric of a row; None where it has no value."""
        score = row.metrics.get(self.metric.name)
        return None if score is None else score.value


def recordings_of(rows: Sequence[Row], draws: Resampling) -> NDArray[np.int64]:
    """The number of each row's recording among those that are drawn."""
    position = {name: index for index, name in enumerate(draws.clusters)}
    return np.array([position[row.cluster] for row in rows], dtype=np.int64)


def by_pair(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that ask for the same sources of the same sounds, pair by pair, in order of list and pair."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.list, row.pair), []).append(row)
    return [group for _, group in sorted(found.items(), key=lambda item: item[0])]
