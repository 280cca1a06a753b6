"""Mel filter banks that metrics, baselines, embedders and networks share.

Slaney's (Auditory Toolbox, 1998) is linear below 1 kHz and logarithmic above, each filter of unit area: librosa's
default. HTK's is logarithmic throughout, each filter of height one: torchaudio's default.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Bank = NDArray[np.float64]

LINEAR_HZ_PER_MEL = 200 / 3
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27
HTK_MELS, HTK_HZ = 2595.0, 700.0


@lru_cache(maxsize=64)
def mel_bank(sample_rate: int, window: int, bands: int, low_hz: float = 0.0, high_hz: float | None = None) -> Bank:
    """Slaney's filter bank.

    Returns:
        ``(bands, window // 2 + 1)``, read-only.

    >>> bank = mel_bank(16000, 512, 64, 50.0, 8000.0)
    >>> bank.shape, round(float(bank.max()), 4)
    ((64, 257), 0.0216)
    """
    top = sample_rate / 2 if high_hz is None else high_hz
    edges = _to_hz(np.linspace(_to_mel(low_hz), _to_mel(top), bands + 2))
    bank = _triangles(edges, sample_rate, window) * (2 / (edges[2:] - edges[:-2]))[:, None]
    bank.setflags(write=False)  # one array serves every caller
    return bank


@lru_cache(maxsize=64)
def htk_mel_bank(sample_rate: int, window: int, bands: int, low_hz: float, high_hz: float) -> Bank:
    """HTK's filter bank, mel = 2595 log10(1 + hz / 700).

    Returns:
        ``(bands, window // 2 + 1)``, read-only.

    >>> bank = htk_mel_bank(48000, 1024, 64, 50.0, 14000.0)
    >>> bank.shape, round(float(bank.max()), 4)
    ((64, 513), 0.9976)
    """
    low, high = (HTK_MELS * np.log10(1 + hz / HTK_HZ) for hz in (low_hz, high_hz))
    edges = HTK_HZ * (10 ** (np.linspace(low, high, bands + 2) / HTK_MELS) - 1)
    bank = _triangles(edges, sample_rate, window)
    bank.setflags(write=False)  # one array serves every caller
    return bank


def _triangles(edges: Bank, sample_rate: int, window: int) -> Bank:
    """Filters of height one that rise from each edge to the next and fall to the one after it."""
    bins = np.arange(window // 2 + 1) * sample_rate / window
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


def _to_mel(hz: float) -> float:
    return hz / LINEAR_HZ_PER_MEL if hz < BREAK_HZ else float(BREAK_MEL + np.log(hz / BREAK_HZ) / LOG_STEP)


def _to_hz(mel: Bank) -> Bank:
    return np.where(mel < BREAK_MEL, mel * LINEAR_HZ_PER_MEL, BREAK_HZ * np.exp(LOG_STEP * (mel - BREAK_MEL)))
