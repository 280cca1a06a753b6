"""Slaney's mel filter bank (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above, each filter of unit area;
equal to librosa's default. Metrics, baselines and networks share it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Bank = NDArray[np.float64]

LINEAR_HZ_PER_MEL = 200 / 3
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27


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
    bins = np.arange(window // 2 + 1) * sample_rate / window
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    bank = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    bank.setflags(write=False)  # one array serves every caller
    return bank


def _to_mel(hz: float) -> float:
    return hz / LINEAR_HZ_PER_MEL if hz < BREAK_HZ else float(BREAK_MEL + np.log(hz / BREAK_HZ) / LOG_STEP)


def _to_hz(mel: Bank) -> Bank:
    return np.where(mel < BREAK_MEL, mel * LINEAR_HZ_PER_MEL, BREAK_HZ * np.exp(LOG_STEP * (mel - BREAK_MEL)))
