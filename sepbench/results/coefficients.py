"""Coefficients of correlation under many draws at once: Pearson's r, Spearman's rho, Kendall's tau-b.

A draw is a row of weights: how often each observation counts. Its coefficients are those of the data with each
observation repeated so often, ties and all; NaN where one side does not vary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sepbench.stats import BLOCK_ENTRIES, Resampling

Values = NDArray[np.float64]

FLAT = 1e-12
"""Share of a variable's mean square below which its variance is rounding."""


def pearson(x: Values, y: Values, weights: Values) -> Values:
    """Pearson's correlation per draw.

    Args:
        x: ``(draws or 1, n)``.
        y: likewise.
        weights: ``(draws, n)``.

    Returns:
        ``(draws,)`` in [-1, 1], or NaN.

    >>> ramp = np.arange(4.0)[None]
    >>> pearson(ramp, 3 - 2 * ramp, np.ones((1, 4))).round(6)
    array([-1.])
    """
    total = weights.sum(axis=1, keepdims=True)
    parts = []
    for values in (x, y):
        mean = (weights * values).sum(axis=1, keepdims=True) / np.where(total > 0, total, 1)
        centred = values - mean
        variance = (weights * centred**2).sum(axis=1)
        flat = variance <= FLAT * (weights * values**2).sum(axis=1)
        parts.append((centred, np.where(flat, np.nan, variance)))
    (one, first), (other, second) = parts
    coefficients: Values = np.clip((weights * one * other).sum(axis=1) / np.sqrt(first * second), -1, 1)
    return coefficients


def ranks(values: Values, weights: Values) -> Values:
    """Ranks ``(draws, n)`` of values ``(n,)`` repeated as the weights say; equal ones share the mean of theirs.

    >>> ranks(np.array([10.0, 30.0, 20.0]), np.array([[1.0, 1, 1], [2, 1, 0]]))
    array([[1. , 3. , 2. ],
           [1.5, 3. , 2.5]])
    """
    order = np.argsort(values, kind="stable")
    distinct, places = np.unique(values, return_inverse=True)
    starts = np.searchsorted(values[order], distinct)
    sizes = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(sizes, axis=1) - sizes + (sizes + 1) / 2
    return middle[:, places]


def across_answers(x: Values, y: Values, clusters: NDArray[np.intp], draws: Resampling) -> dict[str, Values]:
    """The three coefficients of observations whose recordings are drawn.

    Args:
        x: ``(n,)``.
        y: ``(n,)``.
        clusters: ``(n,)``, each observation's place among the recordings of `draws`.

    Returns:
        By name, ``(draws,)``.
    """
    linear, monotone = [], []
    block = max(1, BLOCK_ENTRIES // len(x))
    for first in range(0, len(draws.counts), block):
        weights = draws.counts[first : first + block][:, clusters].astype(np.float64)
        linear.append(pearson(x[None], y[None], weights))
        monotone.append(pearson(ranks(x, weights), ranks(y, weights), weights))
    found = {"pearson": np.concatenate(linear), "spearman": np.concatenate(monotone)}
    return found | {"kendall": _kendall(x, y, clusters, draws)}


def _kendall(x: Values, y: Values, clusters: NDArray[np.intp], draws: Resampling) -> Values:
    """Concordance is summed over pairs of recordings once; a draw only weighs these sums."""
    concordant, x_differs, y_differs = (
        _drawn(pairs, draws) for pairs in _by_recordings(x, y, clusters, len(draws.clusters))
    )
    return _tau(concordant, x_differs, y_differs)


def _by_recordings(x: Values, y: Values, clusters: NDArray[np.intp], count: int) -> Values:
    """``(3, recordings, recordings)``: sums over pairs of observations of agreement in order, and of being unequal."""
    order = np.argsort(clusters, kind="stable")
    x, y, sorted_clusters = x[order], y[order], clusters[order]
    present, starts = np.unique(sorted_clusters, return_index=True)
    sums = np.zeros((3, count, count))
    block = max(1, BLOCK_ENTRIES // len(x))
    for first in range(0, len(x), block):
        rows = slice(first, first + block)
        signs = [np.sign(values[rows, None] - values[None]) for values in (x, y)]
        for number, pairs in enumerate((signs[0] * signs[1], np.abs(signs[0]), np.abs(signs[1]))):
            sums[number][:, present] += _summed(np.add.reduceat(pairs, starts, axis=1), sorted_clusters[rows], count)
    return sums


def _summed(rows: Values, clusters: NDArray[np.intp], count: int) -> Values:
    total = np.zeros((count, rows.shape[1]))
    np.add.at(total, clusters, rows)
    return total


def _drawn(pairs: Values, draws: Resampling) -> Values:
    """The sum over all pairs of a draw."""
    counts = draws.counts.astype(np.float64)
    drawn: Values = np.einsum("dr,dr->d", counts @ pairs, counts)
    return drawn


def _tau(concordant: Values, x_differs: Values, y_differs: Values) -> Values:
    scale = np.sqrt(x_differs * y_differs)
    tau: Values = np.divide(concordant, scale, out=np.full(len(scale), np.nan), where=scale > 0)
    return tau


def across_systems(x: Values, y: Values) -> dict[str, Values]:
    """The three coefficients of averages ``(draws, systems)``, row by row; NaN where one of a row is NaN.

    >>> across_systems(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 4.0, 9.0]]))["kendall"]
    array([1.])
    """
    from scipy.stats import rankdata

    weights = np.ones(x.shape)
    missing = np.isnan((x + y).sum(axis=1))
    x, y = (np.where(missing[:, None], 0.0, values) for values in (x, y))
    signs = [np.sign(values[:, :, None] - values[:, None, :]) for values in (x, y)]
    sums = [pairs.sum(axis=(1, 2)) for pairs in (signs[0] * signs[1], np.abs(signs[0]), np.abs(signs[1]))]
    found = {
        "pearson": pearson(x, y, weights),
        "spearman": pearson(rankdata(x, axis=1), rankdata(y, axis=1), weights),
        "kendall": _tau(sums[0], sums[1], sums[2]),
    }
    return {name: np.where(missing, np.nan, values) for name, values in found.items()}
