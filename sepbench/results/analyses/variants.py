"""``variants``: the same sounds asked for in other words, or at another level: how much an answer depends on it.

Rows of one pair make one group. Of each group: the mean, the worst, the range and the standard deviation (over all its
variants, so without n - 1); of these, averages over groups with clustered intervals. A group in which one variant has
no value has no worst either: it is counted and left out whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.results.analyses.scored import Scored, by_pair
from sepbench.results.entries import Ground, Measured, averaged
from sepbench.results.rows import Row


def variants(scored: Sequence[Scored], ground: Ground) -> dict[str, Any]:
    """Per metric: ``mean``, ``worst``, ``range``, ``std`` as averages over groups, and the groups' ``sizes``."""
    found = {one.metric.name: _of_metric(one, ground) for one in scored}
    return {name: part for name, part in found.items() if part is not None}


def _of_metric(scored: Scored, ground: Ground) -> dict[str, Any] | None:
    groups = [group for group in by_pair(scored.rows) if len(group) > 1]
    if not groups or scored.metric.better == "neither":
        return None
    worst: Callable[..., float] = min if scored.metric.better == "higher" else max
    statistics: Mapping[str, Callable[[Sequence[float]], float]] = {
        "mean": lambda values: float(np.mean(values)),
        "worst": worst,
        "range": lambda values: max(values) - min(values),
        "std": lambda values: float(np.std(values)),
    }
    sizes = [len(group) for group in groups]
    entries = {
        name: averaged([_group(scored, group, statistic) for group in groups], ground)
        for name, statistic in statistics.items()
    }
    return {**entries, "sizes": [min(sizes), max(sizes)]}


def _group(scored: Scored, group: Sequence[Row], statistic: Callable[[Sequence[float]], float]) -> Measured:
    values = [value for row in group if (value := scored.value(row)) is not None]
    whole = len(values) == len(group)
    return Measured(statistic(values) if whole else None, group[0].cluster, group[0].label)
