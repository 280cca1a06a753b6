"""Struck metal: church bells and the tick of a clock."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, strike
from sepbench.corpora.synthesis.events import add, steady
from sepbench.corpora.synthesis.noise import band
from sepbench.corpora.synthesis.resonators import decaying_partials
from sepbench.corpora.synthesis.room import in_room

BELL_RATIOS = (0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.67, 3.0, 4.2, 5.4, 6.8, 8.3, 10.1, 12.0)
"""Hum, prime, tierce, quint, nominal and above, by the prime (Rossing, "Science of Percussion Instruments")."""
BELL_LEVELS = (0.55, 0.6, 1.0, 0.35, 1.0, 0.3, 0.3, 0.6, 0.5, 0.4, 0.3, 0.2, 0.12, 0.08)
BELL_T60_SECONDS = (16.0, 9.0, 8.0, 6.0, 6.0, 4.0, 4.0, 4.5, 3.5, 2.6, 2.0, 1.6, 1.2, 0.9)
"""Of a bell with a 300 Hz prime; smaller bells decay sooner."""


def bell_tone(rng: np.random.Generator, prime: float, samples: int, sample_rate: int) -> Signal:
    """One stroke. Every partial is a doublet, since no bell is quite round; its two halves beat slowly."""
    ratios, levels = np.array(BELL_RATIOS), np.array(BELL_LEVELS) * np.exp(0.25 * rng.standard_normal(len(BELL_RATIOS)))
    t60 = np.array(BELL_T60_SECONDS) * (300.0 / prime) ** 0.5
    frequencies = prime * ratios * (1.0 + 0.002 * rng.standard_normal(len(ratios)))
    split = 1.0 + rng.uniform(0.0003, 0.0025, len(ratios))
    share = rng.uniform(0.55, 0.85, len(ratios))
    ring = decaying_partials(samples, sample_rate, frequencies, t60, levels * share)
    ring += decaying_partials(samples, sample_rate, frequencies * split, t60, levels * (1.0 - share))
    clang = band(rng, int(0.1 * sample_rate), sample_rate, 1500.0, 7000.0)
    add(ring, clang * strike(len(clang), sample_rate, 0.0005, 0.05), 0.0, sample_rate, 0.5)
    return ring


def church_bell(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """One or two bells in a tower, struck again and again while they still ring."""
    prime = log_uniform(rng, 220.0, 640.0)
    bells = [bell_tone(rng, prime * ratio, samples, sample_rate) for ratio in (1.0, 1.189)[: int(rng.integers(1, 3))]]
    sound = np.zeros(samples)
    interval = log_uniform(rng, 0.75, 2.2)
    for number, time in enumerate(steady(rng, samples / sample_rate, interval, 0.04)):
        add(sound, bells[number % len(bells)], time, sample_rate, near(rng, 1.0, 0.15))
    return in_room(sound, rng, sample_rate, rng.uniform(1.2, 2.2), 0.08)


def _tick(rng: np.random.Generator, sample_rate: int, body: float, bright: float) -> Signal:
    """One beat of an escapement: unlock, impulse and drop within some 20 ms, each ringing plates and case."""
    samples = int(0.25 * sample_rate)
    plates = bright * np.array([1.0, 1.37, 1.93, 2.71, 3.6])
    hit = decaying_partials(samples, sample_rate, plates, rng.uniform(0.02, 0.06, 5), rng.uniform(0.3, 1.0, 5))
    case = body * np.array([1.0, 1.8, 2.9])
    dull = rng.uniform(0.4, 1.1) * np.array([0.16, 0.11, 0.08])
    hit += decaying_partials(samples, sample_rate, case, dull, rng.uniform(0.15, 0.4, 3))
    click = rng.standard_normal(samples) * strike(samples, sample_rate, 0.0, 0.014)
    hit += 0.5 * click
    beat = np.zeros(samples)
    for delay, gain in (
        (0.0, rng.uniform(0.2, 0.5)),
        (rng.uniform(0.004, 0.009), 1.0),
        (rng.uniform(0.012, 0.024), 0.6),
    ):
        add(beat, hit, delay, sample_rate, gain)
    return beat


def tick_interval(rng: np.random.Generator) -> float:
    """Seconds between beats: quartz clocks once a second, pendulums and alarm clocks two to five times."""
    return pick(rng, (1.0, 0.5, log_uniform(rng, 0.3, 0.8), 0.25, 0.2))


def clock_tick(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Tick and tock in turn, evenly, differing in pitch as the escapement's two pallets do."""
    interval = tick_interval(rng)
    body, bright = log_uniform(rng, 220.0, 700.0), log_uniform(rng, 1500.0, 3600.0)
    beats = [
        _tick(rng, sample_rate, body, bright),
        _tick(rng, sample_rate, body * 0.92, bright * rng.uniform(0.8, 1.15)),
    ]
    uneven = rng.uniform(0.0, 0.02) * interval
    sound = np.zeros(samples)
    for number, time in enumerate(steady(rng, samples / sample_rate, interval, 0.0)):
        add(sound, beats[number % 2], time + uneven * (number % 2), sample_rate, near(rng, 1.0, 0.06))
    return in_room(sound, rng, sample_rate, rng.uniform(0.15, 0.45), rng.uniform(0.03, 0.15))
