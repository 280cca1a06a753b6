"""Noise of any long-term spectrum, and fixed equalisation, both by one FFT over the whole signal.

A spectrum is a list of (Hz, dB) points, joined by straight lines over log frequency. The filters have zero phase; their
tails are far shorter than the padding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepbench.corpora.synthesis.envelopes import Signal

PADDING_SECONDS = 0.04
Points = Sequence[tuple[float, float]]


def equalised(signal: Signal, sample_rate: int, points: Points) -> Signal:
    """`signal` through a filter whose gain in dB follows `points`, falling by 12 dB per octave below the first."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = next_fast_len(len(signal) + int(PADDING_SECONDS * sample_rate), real=True)
    frequency = np.arange(length // 2 + 1) * (sample_rate / length)
    hertz, decibels = zip(*points, strict=True)
    gain = 10.0 ** (np.interp(np.log(np.maximum(frequency, 1e-3)), np.log(hertz), decibels) / 20.0)
    gain *= np.minimum(1.0, frequency / hertz[0]) ** 2
    filtered: Signal = irfft(rfft(signal, length) * gain, length)[: len(signal)]
    return filtered


def coloured(signal: Signal, rng: np.random.Generator, sample_rate: int, decibels: float) -> Signal:
    """`signal` as another microphone hears it from another place: a smooth random equaliser of that many dB RMS."""
    knots = (60.0, 200.0, 630.0, 2000.0, 6300.0, 14000.0)
    slope = rng.standard_normal() * np.linspace(-1.0, 1.0, len(knots))
    levels = decibels * np.clip(slope + 0.6 * rng.standard_normal(len(knots)), -2.0, 2.0)
    return equalised(signal, sample_rate, [(hertz, float(level)) for hertz, level in zip(knots, levels, strict=True)])


def unit(signal: Signal) -> Signal:
    """`signal` scaled to an RMS of one; silence stays silence.

    >>> unit(np.array([3.0, -3.0])).tolist()
    [1.0, -1.0]
    """
    rms = float(np.sqrt(np.mean(np.square(signal))))
    return signal / rms if rms > 0 else signal


def shaped(rng: np.random.Generator, samples: int, sample_rate: int, points: Points) -> Signal:
    """Gaussian noise of unit RMS with the spectrum `points`.

    >>> hiss = shaped(np.random.default_rng(0), 8000, 16000, ((100, -40), (1000, 0)))
    >>> round(float(np.sqrt(np.mean(hiss**2))), 6)
    1.0
    """
    return unit(equalised(rng.standard_normal(samples), sample_rate, points))


def band(rng: np.random.Generator, samples: int, sample_rate: int, low: float, high: float) -> Signal:
    """Gaussian noise of unit RMS between `low` and `high` Hz, falling by 24 dB per octave outside."""
    points = ((low / 4, -48.0), (low, 0.0), (high, 0.0), (high * 4, -48.0))
    return shaped(rng, samples, sample_rate, points)


def octaves(rng: np.random.Generator, samples: int, sample_rate: int, centres: Sequence[float]) -> list[Signal]:
    """Independent bands of Gaussian noise, each of unit RMS, that overlap without gap or ridge.

    Between two neighbouring `centres` the weights are cos and sin of one angle over log frequency, so powers add up.

    >>> [len(band) for band in octaves(np.random.default_rng(0), 800, 16000, (500.0, 1000.0))]
    [800, 800]
    """
    from scipy.fft import irfft, next_fast_len, rfft

    length = next_fast_len(samples, real=True)
    spectrum = rfft(rng.standard_normal(length))
    place = np.log(np.maximum(np.arange(len(spectrum)) * (sample_rate / length), 1e-3))
    logs = np.log(np.asarray(centres, dtype=np.float64))
    nearest = np.interp(place, logs, np.arange(len(logs)))
    outside = np.exp(-2.0 * np.maximum(0.0, np.maximum(logs[0] - place, place - logs[-1])))
    bands = []
    for index in range(len(logs)):
        weight = np.cos(np.minimum(1.0, np.abs(nearest - index)) * np.pi / 2.0) * outside
        bands.append(unit(irfft(spectrum * weight, length)[:samples]))
    return bands
