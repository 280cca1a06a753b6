"""Voices without words: a crying baby and laughter."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, contour, strike, swell
from sepbench.corpora.synthesis.events import LATEST_FIRST, add
from sepbench.corpora.synthesis.noise import band
from sepbench.corpora.synthesis.room import in_room
from sepbench.corpora.synthesis.vocal_tract import Larynx, Tract, call

BABY = Tract(
    ((900, 2300, 3900, 6000), (1200, 2700, 4300, 6300), (1000, 2500, 4100, 6000)),
    (220, 300, 420, 700),
    (0, 1, -1, -6),
    0.05,
)
LAUGHS = ((720, 1250, 2600, 3600), (520, 1750, 2500, 3600), (470, 900, 2400, 3500), (640, 1500, 2550, 3600))
"""Formants of "ha", "he", "ho" and a vowel between them."""


def baby_cry(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Wails of about a second on one breath each, arching in pitch near 450 Hz, with a gasp before the next.

    A newborn's larynx is small and pressed hard: strong harmonics up to 8 kHz, now and then breaking into roughness.
    """
    base, tract = rng.uniform(360.0, 540.0), BABY.scaled(rng.uniform(0.92, 1.1))
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.25:
        length = int(rng.uniform(0.45, 1.3) * sample_rate)
        arch = rng.uniform(1.1, 1.35)
        pitch = near(rng, base, 0.05) * contour([0.78, arch, near(rng, arch, 0.05), arch * 0.95, 0.72], length)
        loudness = swell(length, sample_rate, 0.09, 0.18) * contour([0.7, 1.0, 0.95, 0.8], length)
        rough = rng.uniform(0.02, 0.05) if rng.uniform() < 0.3 else 0.004
        larynx = Larynx(3300.0, 0.06, rough, 0.25, rng.uniform(6.0, 11.0))
        add(sound, call(rng, pitch, loudness, sample_rate, tract, larynx), now, sample_rate, near(rng, 1.0, 0.2))
        now += length / sample_rate + rng.uniform(0.05, 0.12)
        gasp = int(rng.uniform(0.15, 0.3) * sample_rate)
        hiss = band(rng, gasp, sample_rate, 1500.0, 5500.0) * swell(gasp, sample_rate, 0.08, 0.08)
        add(sound, hiss, now, sample_rate, rng.uniform(0.03, 0.12))
        now += gasp / sample_rate + rng.uniform(0.02, 0.35)
    return in_room(sound, rng, sample_rate, rng.uniform(0.25, 0.7), 0.06)


def laughter(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Bouts of "ha ha" or "he he": about five notes a second, each a breath and a vowel, that sink and fade.

    Rates and courses after Bachorowski, Smoski and Owren (JASA 2001).
    """
    base = log_uniform(rng, 150.0, 420.0)
    mouth = Tract((pick(rng, LAUGHS),), (110, 130, 200, 300), (0, -5, -11, -17), 0.03)
    tract = mouth.scaled((base / 160.0) ** 0.25)
    beat = 1.0 / rng.uniform(4.2, 6.0)
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.3:
        notes = int(rng.integers(5, 12))
        for number in range(notes):
            fading = 1.0 - 0.6 * number / notes
            length = int(near(rng, beat * (1.3 if number == 0 else 0.55), 0.1) * sample_rate)
            start = near(rng, base * (1.35 - 0.4 * number / notes), 0.05)
            pitch = start * contour([0.95, 1.05, 0.85], length)
            loudness = swell(length, sample_rate, 0.03, 0.06) * (0.4 + 0.6 * fading)
            note = call(rng, pitch, loudness, sample_rate, tract, Larynx(1700.0, 0.15, 0.008))
            breath = band(rng, int(0.09 * sample_rate), sample_rate, 700.0, 4500.0)
            breath *= strike(len(breath), sample_rate, 0.04, 0.15)
            add(sound, breath, now, sample_rate, 0.12 * fading)
            add(sound, note, now + 0.045, sample_rate, fading)
            now += near(rng, max(beat, length / sample_rate + 0.06), 0.05)
        inhale = int(rng.uniform(0.25, 0.45) * sample_rate)
        hiss = band(rng, inhale, sample_rate, 900.0, 4000.0) * swell(inhale, sample_rate, 0.12, 0.1)
        add(sound, hiss, now + 0.08, sample_rate, 0.08)
        now += inhale / sample_rate + rng.uniform(0.15, 0.4)
    return in_room(sound, rng, sample_rate, rng.uniform(0.25, 0.8), 0.06)
