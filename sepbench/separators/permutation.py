"""Separators whose outputs have no order: which of them is meant, told by the reference.

That is knowledge no query gives: such a separator declares ``needs = ["references"]`` and stands among the oracles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepbench.audio import Audio


def closest_output(outputs: Sequence[Audio], reference: Audio) -> int:
    """The output of the largest SI-SDR, which grows with the squared cosine; the first of equal ones.

    Args:
        outputs: ``(time,)`` each; a silent one is closest to nothing.
        reference: ``(time,)``.

    >>> wanted = np.array([1.0, 2.0, 3.0])
    >>> closest_output([np.zeros(3), np.array([3.0, 0.0, -1.0]), -0.1 * wanted], wanted)
    2
    """
    return int(np.argmax([_squared_cosine(output, reference) for output in outputs]))


def _squared_cosine(one: Audio, other: Audio) -> float:
    a, b = one.astype(np.float64), other.astype(np.float64)
    energies = float(a @ a) * float(b @ b)
    return float(a @ b) ** 2 / energies if energies > 0 else 0.0
