"""Short-time spectra and mel filter banks: the front end that the spectral metrics share.

Conventions: magnitudes of shape ``(bins, frames)``, frames centred on multiples of the hop, periodic Hann window; numpy
float64. The filter bank is Slaney's (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above, each filter of
unit area; equal to librosa's default.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Signal, Undefined

Magnitudes = NDArray[np.float64]
Padding = Literal["reflect", "constant"]

LINEAR_HZ_PER_MEL = 200 / 3
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27


@lru_cache(maxsize=32)
def hann(length: int) -> Signal:
    """Periodic Hann window, ``(length,)``."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def stft_magnitude(signal: Signal, *, window: int, hop: int, padding: Padding) -> Magnitudes:
    """Magnitudes of the centred short-time Fourier transform.

    Args:
        signal: ``(time,)``.
        window: samples of window and transform.
        hop: samples between frames.
        padding: what half a window of padding on each side holds: zeros, or the signal mirrored.

    Returns:
        ``(window // 2 + 1, 1 + time // hop)``.

    Raises:
        Undefined: ``too_short`` where mirroring needs more samples than there are.

    >>> stft_magnitude(np.ones(1000), window=256, hop=100, padding="reflect").shape
    (129, 11)
    """
    half = window // 2
    if padding == "reflect" and len(signal) <= half:
        raise Undefined("too_short", f"{len(signal)} samples are less than half a window of {window}")
    padded = np.pad(signal, half, mode=padding)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[: 1 + len(signal) // hop * hop : hop]
    return np.abs(np.fft.rfft(frames * hann(window), axis=1)).T


@lru_cache(maxsize=64)
def mel_bank(
    sample_rate: int, window: int, bands: int, low_hz: float = 0.0, high_hz: float | None = None
) -> Magnitudes:
    """Slaney's filter bank.

    Returns:
        ``(bands, window // 2 + 1)``, read-only.

    >>> bank = mel_bank(16000, 512, 64, 50.0, 8000.0)
    >>> bank.shape, round(float(bank.max()), 4)
    ((64, 257), 0.0216)
    """
    top = sample_rate / 2 if high_hz is None else high_hz
    edges = _to_hz(np.linspace(_to_mel(low_hz), _to_mel(top), bands + 2))
    bins = np.arange(window // 2 + 1) * sample_rate / window
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    bank = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    bank.setflags(write=False)  # one array serves every caller
    return bank


def _to_mel(hz: float) -> float:
    return hz / LINEAR_HZ_PER_MEL if hz < BREAK_HZ else float(BREAK_MEL + np.log(hz / BREAK_HZ) / LOG_STEP)


def _to_hz(mel: Signal) -> Signal:
    return np.where(mel < BREAK_MEL, mel * LINEAR_HZ_PER_MEL, BREAK_HZ * np.exp(LOG_STEP * (mel - BREAK_MEL)))
