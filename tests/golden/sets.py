"""Deterministic sets of logits and of embeddings: inputs of metrics that start from no waveform."""

from __future__ import annotations

import numpy as np

from tests.golden.signals import generator

LOGITS, EMBEDDINGS = 3, 4
"""Second seeds."""


def logits(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(reference, estimate), float32 ``(n, classes)``: a class stands out in each row; a fifth is swapped."""
    rng = generator(seed, LOGITS)
    reference = 1.5 * rng.standard_normal((n, classes)) - 6
    reference[np.arange(n), rng.integers(0, classes, n)] += 9
    estimate = reference + rng.standard_normal((n, classes))
    swapped = max(2, n // 5)
    estimate[:swapped] = np.roll(estimate[:swapped], 1, axis=0)
    return reference.astype(np.float32), estimate.astype(np.float32)


def embeddings(n: int, dim: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of correlated Gaussian vectors, n and n + 7, the second 1.2 times wider and shifted by 0.1."""
    rng = generator(seed, EMBEDDINGS)
    correlation = 0.2 * rng.standard_normal((dim, dim))
    first = rng.standard_normal((n, dim)) @ correlation
    return first, 1.2 * rng.standard_normal((n + 7, dim)) @ correlation + 0.1
