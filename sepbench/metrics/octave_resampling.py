"""Resampling as Octave's signal package does it: part of STOI's recipe, and of nothing else here.

A polyphase filter: sinc at the lower of both rates under a Kaiser window, 60 dB of rejection, a roll-off of a tenth of
the cut-off. Rates with a large common divisor repeat soon, so stretches of the signal are the rows of a matrix and the
filter's phases the columns of another; their product is several times faster than filtering.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Signal

REJECTION_DB = 60.0
STRETCH = 64
"""Samples a row of the product begins after the one before, at least: fewer are more rows, more are more zeros."""
ROWS = 128
"""Rows multiplied at a time, which stay in the processor's cache."""
LARGEST_PHASES = 1 << 20
"""Entries of the phases' matrix; 8 MB."""


def resample_octave(signal: Signal, source_rate: int, target_rate: int) -> Signal:
    """Resample ``(time,)``; untouched at equal rates.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> resample_octave(tone, 16000, 10000).shape
    (10000,)
    """
    if source_rate == target_rate:
        return signal
    common = gcd(source_rate, target_rate)
    up, down = target_rate // common, source_rate // common
    periods = ceil(STRETCH / down)
    if periods * up * _reach(up, down, periods) > LARGEST_PHASES:
        return _filtered(signal, up, down)
    phases = _phases(up, down, periods)
    samples = ceil(len(signal) * up / down)
    rows = ceil(samples / (periods * up))
    before = _half(up, down) // up
    padded = np.zeros(before + max(len(signal), (rows - 1) * periods * down + len(phases)))
    padded[before : before + len(signal)] = signal
    stretches = np.lib.stride_tricks.sliding_window_view(padded, len(phases))[:: periods * down]
    resampled = np.empty((rows, periods * up))
    for start in range(0, rows, ROWS):
        chosen = slice(start, min(start + ROWS, rows))
        np.matmul(np.ascontiguousarray(stretches[chosen]), phases, out=resampled[chosen])
    return resampled.ravel()[:samples]


def _filtered(signal: Signal, up: int, down: int) -> Signal:
    from scipy.signal import resample_poly

    # The stubs know only named windows; scipy documents an array as the filter itself.
    resampled: Signal = resample_poly(signal, up, down, window=_filter(up, down))  # type: ignore[call-overload]
    return resampled


def _reach(up: int, down: int, periods: int) -> int:
    """Samples that the outputs of so many periods depend on."""
    half = _half(up, down)
    return half // up + ((periods * up - 1) * down + half) // up + 1


@lru_cache(maxsize=8)
def _phases(up: int, down: int, periods: int) -> NDArray[np.float64]:
    """What each sample of a stretch ``(reach,)`` adds to each output of its periods ``(periods * up,)``."""
    half = _half(up, down)
    inputs = np.arange(_reach(up, down, periods)) - half // up
    taps = half + np.arange(periods * up) * down - inputs[:, None] * up
    inside = (taps >= 0) & (taps <= 2 * half)
    return np.where(inside, up * _filter(up, down)[np.clip(taps, 0, 2 * half)], 0.0)


def _half(up: int, down: int) -> int:
    """Taps on either side of the filter's middle; Kaiser's formula."""
    cutoff = 1 / (2 * max(up, down))
    return ceil((REJECTION_DB - 8) / (28.714 * cutoff / 10))


@lru_cache(maxsize=8)
def _filter(up: int, down: int) -> Signal:
    """Taps of unit sum; Kaiser's formula for their shape."""
    cutoff, half = 1 / (2 * max(up, down)), _half(up, down)
    beta = 0.1102 * (REJECTION_DB - 8.7)
    taps = np.kaiser(2 * half + 1, beta) * np.sinc(2 * cutoff * np.arange(-half, half + 1))
    normed: Signal = taps / taps.sum()
    return normed
