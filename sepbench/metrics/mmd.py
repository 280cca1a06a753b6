"""Maximum mean discrepancy of two sets of vectors, unbiased: what stands beside a Fréchet distance where n is small.

Kernel (x·y / dim + 1)³, which compares means, covariances and third moments and has nothing to be tuned (Bińkowski et
al. 2018, arXiv 1801.01401, KID; for audio Chung et al. 2025, arXiv 2502.15602, KAD, there with a Gaussian kernel).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from sepbench.metrics.frechet import Values, Vectors

DEGREE = 3
BLOCK = 512
"""Rows of the kernel matrix at a time."""


def mmd(*, estimate: Vectors, reference: Vectors) -> float:
    """The squared discrepancy of two sets whose vectors come in pairs, the estimate of a clip and its reference.

    Mean over pairs i ≠ j of k(r_i, r_j) + k(e_i, e_j) - k(r_i, e_j) - k(e_i, r_j).

    Args:
        estimate: ``(n, dim)``.
        reference: ``(n, dim)``.

    Returns:
        0 on average for sets of one distribution, so often below 0; exactly 0 for equal sets. In the vectors' own
        units: compare values of one embedder only.

    Raises:
        SepbenchError: sets of unequal shape, or of fewer than two vectors.

    Source: Gretton et al. 2012, JMLR 13, equation 4.

    >>> round(mmd(estimate=np.array([[1.0], [1.0]]), reference=np.array([[0.0], [0.0]])), 4)
    7.0
    """
    if estimate.shape != reference.shape or estimate.ndim != 2 or len(estimate) < 2:
        raise SepbenchError(
            "not two sets of paired vectors",
            given=f"shapes {estimate.shape} and {reference.shape}",
            wanted="equal shapes, two vectors or more",
        )
    return float(weighted_mmd(estimate, reference, np.ones((1, len(estimate)), dtype=np.int64))[0])


def weighted_mmd(estimate: Vectors, reference: Vectors, weights: NDArray[np.integer]) -> Values:
    """The same for several ways of counting the pairs, ``(ways, n)``, in one pass over the kernel matrix; NaN where
    fewer than two are counted.

    A pair that counts twice makes two members of the set, which meet each other as different ones do. Time goes with
    the square of n, memory does not.
    """
    found, wanted = estimate.astype(np.float64), reference.astype(np.float64)
    times = weights.astype(np.float64)
    totals = np.zeros(len(times))
    for start in range(0, len(found), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel = _kernel(wanted[rows], wanted) + _kernel(found[rows], found)
        kernel -= _kernel(wanted[rows], found) + _kernel(found[rows], wanted)
        itself = kernel[np.arange(len(kernel)), np.arange(start, start + len(kernel))]
        totals += np.einsum("wr,rw->w", times[:, rows], kernel @ times.T) - times[:, rows] @ itself
    size = times.sum(axis=1)
    means: Values = np.divide(totals, size * (size - 1), out=np.full(len(size), np.nan), where=size >= 2)
    return means


def _kernel(one: Values, other: Values) -> Values:
    products: Values = one @ other.T / one.shape[1] + 1
    return products**DEGREE
