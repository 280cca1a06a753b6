"""Audio of any length through a network that hears a window at a time.

Windows overlap. Where a window was cut, the network lacked what lies beyond: the samples next to the cut, `margin` of
them, are thrown away, and over the next `fade` samples one window gives way to the other. Weights sum to 1 everywhere:
a network whose output depends on no more than `margin` samples to either side gives what it gives for the whole clip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio
from sepbench.errors import SepbenchError

Windows = NDArray[np.float32]


@dataclass(frozen=True)
class Overlap:
    """How long audio is cut, in samples; all three on a network's own grid keep its frames where they were."""

    window: int
    margin: int
    fade: int

    def __post_init__(self) -> None:
        if self.fade < 1 or self.margin < 0 or self.hop < 1:
            raise SepbenchError(
                "windows that do not fit together",
                given=f"window {self.window}, margin {self.margin}, fade {self.fade}",
                wanted="a fade of 1 or more, and a window longer than two margins and a fade",
            )

    @property
    def hop(self) -> int:
        """Samples between the starts of windows."""
        return self.window - 2 * self.margin - self.fade

    def starts(self, samples: int) -> list[int]:
        """Where windows begin; the last is the first to reach the end.

        >>> Overlap(window=10, margin=2, fade=2).starts(20)
        [0, 4, 8, 12]
        """
        beyond = max(0, samples - self.window)
        return list(range(0, beyond + self.hop, self.hop)) if beyond else [0]


def overlap_add(separate: Callable[[Windows], Windows], mixture: Audio, overlap: Overlap, *, batch: int = 1) -> Audio:
    """Separate a clip by windows; one that fits into a window is separated whole.

    Args:
        separate: ``(windows, time)`` -> the same shape; the last window may be shorter than the others and comes alone.
        mixture: ``(time,)``.
        overlap: how to cut.
        batch: windows given to `separate` at once.

    Returns:
        ``(time,)``.
    """
    starts, samples = overlap.starts(len(mixture)), len(mixture)
    total = np.zeros(samples, np.float32)
    whole, last = starts[:-1], starts[-1]
    for first in range(0, len(whole), batch):
        chosen = whole[first : first + batch]
        estimates = separate(np.stack([mixture[start : start + overlap.window] for start in chosen]))
        for start, estimate in zip(chosen, estimates, strict=True):
            total[start : start + overlap.window] += estimate * _weights(overlap, overlap.window, start, samples)
    estimate = separate(mixture[None, last:])[0]
    total[last:] += estimate * _weights(overlap, samples - last, last, samples)
    return total


def _weights(overlap: Overlap, length: int, start: int, samples: int) -> Windows:
    """Of a window's samples: 0, a rise and 1, mirrored at its end; 1 up to an end that is the clip's own."""
    weights = np.ones(length, np.float32)
    ramp = np.sin(np.pi / 2 * (np.arange(overlap.fade) + 0.5) / overlap.fade) ** 2
    edge = np.concatenate([np.zeros(overlap.margin), ramp])
    if start > 0:
        weights[: len(edge)] = edge
    if start + length < samples:
        weights[length - len(edge) :] = edge[::-1]
    return weights
