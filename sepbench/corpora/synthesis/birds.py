"""Songbird, rooster and crow: the syrinx, from a pure whistle to a hoarse caw."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, contour, swell
from sepbench.corpora.synthesis.events import LATEST_FIRST, add
from sepbench.corpora.synthesis.oscillators import harmonics
from sepbench.corpora.synthesis.room import in_room
from sepbench.corpora.synthesis.vocal_tract import Larynx, Tract, call

ROOSTER = Tract(
    ((900, 1900, 3000, 4600), (1050, 2100, 3200, 4700), (950, 1900, 3000, 4600)),
    (300, 380, 500, 800),
    (0, 0, -5, -11),
    0.06,
)
CROW = Tract(
    ((1100, 1700, 2600, 4500), (1350, 2000, 2900, 4700), (1150, 1700, 2600, 4500)),
    (260, 320, 450, 900),
    (-3, 0, -4, -12),
    0.05,
)


def _whistle(rng: np.random.Generator, sample_rate: int, seconds: float, course: list[float]) -> Signal:
    """A whistled note: nearly a sine, its pitch following `course` (Hz) and its loudness one arch."""
    samples = max(64, int(seconds * sample_rate))
    pitch = contour(course, samples)
    return harmonics(pitch, sample_rate, (1.0, 0.05, 0.02)) * swell(
        samples, sample_rate, seconds * 0.35, seconds * 0.45
    )


def _motif(rng: np.random.Generator, sample_rate: int, centre: float) -> tuple[Signal, float, int]:
    """One element of a song, the gap after it and how often it is repeated: a sweep, a warble, a chirp or a trill."""
    centre = near(rng, centre, 0.12)
    kind = pick(rng, ("sweep", "warble", "chirp", "trill"))
    low, high = centre * rng.uniform(0.72, 0.95), centre * rng.uniform(1.05, 1.4)
    if kind == "sweep":
        course = [low, high] if rng.uniform() < 0.5 else [high, low]
        return (
            _whistle(rng, sample_rate, rng.uniform(0.1, 0.3), course),
            rng.uniform(0.05, 0.15),
            int(rng.integers(1, 4)),
        )
    if kind == "warble":
        course = [float(rng.uniform(low, high)) for _ in range(int(rng.integers(5, 9)))]
        return (
            _whistle(rng, sample_rate, rng.uniform(0.2, 0.45), course),
            rng.uniform(0.06, 0.2),
            int(rng.integers(1, 3)),
        )
    if kind == "chirp":
        return (
            _whistle(rng, sample_rate, rng.uniform(0.04, 0.09), [low, high, low]),
            rng.uniform(0.05, 0.12),
            int(rng.integers(2, 6)),
        )
    return (
        _whistle(rng, sample_rate, rng.uniform(0.025, 0.045), [high, low]),
        rng.uniform(0.015, 0.035),
        int(rng.integers(8, 18)),
    )


def bird_song(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A songbird repeats phrases made of few whistled elements between 2 and 7 kHz, with short rests."""
    centre = log_uniform(rng, 2800.0, 5200.0)
    repertoire = [_motif(rng, sample_rate, centre) for _ in range(int(rng.integers(3, 6)))]
    sound = np.zeros(samples)
    now = rng.uniform(0.02, LATEST_FIRST)
    while now < samples / sample_rate:
        for element in rng.permutation(len(repertoire))[: int(rng.integers(2, 5))]:
            note, gap, times = repertoire[element]
            for _ in range(times):
                add(sound, note, now, sample_rate, near(rng, 0.8, 0.2))
                now += len(note) / sample_rate + gap
        now += rng.uniform(0.15, 0.8)
    return in_room(sound, rng, sample_rate, rng.uniform(0.3, 0.8), 0.015)


def rooster_crow(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Cock-a-doodle-doo: three short notes climb, the last one is held and sinks into a growl."""
    base, tract = rng.uniform(480.0, 780.0), ROOSTER.scaled(rng.uniform(0.9, 1.15))
    pace = rng.uniform(0.85, 1.15)
    shapes = (
        (0.15, (0.75, 0.95, 0.9)),
        (0.2, (0.95, 1.25, 1.15)),
        (0.3, (1.1, 1.5, 1.35)),
        (0.95, (1.2, 1.45, 1.4, 1.25, 0.9, 0.6)),
    )
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.8:
        for seconds, course in shapes:
            length = int(near(rng, seconds * pace, 0.1) * sample_rate)
            pitch = near(rng, base, 0.03) * contour(course, length)
            loudness = swell(length, sample_rate, 0.03, 0.35 * length / sample_rate)
            larynx = Larynx(2600.0, 0.06, 0.006, 0.15, 26.0)
            add(sound, call(rng, pitch, loudness, sample_rate, tract, larynx), now, sample_rate, near(rng, 1.0, 0.1))
            now += length / sample_rate + rng.uniform(0.02, 0.07)
        now += rng.uniform(0.5, 1.3)
    return in_room(sound, rng, sample_rate, rng.uniform(0.5, 1.2), 0.08)


def crow_caw(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Hoarse caws in series: an irregular syrinx, strong between 1 and 3 kHz, sinking at the end of each call."""
    base, tract = rng.uniform(270.0, 430.0), CROW.scaled(rng.uniform(0.88, 1.12))
    seconds, rest = rng.uniform(0.2, 0.42), rng.uniform(0.15, 0.6)
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.15:
        length = int(near(rng, seconds, 0.08) * sample_rate)
        pitch = near(rng, base, 0.04) * contour([0.9, 1.1, 1.12, 1.05, 0.8], length)
        loudness = swell(length, sample_rate, 0.03, 0.1)
        larynx = Larynx(
            2800.0, rng.uniform(0.3, 0.6), rng.uniform(0.03, 0.07), rng.uniform(0.2, 0.5), rng.uniform(45, 70)
        )
        add(sound, call(rng, pitch, loudness, sample_rate, tract, larynx), now, sample_rate, near(rng, 1.0, 0.15))
        now += length / sample_rate + near(rng, rest, 0.2) + (0.5 if rng.uniform() < 0.12 else 0.0)
    return in_room(sound, rng, sample_rate, rng.uniform(0.6, 1.4), 0.1)
