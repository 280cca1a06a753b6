"""The place a sound is heard in: a diffuse tail after the direct sound.

Above a few hundred hertz a room's answer is exponentially decaying Gaussian noise (Schroeder, 1962) that loses its
treble first, since walls and air absorb more of it.
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.envelopes import Signal, strike


def in_room(sound: Signal, rng: np.random.Generator, sample_rate: int, t60: float, share: float) -> Signal:
    """`sound` with a tail of reverberation time `t60` seconds, holding `share` times the direct sound's energy."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = min(int(t60 * sample_rate), len(sound))
    bright = rng.standard_normal(length) * strike(length, sample_rate, 0.005, t60 * 0.45)
    dull = rng.standard_normal(length) * strike(length, sample_rate, 0.005, t60)
    smooth = np.convolve(dull, np.hanning(10)[1:-1], mode="same")  # a low pass at about 5 kHz
    tail = bright / np.sqrt(np.sum(bright * bright)) + 1.5 * smooth / np.sqrt(np.sum(smooth * smooth))
    tail *= np.sqrt(share / np.sum(tail * tail))
    size = next_fast_len(len(sound) + length, real=True)
    echo: Signal = irfft(rfft(sound, size) * rfft(tail, size), size)
    return sound + echo[: len(sound)]
