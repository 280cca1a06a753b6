"""Resampling as Octave's signal package does it: part of STOI's recipe, and of nothing else here.

A polyphase filter: sinc at the lower of both rates under a Kaiser window, 60 dB of rejection, a roll-off of a tenth of
the cut-off.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, gcd

import numpy as np

from sepbench.metrics.metric import Signal

REJECTION_DB = 60.0


def resample_octave(signal: Signal, source_rate: int, target_rate: int) -> Signal:
    """Resample ``(time,)``; untouched at equal rates.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> resample_octave(tone, 16000, 10000).shape
    (10000,)
    """
    if source_rate == target_rate:
        return signal
    from scipy.signal import resample_poly

    common = gcd(source_rate, target_rate)
    up, down = target_rate // common, source_rate // common
    # The stubs know only named windows; scipy documents an array as the filter itself.
    resampled: Signal = resample_poly(signal, up, down, window=_filter(up, down))  # type: ignore[call-overload]
    return resampled


@lru_cache(maxsize=8)
def _filter(up: int, down: int) -> Signal:
    """Taps of unit sum; Kaiser's formulas for length and shape."""
    cutoff = 1 / (2 * max(up, down))
    half = ceil((REJECTION_DB - 8) / (28.714 * cutoff / 10))
    beta = 0.1102 * (REJECTION_DB - 8.7)
    taps = np.kaiser(2 * half + 1, beta) * np.sinc(2 * cutoff * np.arange(-half, half + 1))
    normed: Signal = taps / taps.sum()
    return normed
