"""Periodic sources without aliasing, driven by a frequency curve in Hz of shape ``(time,)``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepbench.corpora.synthesis.envelopes import Signal

ALIAS_NEPERS = 4.6
"""A pulse train's spectrum has fallen by at least so much (40 dB) at the Nyquist frequency."""


def phase(frequency: Signal, sample_rate: int) -> Signal:
    """The running phase in radians of an oscillator at `frequency`."""
    return np.cumsum(frequency) * (2.0 * np.pi / sample_rate)


def pulse_train(frequency: Signal, sample_rate: int, roll_off: float | Signal) -> Signal:
    """Pulses with harmonics falling as exp(-f / roll_off), of unit RMS and no mean.

    Moorer's closed form (JAES 24, 1976): sum over k >= 1 of r^k cos(k p) = (r cos p - r^2) / (1 - 2 r cos p + r^2)
    with r = exp(-f0 / roll_off). `roll_off` in Hz is capped where harmonics would fold back.

    >>> train = pulse_train(np.full(16000, 100.0), 16000, 500.0)
    >>> round(float(np.std(train)), 2), round(abs(float(np.mean(train))), 2)
    (1.0, 0.0)
    """
    capped = np.minimum(roll_off, sample_rate / 2 / ALIAS_NEPERS)
    ratio = np.exp(-frequency / capped)
    square = ratio * ratio
    cosine = ratio * np.cos(phase(frequency, sample_rate))
    level = np.sqrt(square / (2.0 * (1.0 - square)))
    train: Signal = (cosine - square) / ((1.0 - 2.0 * cosine + square) * level)
    return train


def harmonics(frequency: Signal, sample_rate: int, amplitudes: Sequence[float]) -> Signal:
    """A few harmonics of given amplitudes; those above the Nyquist frequency are left out.

    cos(k p) comes from the Chebyshev recurrence cos(k p) = 2 cos p cos((k-1) p) - cos((k-2) p).

    >>> harmonics(np.full(3, 1.0), 6, (1.0, 0.5)).round(3).tolist()
    [0.25, -0.75, -0.5]
    """
    angle = phase(frequency, sample_rate)
    first = np.cos(angle)
    before, now = np.ones_like(first), first
    total = np.zeros_like(first)
    audible = min(len(amplitudes), int(0.48 * sample_rate / float(frequency.max())))
    for amplitude in amplitudes[:audible]:
        total += amplitude * now
        before, now = now, 2.0 * first * now - before
    return total
