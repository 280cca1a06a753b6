"""Hands and feet: typing, steps, knocks and applause.

After Cook, "Real Sound Synthesis" (2002), chapters on particles and walking, and Peltola et al., "Synthesis of hand
clapping sounds" (IEEE TASLP 2007).
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, strike, swell, wander
from sepbench.corpora.synthesis.events import LATEST_FIRST, add, impulses, steady
from sepbench.corpora.synthesis.noise import coloured, equalised, unit
from sepbench.corpora.synthesis.resonators import decaying_partials
from sepbench.corpora.synthesis.room import in_room


def noise_burst(rng: np.random.Generator, sample_rate: int, centre: float, octaves: float, t60: float) -> Signal:
    """A decaying burst of noise around `centre`, falling by 18 dB over `octaves` to either side; unit peak."""
    samples = int((1.2 * t60 + 0.01) * sample_rate)
    reach = 2.0**octaves
    points = (
        (centre / reach**2, -50.0),
        (centre / reach, -18.0),
        (centre, 0.0),
        (centre * reach, -18.0),
        (centre * reach**2, -45.0),
    )
    burst = equalised(rng.standard_normal(samples) * strike(samples, sample_rate, 0.0004, t60), sample_rate, points)
    burst /= np.abs(burst).max()
    return burst


def _key(rng: np.random.Generator, sample_rate: int, thock: float, click: float) -> Signal:
    """One key: the cap is touched, bottoms out some milliseconds later, and clicks again more softly when let go."""
    key = np.zeros(int(0.25 * sample_rate))
    press = rng.uniform(0.006, 0.014)
    add(key, noise_burst(rng, sample_rate, near(rng, click, 0.15), 1.6, 0.012), 0.0, sample_rate, 0.4)
    add(key, noise_burst(rng, sample_rate, near(rng, click * 0.7, 0.15), 2.0, 0.03), press, sample_rate, 1.0)
    board = near(rng, thock, 0.12) * np.array([1.0, 1.9, 3.1])
    thud = decaying_partials(int(0.1 * sample_rate), sample_rate, board, [0.07, 0.05, 0.04], [0.2, 0.14, 0.1])
    add(key, thud, press, sample_rate)
    release = noise_burst(rng, sample_rate, near(rng, click * 1.1, 0.15), 1.4, 0.015)
    add(key, release, press + rng.uniform(0.06, 0.13), sample_rate, rng.uniform(0.15, 0.4))
    return key


def keyboard_typing(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Bursts of words with short stops between them; every key has its own sound and every stroke its own force."""
    thock, click = log_uniform(rng, 170.0, 420.0), log_uniform(rng, 2000.0, 4500.0)
    keys = [_key(rng, sample_rate, thock, click) for _ in range(14)]
    gap = 1.0 / rng.uniform(5.0, 10.0)
    sound = np.zeros(samples)
    now = rng.uniform(0.02, LATEST_FIRST)
    while now < samples / sample_rate:
        for _ in range(int(rng.integers(3, 11))):
            add(sound, pick(rng, keys), now, sample_rate, near(rng, 0.8, 0.3))
            now += gap * float(np.exp(0.3 * rng.standard_normal()))
        now += rng.uniform(0.1, 0.7)
    return in_room(sound, rng, sample_rate, 0.2, 0.06)


def _step(rng: np.random.Generator, sample_rate: int, ground: str) -> Signal:
    """One step: the heel lands, the sole rolls, the toe follows; gravel answers with grains, boards ring."""
    step = np.zeros(int(0.5 * sample_rate))
    roll = rng.uniform(0.07, 0.13)
    for delay, weight in ((0.0, 1.0), (roll, rng.uniform(0.3, 0.55))):
        thud = near(rng, 85.0, 0.12) * np.array([1.0, 1.7, 2.6, 4.1])
        thump = decaying_partials(
            int(0.2 * sample_rate), sample_rate, thud, [0.14, 0.12, 0.09, 0.06], [1.0, 0.7, 0.4, 0.3]
        )
        add(step, thump, delay, sample_rate, weight * {"gravel": 0.25, "stone": 0.5, "wood": 1.0}[ground])
        if ground == "gravel":
            grains = impulses(rng, int(0.2 * sample_rate), sample_rate, 1800.0, 0.5)
            crunch = equalised(grains, sample_rate, ((300, -14), (1500, 0), (5000, 0), (12000, -8)))
            add(step, unit(crunch) * swell(len(crunch), sample_rate, 0.03, 0.13), delay, sample_rate, weight)
        else:
            hardness = 2400.0 if ground == "stone" else 900.0
            heel = noise_burst(rng, sample_rate, near(rng, hardness, 0.15), 2.2, 0.06)
            add(step, heel, delay, sample_rate, 0.8 * weight)
    if ground == "wood":
        board = near(rng, 260.0, 0.1) * np.array([1.0, 1.6, 2.4, 3.7])
        add(
            step,
            decaying_partials(int(0.2 * sample_rate), sample_rate, board, 0.12, [0.5, 0.4, 0.3, 0.2]),
            0.0,
            sample_rate,
        )
    scuff = noise_burst(rng, sample_rate, 3000.0, 1.8, 0.12)
    add(step, scuff * swell(len(scuff), sample_rate, 0.03, 0.05), roll * 0.5, sample_rate, rng.uniform(0.1, 0.35))
    return step


