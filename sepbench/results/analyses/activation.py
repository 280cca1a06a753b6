"""``activation``: whether the level of a separator's output tells sounds that are there from sounds that are not.

Every query to extract is one item, its level the metric `output_level`. The area under the curve is the probability
that the answer to a present sound is louder than the answer to an absent one, ties counted half (Mann and Whitney 1947,
doi 10.1214/aoms/1177730491): 1/2 for a separator that is always as loud, whatever is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.results.analyses.scored import Scored, recordings_of
from sepbench.results.entries import Ground, rounded
from sepbench.results.rows import Row
from sepbench.stats import Resampling, Summary, interval

LEVEL = "output_level"
MAX_POINTS = 101
SHARE_DIGITS = 4
LEVEL_DIGITS = 2

Levels = NDArray[np.float64]


def activation(scored: Sequence[Scored], ground: Ground) -> dict[str, Any]:
    """``auc``, ``n_present``, ``n_absent``, and the ``curve`` of shares over thresholds of level."""
    rows = [(row, one.value(row)) for one in scored if one.metric.name == LEVEL for row in one.rows]
    asked = [(row, level) for row, level in rows if row.mode == "extract"]
    present = [(row, level) for row, level in asked if level is not None and not row.absent]
    absent = [(row, level) for row, level in asked if level is not None and row.absent]
    n = len(present) + len(absent)
    auc = _auc(present, absent, ground.draws) if present and absent else Summary(None, None, None, n)
    levels = np.array([level for _, level in present]), np.array([level for _, level in absent])
    return {
        "auc": {**rounded(auc), "n_undefined": len(asked) - n},
        "n_present": len(present),
        "n_absent": len(absent),
        "curve": roc(*levels) if present and absent else {"level_db": [], "present": [], "absent": []},
    }


def _auc(present: Sequence[tuple[Row, float]], absent: Sequence[tuple[Row, float]], draws: Resampling) -> Summary:
    """The area and its interval: per draw of recordings, the pairs that it holds, as often as it holds them."""
    wins, pairs = pairwise_wins(
        np.array([level for _, level in present]),
        recordings_of([row for row, _ in present], draws),
        np.array([level for _, level in absent]),
        recordings_of([row for row, _ in absent], draws),
        len(draws.clusters),
    )
    won = np.sum(draws.totals(wins) * draws.counts, axis=1)
    drawn = np.sum(draws.totals(pairs) * draws.counts, axis=1)
    areas = won[drawn > 0] / drawn[drawn > 0]
    clusters = {row.cluster for row, _ in (*present, *absent)}
    return Summary(float(wins.sum() / pairs.sum()), interval(areas, len(clusters)), None, len(present) + len(absent))


def pairwise_wins(
    present: Levels, present_clusters: NDArray[np.int64], absent: Levels, absent_clusters: NDArray[np.int64], n: int
) -> tuple[Levels, Levels]:
    """For every two of `n` recordings: in how many pairs the present sound is louder, ties half, and of how many.

    Returns:
        two of shape ``(absent recordings, present recordings)``, both `n`.

    >>> wins, pairs = pairwise_wins(
    ...     np.array([-3.0, -9.0]), np.array([0, 1]), np.array([-9.0, -20.0]), np.array([0, 1]), 2)
    >>> wins.tolist(), pairs.tolist()
    ([[1.0, 0.5], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]])
    """
    wins, pairs = np.zeros((n, n)), np.zeros((n, n))
    sizes = np.bincount(absent_clusters, minlength=n)
    for level, cluster in zip(present, present_clusters, strict=True):
        louder = (level > absent) + 0.5 * (level == absent)
        wins[:, cluster] += np.bincount(absent_clusters, weights=louder, minlength=n)
        pairs[:, cluster] += sizes
    return wins, pairs


def roc(present: Levels, absent: Levels) -> dict[str, list[float]]:
    """Shares of present and of absent answers at or above each level, from the loudest down.

    Every level that occurs is a threshold; of more than `MAX_POINTS` evenly spaced ones are kept, both ends included.

    >>> roc(np.array([-3.0, -9.0]), np.array([-9.0, -20.0]))
    {'level_db': [-3.0, -9.0, -20.0], 'present': [0.5, 1.0, 1.0], 'absent': [0.0, 0.5, 1.0]}
    """
    levels = np.unique(np.concatenate([present, absent]))[::-1]
    if len(levels) > MAX_POINTS:
        levels = levels[np.linspace(0, len(levels) - 1, MAX_POINTS).round().astype(int)]
    return {
        "level_db": [round(float(level), LEVEL_DIGITS) + 0.0 for level in levels],
        "present": [_share(present, level) for level in levels],
        "absent": [_share(absent, level) for level in levels],
    }


def _share(levels: Levels, threshold: float) -> float:
    return round(float(np.mean(levels >= threshold)), SHARE_DIGITS)
