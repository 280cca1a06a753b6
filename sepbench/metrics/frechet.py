"""Fréchet distance of two sets of vectors, each taken for a Gaussian: d² = |μ₁ - μ₂|² + tr(S₁ + S₂ - 2 (S₁S₂)^½).

Covariances are unbiased, and the trace of the root comes from eigenvalues, so fewer vectors than dimensions are no
trouble for the arithmetic. They are for the reader: d² is biased upwards by about a constant over the number of
vectors, 17 at n = 500 for two sets of one distribution of 128 independent components of variance 1. Compare equal n
only, or extrapolate (`frechet_infinity`). Source: Dowson and Landau 1982, doi 10.1016/0047-259X(82)90077-X; for audio
Kilgour et al. 2019, arXiv 1812.08466.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import SepbenchError

Vectors = NDArray[np.floating]
Values = NDArray[np.float64]

STEPS, FEWEST = 25, 500
"""Sizes of the subsets that d² is extrapolated from, and the smallest."""


def frechet_distance(*, estimate: Vectors, reference: Vectors) -> float:
    """d² between the Gaussians of two sets.

    Args:
        estimate: ``(n, dim)``.
        reference: ``(m, dim)``; a warning is given where m is not n, since the bias then differs.

    Returns:
        0 for equal sets (to about 1e-4 where n < dim), never negative.

    Raises:
        SepbenchError: fewer than two vectors in a set, other dimensions, NaN or infinity.

    >>> frechet_distance(estimate=np.array([[0.0], [2.0]]), reference=np.array([[5.0], [7.0]]))
    25.0
    """
    _check(estimate, reference)
    if len(estimate) != len(reference):
        warnings.warn(
            f"Fréchet distance of sets of {len(estimate)} and {len(reference)} vectors: its bias depends on n",
            stacklevel=2,
        )
    return _between(Gaussian(estimate), Gaussian(reference))


def frechet_infinity(*, estimate: Vectors, reference: Vectors) -> float:
    """d² for infinitely many vectors: the intercept of a line through d² of subsets against 1/n.

    25 sizes from 500 to all, evenly spaced; each subset is drawn without replacement by a fixed seed, the same places
    of both sets. (fadtk, which the idea is from, shrinks one set only and keeps the other's bias.)

    Args:
        estimate: ``(n, dim)``.
        reference: ``(n, dim)``.

    Returns:
        d²; around 0, and then perhaps below it, for sets of one distribution.

    Raises:
        SepbenchError: sets of unequal size, or of fewer than 1000 vectors: a line needs a stretch to lie on.

    Source: Chong and Forsyth 2020, arXiv 1911.07023; for audio Gui et al. 2024, arXiv 2311.01616.
    """
    _check(estimate, reference)
    n = len(estimate)
    if n != len(reference) or n < 2 * FEWEST:
        raise SepbenchError(
            "sets that cannot be extrapolated from",
            given=f"{n} and {len(reference)} vectors",
            wanted=f"as many of each, {2 * FEWEST} at least",
        )
    rng = np.random.Generator(np.random.PCG64(n))
    sizes = np.linspace(FEWEST, n, STEPS).round().astype(int)
    chosen = (np.sort(rng.choice(n, size, replace=False)) for size in sizes)
    distances = [_between(Gaussian(estimate[one]), Gaussian(reference[one])) for one in chosen]
    return float(np.polynomial.polynomial.polyfit(1 / sizes, distances, 1)[0])


def weighted_distances(estimate: Vectors, reference: Vectors, weights: NDArray[np.integer]) -> Iterator[float]:
    """d² for each of several ways of counting the vectors: how a resampled set is measured.

    Args:
        estimate: ``(n, dim)``.
        reference: ``(n, dim)``.
        weights: ``(ways, n)``: how often each place of both sets counts.

    Yields:
        d², NaN where fewer than two are counted.
    """
    for times in weights:
        drawn = times > 0
        if times.sum() < 2:
            yield np.nan
            continue
        yield _between(Gaussian(estimate[drawn], times[drawn]), Gaussian(reference[drawn], times[drawn]))


class Gaussian:
    """Mean, and a root R of the covariance with RᵀR = S, of at most ``min(n, dim)`` rows.

    Args:
        vectors: ``(n, dim)``.
        weights: how often each counts; once by default.
    """

    def __init__(self, vectors: Vectors, weights: NDArray[np.integer] | None = None) -> None:
        wide = vectors.astype(np.float64)
        times = np.ones(len(wide)) if weights is None else weights.astype(np.float64)
        self.mean: Values = times @ wide / times.sum()
        root = (wide - self.mean) * np.sqrt(times / (times.sum() - 1))[:, None]
        self.trace = float(np.square(root).sum())
        if len(root) > root.shape[1]:  # as many rows as dimensions do as well
            values, axes = np.linalg.eigh(root.T @ root)
            root = np.sqrt(np.maximum(values, 0))[:, None] * axes.T
        self.root: Values = root


def _between(one: Gaussian, other: Gaussian) -> float:
    """tr (S₁S₂)^½ is the sum of the singular values of R₁R₂ᵀ, the roots of the eigenvalues of its square."""
    product = one.root @ other.root.T
    squares = np.linalg.eigvalsh(product @ product.T if len(product) <= product.shape[1] else product.T @ product)
    crossed = float(np.sqrt(np.maximum(squares, 0)).sum())
    return max(0.0, float(np.square(one.mean - other.mean).sum()) + one.trace + other.trace - 2 * crossed)


def _check(estimate: Vectors, reference: Vectors) -> None:
    for name, vectors in (("estimate", estimate), ("reference", reference)):
        if vectors.ndim != 2 or len(vectors) < 2 or vectors.shape[1] != reference.shape[-1]:
            raise SepbenchError(
                f"{name}: not a set of vectors whose covariance is defined",
                given=f"shape {vectors.shape}",
                wanted=f"two vectors or more, of {reference.shape[-1]} dimensions",
            )
        if not np.isfinite(vectors).all():
            raise SepbenchError(f"{name}: NaN or infinity among the vectors", wanted="finite ones")
