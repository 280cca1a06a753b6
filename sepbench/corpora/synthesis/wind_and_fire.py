"""Wind, thunder and fire: noise shaped by turbulence, by a long crooked spark, and by bursting wood.

After Farnell, "Designing Sound" (2010), practicals on fire, wind and thunder.
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, strike, wander
from sepbench.corpora.synthesis.events import add, impulses
from sepbench.corpora.synthesis.noise import band, equalised, octaves, shaped, unit
from sepbench.corpora.synthesis.resonators import resonances

THUNDER_HERTZ = (45.0, 90.0, 180.0, 360.0, 720.0, 1440.0, 2880.0, 5760.0)
CONTROL_RATE = 500
"""Steps per second of thunder's loudness curves."""


def wind(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Gusts: a dark turbulent bed and whistling resonances (vortices shed by edges), whose pitch rises with the speed.

    A vortex street sheds at f = 0.2 v / d (Strouhal), so loudness and pitch both follow the one curve of wind speed.
    """
    speed = 0.6 * wander(rng, samples, sample_rate, log_uniform(rng, 0.4, 1.5))
    speed += 0.25 * wander(rng, samples, sample_rate, 4.0)
    knots = speed[:: sample_rate // 20]
    lowest = log_uniform(rng, 180.0, 480.0)
    ratios = np.array([1.0, rng.uniform(1.5, 2.1), rng.uniform(2.6, 3.8)])
    centres = lowest * ratios * np.exp(0.28 * knots[:, None] * np.array([1.0, 1.1, 0.9]))
    sharpness = log_uniform(rng, 0.06, 0.3)
    widths = [sharpness * lowest * ratio for ratio in ratios]
    gains = [1.0, rng.uniform(0.2, 0.7), rng.uniform(0.05, 0.3)]
    whistle = unit(resonances(rng.standard_normal(samples), sample_rate, centres, widths, gains))
    bed = shaped(rng, samples, sample_rate, ((50, -2), (150, 0), (500, -10), (1500, -26), (5000, -50)))
    shelter = rng.uniform(0.0, 12.0)  # walls and foliage between wind and listener
    dull = ((60, 0), (900, 0), (2000, -5 - shelter), (5000, -14 - 1.5 * shelter), (12000, -28 - 1.5 * shelter))
    return equalised(np.exp(0.7 * speed) * (0.8 * whistle + rng.uniform(0.3, 0.9) * bed), sample_rate, dull)


def thunder(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A clap and its rolling: the sound of a crooked channel arrives from near and far parts one after the other.

    The air takes the treble from the far parts, so higher bands are weaker and decay sooner.
    """
    seconds = samples / sample_rate
    gaps = rng.exponential(1.0, int(rng.integers(10, 30))) * log_uniform(rng, 0.08, 0.25)
    times = rng.uniform(0.08, 0.33) + np.cumsum(gaps) - gaps[0]
    weights = np.exp(0.7 * rng.standard_normal(len(times)) - times * rng.uniform(0.1, 0.6))
    weights[0] = max(weights) * rng.uniform(0.7, 1.5)
    nearness = rng.uniform(0.0, 1.0)
    steps = np.arange(int(seconds * CONTROL_RATE) + 2)
    sound = np.zeros(samples)
    for centre, noise in zip(THUNDER_HERTZ, octaves(rng, samples, sample_rate, THUNDER_HERTZ), strict=True):
        treble = np.log2(centre / 90.0)
        claps = np.bincount((times * CONTROL_RATE).astype(int), weights ** (1.0 + 0.15 * treble), len(steps))[
            : len(steps)
        ]
        attack = 0.003 + 0.06 * (1.0 - nearness) ** 2
        tail = strike(len(steps), CONTROL_RATE, attack, 4.0 * (centre / 90.0) ** -0.3 * near(rng, 1.0, 0.1))
        loudness = np.convolve(claps, tail)[: len(steps)]
        decibels = -(max(0.0, treble) ** 1.5) * (4.0 - 2.2 * nearness) - 3.0 * max(0.0, -treble)
        curve = np.interp(np.arange(samples) * (CONTROL_RATE / sample_rate), steps, loudness)
        sound += 10.0 ** (decibels / 20.0) * curve * noise
    return sound


def fire_crackling(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Lapping flames (slow low noise), hissing gas, and crackles: pockets of steam that burst in showers of clicks."""
    lapping = shaped(rng, samples, sample_rate, ((40, 0), (120, -3), (400, -16), (1500, -34), (6000, -48)))
    lapping *= np.exp(0.35 * wander(rng, samples, sample_rate, 7.0))
    hiss = band(rng, samples, sample_rate, 2500.0, 9000.0) * np.exp(0.6 * wander(rng, samples, sample_rate, 2.0))
    activity = np.exp(1.1 * wander(rng, samples, sample_rate, 5.0))
    sound = log_uniform(rng, 0.06, 0.6) * lapping + 0.02 * hiss
    kernels = [_crackle(rng, sample_rate) for _ in range(16)]
    for trigger in np.flatnonzero(impulses(rng, samples, sample_rate, log_uniform(rng, 14.0, 45.0))):
        height = float(np.clip(np.exp(0.8 * rng.standard_normal()), 0.1, 3.0)) * min(2.0, activity[trigger])
        add(sound, pick(rng, kernels), trigger / sample_rate, sample_rate, height)
    snaps = impulses(rng, samples, sample_rate, 60.0, 0.8) * np.clip(activity - 0.8, 0.0, 2.0)
    return sound + 0.5 * equalised(snaps, sample_rate, ((900, -6), (3000, 0), (9000, 0), (14000, -6)))


def _crackle(rng: np.random.Generator, sample_rate: int) -> Signal:
    """One burst: noise of a few milliseconds, brighter the shorter it is, sometimes with a duller pop beneath."""
    t60 = log_uniform(rng, 0.006, 0.04)
    length = int(0.05 * sample_rate)
    centre = log_uniform(rng, 1500.0, 6000.0)
    points = ((centre / 8, -14), (centre, 0.0), (centre * 2.5, -5), (14000.0, -14))
    burst = equalised(rng.standard_normal(length) * strike(length, sample_rate, 0.0, t60), sample_rate, points)
    pop = np.sin(2.0 * np.pi * rng.uniform(200.0, 700.0) * np.arange(length) / sample_rate)
    burst /= np.abs(burst).max()
    return burst + rng.uniform(0.0, 0.3) * pop * strike(length, sample_rate, 0.0005, 0.03)