def footsteps(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Somebody walks at 1.4 to 2.6 steps a second on wood, stone or gravel; left and right differ a little."""
    ground = pick(rng, ("wood", "stone", "gravel"))
    feet = [_step(rng, sample_rate, ground) for _ in range(6)]
    sound = np.zeros(samples)
    for number, time in enumerate(steady(rng, samples / sample_rate, 1.0 / rng.uniform(1.4, 2.6), 0.035)):
        foot = feet[2 * int(rng.integers(0, 3)) + number % 2]
        add(sound, foot, time, sample_rate, near(rng, 1.0 - 0.12 * (number % 2), 0.1))
    return in_room(sound, rng, sample_rate, rng.uniform(0.3, 1.0), 0.03 if ground == "gravel" else 0.08)


def door_knock(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Knuckles on a wooden door: groups of quick raps that make the panel ring, in a hallway."""
    panel = log_uniform(rng, 75.0, 150.0)
    ratios = np.array([1.0, 1.58, 2.24, 2.92, 3.7, 4.8, 6.3, 8.8])
    rapping = 1.0 / rng.uniform(4.0, 7.5)
    sound = np.zeros(samples)
    now = rng.uniform(0.05, LATEST_FIRST)
    while now < samples / sample_rate - 0.2:
        raps = int(rng.integers(2, 6))
        for number in range(raps):
            levels = np.exp(0.35 * rng.standard_normal(8)) * np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.35, 0.25])
            t60 = np.array([0.3, 0.24, 0.2, 0.16, 0.14, 0.11, 0.08, 0.06]) * rng.uniform(0.8, 1.2)
            rap = decaying_partials(int(0.3 * sample_rate), sample_rate, panel * ratios, t60, levels)
            add(rap, noise_burst(rng, sample_rate, near(rng, 1100.0, 0.2), 2.0, 0.03), 0.0, sample_rate, 1.6)
            add(sound, rap, now, sample_rate, near(rng, 1.0, 0.15) * (1.15 if number == raps - 1 else 1.0))
            now += near(rng, rapping, 0.08)
        now += rng.uniform(0.4, 1.2)
    return in_room(sound, rng, sample_rate, rng.uniform(0.3, 0.8), 0.2)


def applause(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A crowd claps: everybody with hands of their own (0.6 to 2.5 kHz) and a rate of their own (2.5 to 5 Hz)."""
    seconds = samples / sample_rate
    sound = np.zeros(samples)
    for _ in range(int(log_uniform(rng, 14.0, 90.0))):
        centre, distance = log_uniform(rng, 650.0, 2400.0), log_uniform(rng, 0.12, 1.0)
        clap = noise_burst(rng, sample_rate, centre, rng.uniform(1.6, 2.6), rng.uniform(0.015, 0.045))
        interval = 1.0 / rng.uniform(2.5, 5.2)
        for time in steady(rng, seconds, interval, 0.06):
            add(sound, clap, time - 0.05 * rng.uniform(), sample_rate, distance * near(rng, 1.0, 0.25))
    mood = np.exp(0.15 * wander(rng, samples, sample_rate, 0.8))
    crowd = coloured(sound * mood, rng, sample_rate, 3.0)
    return in_room(crowd, rng, sample_rate, rng.uniform(0.5, 1.4), rng.uniform(0.2, 0.8))
