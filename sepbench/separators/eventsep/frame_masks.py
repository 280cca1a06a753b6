"""Masks over time from an event detector's scores: one number from 0 to 1 per frame.

Scores and masks are float32 ``(frames,)``, and the arithmetic is float32 as in the published code: with its second
sigmoid all scores lie within 0.23, and a stretch to the full range magnifies every rounding.

`MODES`: ``none`` lets all through; ``hard`` is 1 where the score reaches the threshold; ``soft`` is the score over the
threshold, at most 1; ``soft-rel`` stretches the scores to the full range; ``soft-fade`` smooths that over time;
``soft-fade-th`` does so with what lies below the threshold and is 1 above it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio
from sepbench.errors import SepbenchError
from sepbench.search_path import closest

Scores = NDArray[np.float32]
FrameMask = NDArray[np.float32]

FADE_FRAMES = 5
"""Standard deviation of the Gaussian that smooths."""

EMPTY = 1e-6
"""A mask that sums to less says that the event was not found, not that there is nothing to hear."""


def frame_mask(scores: Scores, *, mode: str, threshold: float) -> FrameMask:
    """The mask of one of `MODES`; all ones where it would be empty.

    Args:
        scores: of the wanted class, ``(frames,)``, 0 to 1.
        mode: a key of `MODES`.
        threshold: 0 to 1; ``none``, ``soft-rel`` and ``soft-fade`` have no use for it.

    Raises:
        SepbenchError: unknown mode, or a threshold outside 0 to 1.

    >>> scores = np.array([0.2, 0.5, 0.9], np.float32)
    >>> frame_mask(scores, mode="hard", threshold=0.5).tolist()
    [0.0, 1.0, 1.0]
    >>> frame_mask(scores, mode="hard", threshold=0.95).tolist()
    [1.0, 1.0, 1.0]
    """
    if mode not in MODES:
        raise SepbenchError("unknown mask", given=mode, remedy=closest(mode, list(MODES)))
    if not 0 <= threshold <= 1:
        raise SepbenchError("threshold out of range", given=str(threshold), wanted="0 to 1")
    mask = MODES[mode](np.asarray(scores, dtype=np.float32), np.float32(threshold))
    return mask if float(mask.sum()) >= EMPTY else np.ones_like(mask)


def stretch(mask: FrameMask, samples: int) -> Audio:
    """The mask at every sample by linear interpolation; first and last frame fall on first and last sample.

    >>> stretch(np.array([0.0, 1.0], np.float32), 5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    at_samples = np.interp(np.linspace(0, 1, samples), np.linspace(0, 1, len(mask)), mask)
    return np.asarray(at_samples, dtype=np.float32)


def soft(scores: Scores, threshold: np.float32) -> FrameMask:
    """min(score / threshold, 1).

    >>> soft(np.array([0.0, 0.25, 0.75], np.float32), np.float32(0.5)).tolist()
    [0.0, 0.5, 1.0]
    """
    if threshold == 0:
        return np.ones_like(scores)
    mask: FrameMask = np.minimum(scores / threshold, np.float32(1))
    return mask


def _none(scores: Scores, threshold: np.float32) -> FrameMask:
    return np.ones_like(scores)


def _hard(scores: Scores, threshold: np.float32) -> FrameMask:
    return (scores >= threshold).astype(np.float32)


def _relative(scores: Scores, threshold: np.float32) -> FrameMask:
    return _full_range(scores)


def _fade(scores: Scores, threshold: np.float32) -> FrameMask:
    return _smooth(_full_range(scores))


def _fade_below(scores: Scores, threshold: np.float32) -> FrameMask:
    below = _smooth(_full_range(np.minimum(scores, threshold)))
    return np.where(scores > threshold, np.float32(1), below)


def _full_range(scores: Scores) -> Scores:
    """From 0 to 1; ones where all scores are equal."""
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)


def _smooth(mask: FrameMask) -> FrameMask:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(np.clip(gaussian_filter1d(mask, FADE_FRAMES), 0, 1), dtype=np.float32)


MODES: dict[str, Callable[[Scores, np.float32], FrameMask]] = {
    "none": _none,
    "hard": _hard,
    "soft": soft,
    "soft-rel": _relative,
    "soft-fade": _fade,
    "soft-fade-th": _fade_below,
}
