"""Long clips in pieces: what a network that hears a limited stretch at once is given, without any chance in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepbench.audio import Audio
from sepbench.embeddings.embedder import Vector


def windows(clip: Audio, length: int) -> list[Audio]:
    """Pieces of at most `length` samples that cover the clip, in order; the last one ends where the clip does.

    Args:
        clip: ``(time,)``.

    Returns:
        The clip itself where it is no longer than that; else pieces of exactly `length`, of which the last may overlap
        the one before.

    >>> [piece.tolist() for piece in windows(np.arange(5, dtype=np.float32), 2)]
    [[0.0, 1.0], [2.0, 3.0], [3.0, 4.0]]
    """
    if len(clip) <= length:
        return [clip]
    starts = [*range(0, len(clip) - length, length), len(clip) - length]
    return [clip[start : start + length] for start in starts]


def repeated(clip: Audio, length: int) -> Audio:
    """The clip said again and again until `length` samples are full; the last repetition is cut.

    >>> repeated(np.arange(3, dtype=np.float32), 7).tolist()
    [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]
    """
    return np.resize(clip, length)


def mean(vectors: Sequence[Vector]) -> Vector:
    """The mean of some vectors, added in float64.

    >>> mean([np.array([1, 0], np.float32), np.array([0, 1], np.float32)]).tolist()
    [0.5, 0.5]
    """
    return np.asarray(np.mean(vectors, axis=0, dtype=np.float64), np.float32)
