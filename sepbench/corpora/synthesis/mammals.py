"""Dog, cat, sheep and cow: larynx and mouth of different sizes, and the course of pitch that tells them apart."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near
from sepbench.corpora.synthesis.envelopes import Signal, contour, swell, wander
from sepbench.corpora.synthesis.events import LATEST_FIRST, add
from sepbench.corpora.synthesis.room import in_room
from sepbench.corpora.synthesis.vocal_tract import Larynx, Tract, call

DOG = Tract(
    ((500, 1300, 2300, 3800), (850, 1500, 2500, 4000), (600, 1300, 2300, 3800)),
    (280, 350, 500, 900),
    (0, -3, -8, -14),
    0.08,
)
CAT = Tract(
    ((600, 2300, 3600, 5500), (1000, 1900, 3500, 5500), (1150, 1700, 3400, 5500), (750, 1200, 3200, 5200)),
    (220, 280, 400, 800), (0, 2, -3, -8), 0.05,
)  # fmt: skip
SHEEP = Tract(
    ((700, 1500, 2600, 3800), (850, 1750, 2700, 3900), (750, 1550, 2600, 3800)), (160, 220, 320, 600), (0, -1, -6, -12)
)
COW = Tract(
    ((260, 650, 1900, 2900), (430, 850, 2000, 3000), (620, 1050, 2100, 3000), (380, 800, 1900, 2900)),
    (110, 150, 260, 400),
    (0, -4, -14, -20),
    0.03,
)


def dog_bark(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Barks, single or in pairs: a burst of voice whose pitch leaps up and drops, hoarse at its loudest."""
    size = rng.uniform(0.0, 1.0)
    pitch_top = 800.0 * (280.0 / 800.0) ** size
    tract = DOG.scaled(1.35 - 0.6 * size)
    rest = rng.uniform(0.28, 0.75)
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.1:
        length = int(rng.uniform(0.11, 0.2) * (0.9 + 0.4 * size) * sample_rate)
        top = near(rng, pitch_top, 0.06)
        pitch = contour([top * 0.55, top * 0.95, top, top * 0.8, top * 0.5], length)
        loudness = swell(length, sample_rate, 0.018, 0.6 * length / sample_rate)
        larynx = Larynx(2000.0, rng.uniform(0.15, 0.4), rng.uniform(0.01, 0.05))
        add(sound, call(rng, pitch, loudness, sample_rate, tract, larynx), now, sample_rate, near(rng, 1.0, 0.2))
        now += length / sample_rate + near(rng, rest, 0.3) * (0.35 if rng.uniform() < 0.35 else 1.0)
    return in_room(sound, rng, sample_rate, rng.uniform(0.3, 1.0), 0.06)


def cat_meow(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Meows: the mouth opens from "mi" to "a" and closes to "u" while the pitch arches and sinks."""
    base, tract = log_uniform(rng, 380.0, 720.0), CAT.scaled(rng.uniform(0.85, 1.2))
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.3:
        length = int(rng.uniform(0.45, 1.15) * sample_rate)
        level = near(rng, base, 0.08)
        pitch = contour([level * 0.9, level * 1.15, level * rng.uniform(1.15, 1.35), level * 1.1, level * 0.8], length)
        loudness = swell(length, sample_rate, 0.12, 0.3) * contour([0.5, 0.9, 1.0, 0.8, 0.4], length)
        larynx = Larynx(3300.0, 0.05, 0.004, rng.uniform(0.0, 0.2), rng.uniform(18.0, 30.0))
        add(sound, call(rng, pitch, loudness, sample_rate, tract, larynx), now, sample_rate, near(rng, 1.0, 0.2))
        now += length / sample_rate + rng.uniform(0.25, 0.9)
    return in_room(sound, rng, sample_rate, rng.uniform(0.2, 0.6), 0.05)


def sheep_bleat(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Bleats: a nasal, open vowel chopped by a strong tremor of 7 to 13 Hz; lambs are high and short, rams low."""
    base = log_uniform(rng, 150.0, 420.0)
    tract, rate = SHEEP.scaled((base / 250.0) ** 0.3), rng.uniform(7.0, 13.0)
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.3:
        length = int(rng.uniform(0.55, 1.3) * sample_rate)
        time = np.arange(length) / sample_rate
        shake = 1.0 + rng.uniform(0.02, 0.05) * np.sin(2 * np.pi * rate * time)
        pitch = near(rng, base, 0.07) * contour([0.92, 1.05, 1.0, 0.95, 0.85], length) * shake
        loudness = swell(length, sample_rate, 0.06, 0.15)
        larynx = Larynx(2400.0, 0.08, 0.015, rng.uniform(0.5, 0.85), rate)
        add(sound, call(rng, pitch, loudness, sample_rate, tract, larynx), now, sample_rate, near(rng, 1.0, 0.25))
        now += length / sample_rate + rng.uniform(0.3, 1.1)
    return in_room(sound, rng, sample_rate, rng.uniform(0.3, 0.9), 0.05)


def cow_moo(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Long moos: the closed mouth hums, opens wide while the pitch climbs, and closes again; rough in the middle."""
    base, tract = log_uniform(rng, 85.0, 170.0), COW.scaled(rng.uniform(0.85, 1.15))
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.5:
        length = int(rng.uniform(1.2, 2.4) * sample_rate)
        peak = rng.uniform(1.25, 1.7)
        pitch = near(rng, base, 0.05) * contour([0.9, 1.0, peak, peak * 1.02, peak * 0.85, 0.9], length)
        loudness = swell(length, sample_rate, 0.25, 0.35) * contour([0.45, 0.7, 1.0, 0.95, 0.6], length)
        loudness *= 1.0 + 0.08 * wander(rng, length, sample_rate, 30.0)
        larynx = Larynx(1500.0, 0.06, rng.uniform(0.008, 0.025), rng.uniform(0.0, 0.25), rng.uniform(20.0, 32.0))
        add(sound, call(rng, pitch, np.clip(loudness, 0, 1), sample_rate, tract, larynx), now, sample_rate)
        now += length / sample_rate + rng.uniform(0.3, 0.9)
    return in_room(sound, rng, sample_rate, rng.uniform(0.5, 1.2), 0.06)
