"""Bodies that ring: banks of decaying partials (modal synthesis) and resonances that may move (formants).

Modal synthesis after Adrien (1991) and Cook, "Real Sound Synthesis" (2002), chapter 4: a struck body answers with a sum
of exponentially decaying sines. Decay times are T60: seconds until the amplitude has fallen by 60 dB.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sepbench.corpora.synthesis.envelopes import Signal

BLOCK = 512
FRAME_SECONDS = 0.032


def decaying_partials(
    samples: int, sample_rate: int, frequencies: ArrayLike, t60s: ArrayLike, amplitudes: ArrayLike
) -> Signal:
    """Sum of a_p exp(-s_p t) sin(2 pi f_p t), each cut once 80 dB down and left out above the Nyquist frequency.

    With z = exp(j w - s), z^(m B + n) = (z^B)^m z^n: an outer product of two short sequences replaces one sine and one
    exponential per sample. The outer products are summed one by one, not by BLAS, whose order depends on its threads.

    >>> decaying_partials(4, 8, [2.0], [1e9], [1.0]).round(3).tolist()
    [0.0, 1.0, 0.0, -1.0]
    """
    total = np.zeros(-(-samples // BLOCK) * BLOCK)
    shared = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, np.float64)) for a in (frequencies, t60s, amplitudes)))
    for frequency, t60, amplitude in zip(*shared, strict=True):
        if frequency >= 0.49 * sample_rate or amplitude == 0.0:
            continue
        blocks = min(len(total) // BLOCK, int(t60 * sample_rate * 4 / 3 / BLOCK) + 1)
        rate = complex(-np.log(1000.0) / t60, 2.0 * np.pi * frequency) / sample_rate
        coarse = amplitude * np.exp(rate * BLOCK * np.arange(blocks))
        fine = np.exp(rate * np.arange(BLOCK))
        part = coarse.real[:, None] * fine.imag + coarse.imag[:, None] * fine.real
        total[: blocks * BLOCK] += part.reshape(-1)
    return total[:samples]


def _response(frequency: Signal, centres: Signal, bandwidths: Signal, gains: Signal) -> NDArray[np.complex128]:
    """Sum of resonances g f_c B / (f_c^2 - f^2 + j f B), unit at their centres; shape (knots, bins).

    The first has a flat foot (low pass), so that the fundamental survives; the others have f in place of f_c (band
    pass).
    """
    total = np.zeros((len(centres), len(frequency)), dtype=np.complex128)
    square = frequency * frequency
    for index, (bandwidth, gain) in enumerate(zip(bandwidths, gains, strict=True)):
        centre = centres[:, index, None]
        below = np.empty(total.shape, dtype=np.complex128)
        np.subtract(centre * centre, square, out=below.real)
        below.imag = frequency * bandwidth
        total += (gain * bandwidth) * (centre if index == 0 else frequency) / below
    return total


def resonances(
    signal: Signal, sample_rate: int, centres: ArrayLike, bandwidths: Sequence[float], gains: Sequence[float]
) -> Signal:
    """`signal` through parallel resonances that stand still or move.

    Args:
        signal: shape (time,).
        sample_rate: of `signal`, in Hz.
        centres: Hz, shape (resonances,) or (knots, resonances) with knots evenly spread over the signal.
        bandwidths: Hz at -3 dB, one per resonance.
        gains: linear, one per resonance.

    Moving ones: Hann frames with half overlap sum to one; each is convolved with the resonances of its own moment.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    knots = np.atleast_2d(np.asarray(centres, np.float64))
    widths, levels = np.asarray(bandwidths, np.float64), np.asarray(gains, np.float64)
    if len(knots) == 1:
        size = next_fast_len(len(signal) + int(0.1 * sample_rate), real=True)
        frequency = np.arange(size // 2 + 1, dtype=np.float64) * (sample_rate / size)
        whole: Signal = irfft(rfft(signal, size) * _response(frequency, knots, widths, levels)[0], size)
        return whole[: len(signal)]
    hop = int(FRAME_SECONDS * sample_rate / 2)
    count = -(-len(signal) // hop) + 1
    padded = np.zeros((count + 1) * hop)
    padded[hop : hop + len(signal)] = signal
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop] * window
    size = next_fast_len(4 * hop, real=True)
    frequency = np.arange(size // 2 + 1, dtype=np.float64) * (sample_rate / size)
    place = np.linspace(0.0, len(knots) - 1.0, count)
    moving = np.stack([np.interp(place, np.arange(len(knots)), column) for column in knots.T], axis=1)
    spectra: NDArray[np.complex128] = rfft(frames, size)
    answers = irfft(spectra * _response(frequency, moving, widths, levels), size)[:, : 4 * hop]
    total = np.zeros((count + 3, hop))
    for quarter in range(4):
        total[quarter : quarter + count] += answers[:, quarter * hop : (quarter + 1) * hop]
    return total.reshape(-1)[hop : hop + len(signal)]
