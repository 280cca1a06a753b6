"""Crickets and frogs: trains of short pulses at a carrier that body size sets."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near
from sepbench.corpora.synthesis.envelopes import Signal, contour, swell, wander
from sepbench.corpora.synthesis.events import LATEST_FIRST, add
from sepbench.corpora.synthesis.noise import band, equalised
from sepbench.corpora.synthesis.oscillators import harmonics
from sepbench.corpora.synthesis.resonators import resonances
from sepbench.corpora.synthesis.room import in_room


def _chirp(rng: np.random.Generator, sample_rate: int, carrier: float, pulses: int, rate: float) -> Signal:
    """Strokes of the wing's file: each is a pulse of the resonant wing, sinking a little in pitch."""
    length = int(0.72 / rate * sample_rate)
    pitch = contour([carrier * 1.01, carrier * 0.985], length)
    stroke = harmonics(pitch, sample_rate, (1.0, 0.06, 0.03)) * swell(length, sample_rate, 0.3 / rate, 0.4 / rate)
    chirp = np.zeros(int((pulses + 1) / rate * sample_rate))
    for number in range(pulses):
        add(chirp, stroke, number / rate, sample_rate, min(1.0, 0.55 + 0.25 * number))
    return chirp


def crickets(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Some crickets, each with carrier (3.8 to 6 kHz), pulse rate and chirp rate of its own; some trill on."""
    sound = np.zeros(samples)
    warmth = rng.uniform(0.8, 1.25)  # all keep time with the temperature (Dolbear's law)
    for number in range(int(rng.integers(3, 9))):
        carrier, rate = log_uniform(rng, 3800.0, 6000.0), warmth * rng.uniform(24.0, 42.0)
        pulses = int(rng.integers(3, 6)) if number or rng.uniform() < 0.7 else int(rng.integers(20, 60))
        chirp = _chirp(rng, sample_rate, carrier, pulses, rate)
        gap = rng.uniform(0.15, 0.4) / warmth
        now = rng.uniform(0.0, LATEST_FIRST)
        loudness = 1.0 if number == 0 else log_uniform(rng, 0.1, 0.7)
        while now < samples / sample_rate:
            add(sound, chirp, now, sample_rate, loudness * near(rng, 1.0, 0.08))
            now += len(chirp) / sample_rate + near(rng, gap, 0.06)
    meadow = band(rng, samples, sample_rate, 3900.0, 6200.0) * np.exp(0.15 * wander(rng, samples, sample_rate, 6.0))
    return in_room(sound, rng, sample_rate, 0.5, 0.03) + log_uniform(rng, 0.02, 0.12) * meadow


def _croak(rng: np.random.Generator, sample_rate: int, throat: float, rate: float, seconds: float) -> Signal:
    """One croak: the glottis opens `rate` times a second and every opening rings the vocal sac and the mouth."""
    samples = int(seconds * sample_rate)
    clicks = np.zeros(samples)
    now = 0.0
    while now < seconds - 0.02:
        clicks[int(now * sample_rate)] = near(rng, 1.0, 0.15)
        # The air runs out: pulses come a little faster in the middle and slower at the end.
        now += near(rng, 1.0, 0.03) / (rate * (0.85 + 0.3 * np.sin(np.pi * now / seconds)))
    centres = [[throat * 0.9, throat * 2.1, throat * 3.4], [throat * 1.08, throat * 2.3, throat * 3.5]]
    voiced = resonances(clicks, sample_rate, centres, [throat * 0.14, throat * 0.2, throat * 0.4], [1.0, 0.8, 0.35])
    mouth = ((0.5 * throat, 0.0), (4.0 * throat, 0.0), (9.0 * throat, -24.0), (20.0 * throat, -50.0))
    return equalised(voiced, sample_rate, mouth) * swell(samples, sample_rate, 0.35 * seconds, 0.2 * seconds)


def frog_croak(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A frog calls over and over; a second one may answer from farther away."""
    sound = np.zeros(samples)
    for number in range(int(rng.integers(1, 3))):
        throat, rate = log_uniform(rng, 420.0, 1250.0), log_uniform(rng, 28.0, 75.0)
        seconds, rest = log_uniform(rng, 0.16, 0.6), rng.uniform(0.2, 0.7)
        croaks = [_croak(rng, sample_rate, near(rng, throat, 0.02), rate, near(rng, seconds, 0.08)) for _ in range(3)]
        now = rng.uniform(0.05, LATEST_FIRST)
        while now < samples / sample_rate - 0.1:
            croak = croaks[int(rng.integers(0, 3))]
            add(sound, croak, now, sample_rate, near(rng, 1.0 - 0.65 * number, 0.1))
            now += len(croak) / sample_rate + near(rng, rest, 0.15)
    return in_room(sound, rng, sample_rate, rng.uniform(0.4, 0.9), 0.06)
