"""Slow curves: loudness, pitch and brightness over time.

All curves are float64 of shape ``(time,)`` at the audio rate; times are in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]


def breakpoints(points: Sequence[tuple[float, float]], samples: int, sample_rate: int) -> Signal:
    """Straight lines through (second, value) points, held before the first and after the last.

    >>> breakpoints([(0.0, 0.0), (0.5, 1.0)], 5, 4).tolist()
    [0.0, 0.5, 1.0, 1.0, 1.0]
    """
    times, values = zip(*points, strict=True)
    curve: Signal = np.interp(np.arange(samples) / sample_rate, times, values)
    return curve


def contour(values: Sequence[float], samples: int) -> Signal:
    """A smooth curve through values evenly spread over the whole length.

    >>> contour([1.0, 3.0, 1.0], 5).tolist()
    [1.0, 2.0, 3.0, 2.0, 1.0]
    """
    place = np.linspace(0.0, len(values) - 1.0, samples)
    return smooth_steps(np.asarray(values, dtype=np.float64), place)


def smooth_steps(knots: Signal, place: NDArray[np.floating]) -> Signal:
    """Knots read at fractional places by cubic smoothstep 3t^2 - 2t^3: no overshoot, no kink in the slope."""
    left = np.clip(place.astype(np.int64), 0, max(len(knots) - 2, 0))
    part = np.clip(place - left, 0.0, 1.0)
    blend = part * part * (3.0 - 2.0 * part)
    right = np.minimum(left + 1, len(knots) - 1)
    curve: Signal = knots[left] + (knots[right] - knots[left]) * blend
    return curve


def wander(rng: np.random.Generator, samples: int, sample_rate: int, per_second: float) -> Signal:
    """A smooth random curve of about unit variance that changes its mind `per_second` times a second."""
    knots = rng.standard_normal(int(samples / sample_rate * per_second) + 3)
    start = rng.uniform(0.0, 1.0)
    return smooth_steps(knots, start + np.arange(samples) * (per_second / sample_rate))


def swell(samples: int, sample_rate: int, attack: float, release: float) -> Signal:
    """One that rises and falls along raised cosines of `attack` and `release` seconds.

    >>> swell(5, 4, 0.5, 0.5).round(2).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    time = np.arange(samples) / sample_rate
    rise = np.clip(time / max(attack, 1e-9), 0.0, 1.0)
    fall = np.clip(((samples - 1) / sample_rate - time) / max(release, 1e-9), 0.0, 1.0)
    return 0.25 * (1.0 - np.cos(np.pi * rise)) * (1.0 - np.cos(np.pi * fall))


def strike(samples: int, sample_rate: int, attack: float, t60: float) -> Signal:
    """A blow: linear rise over `attack` seconds, then exponential decay by 60 dB in `t60` seconds.

    >>> strike(3, 10, 0.0, 0.1).round(4).tolist()
    [1.0, 0.001, 0.0]
    """
    time = np.arange(samples) / sample_rate
    decay = np.exp(-np.log(1000.0) / t60 * time)
    blow: Signal = decay * np.minimum(1.0, time / attack) if attack > 0 else decay
    return blow
