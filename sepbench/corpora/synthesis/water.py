"""Rain, running water, single drops and the sea: bubbles and impacts.

A bubble of radius r metres rings at about 3 / r Hz (Minnaert, 1933) and decays at 0.13 / r + 0.0072 r^-1.5 per second;
one that forms near the surface rises in pitch (van den Doel, "Physically based models for liquid sounds", 2005).
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near
from sepbench.corpora.synthesis.envelopes import Signal, wander
from sepbench.corpora.synthesis.events import add, impulses, steady
from sepbench.corpora.synthesis.noise import coloured, equalised, octaves, shaped, unit
from sepbench.corpora.synthesis.oscillators import phase
from sepbench.corpora.synthesis.resonators import resonances
from sepbench.corpora.synthesis.room import in_room

SEA_HERTZ = (60.0, 120.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
SEA_DECIBELS = (-8.0, -5.0, -3.0, -1.0, 0.0, -2.0, -6.0, -11.0)


def bubble(sample_rate: int, radius: float, rise: float, slower: float = 1.0) -> Signal:
    """One bubble of unit peak.

    Args:
        sample_rate: in Hz.
        radius: metres; 0.5 to 8 mm are heard as water.
        rise: share by which the pitch grows per decay time, 0 for a bubble far below the surface.
        slower: factor on the decay time; below a hard or hollow surface bubbles ring longer.

    >>> ring = bubble(32000, 0.003, 0.0)  # 3 mm: 1000 Hz, e^-6 after 69 ms
    >>> round(len(ring) / 32000, 3)
    0.069
    """
    damping = (0.13 / radius + 0.0072 * radius**-1.5) / slower
    length = max(32, int(6.0 / damping * sample_rate))
    time = np.arange(length) / sample_rate
    frequency = np.minimum(3.0 / radius * (1.0 + rise * damping * time), 0.45 * sample_rate)
    soft = np.minimum(1.0, time * 3.0 / radius / 1.5)
    ring: Signal = np.sin(phase(frequency, sample_rate)) * np.exp(-damping * time) * soft
    return ring


def rain(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A hissing bed of drops too many to tell apart, and nearer drops one by one, on leaves, ground or a roof."""
    tilt = rng.uniform(-6.0, 5.0)
    bed = ((60, -9 - tilt), (250, -5 - tilt), (1000, -3), (3500, 0), (8000, -2 + tilt), (14000, -7 + tilt))
    sound = shaped(rng, samples, sample_rate, bed) * np.exp(0.1 * wander(rng, samples, sample_rate, 1.5))
    near_drops = impulses(rng, samples, sample_rate, log_uniform(rng, 70.0, 800.0), 0.6)
    splash = unit(resonances(near_drops, sample_rate, [2600.0, 5200.0, 9500.0], [1500.0, 2500.0, 4000.0], [1, 1, 0.7]))
    heavy = impulses(rng, samples, sample_rate, log_uniform(rng, 12.0, 70.0), 0.4)
    roof = log_uniform(rng, 350.0, 1100.0)
    patter = unit(resonances(heavy, sample_rate, [roof, 2.3 * roof, 4.1 * roof], [120.0, 300.0, 700.0], [1, 0.8, 0.7]))
    sound += log_uniform(rng, 0.3, 1.3) * splash + log_uniform(rng, 0.05, 0.6) * patter
    return coloured(sound, rng, sample_rate, 5.0)


def stream(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Water running over stones: hundreds of bubbles a second of all sizes over a soft rush."""
    smallest = log_uniform(rng, 0.0008, 0.0013)
    radii = smallest * np.exp(rng.uniform(0.0, rng.uniform(1.3, 2.0), 40))
    kernels = [bubble(sample_rate, float(r), float(rng.uniform(0.0, 0.12)), rng.uniform(1.0, 2.0)) for r in radii]
    sound = np.zeros(samples)
    flow = np.exp(0.5 * wander(rng, samples, sample_rate, 6.0))
    times = np.flatnonzero(impulses(rng, samples, sample_rate, log_uniform(rng, 140.0, 420.0)))
    gains = np.exp(0.8 * rng.standard_normal(len(times))) * flow[times]
    choices = rng.integers(0, len(kernels), len(times))
    for time, gain, choice in zip(times, gains, choices, strict=True):
        # Bigger bubbles ring longer, so that equal energy means a lower peak.
        add(sound, kernels[choice], time / sample_rate, sample_rate, float(gain * (smallest / radii[choice]) ** 0.6))
    rush = ((100, -8), (400, -3), (1500, 0), (5000, -4), (10000, -10), (14000, -16))
    return unit(sound) + log_uniform(rng, 0.2, 0.6) * shaped(rng, samples, sample_rate, rush) * flow


def water_drops(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A dripping tap: a tick where the drop lands, then the bubble it traps, rising in pitch, in a basin."""
    sound = np.zeros(samples)
    radius = log_uniform(rng, 0.0016, 0.0055)
    interval = log_uniform(rng, 0.28, 0.95)
    slower = rng.uniform(2.0, 5.0)
    for time in steady(rng, samples / sample_rate, interval, rng.uniform(0.02, 0.3)):
        loudness = near(rng, 1.0, 0.25)
        tick = equalised(np.eye(1, int(0.02 * sample_rate), 8)[0], sample_rate, ((1500, 0), (6000, 2), (14000, -6)))
        add(sound, tick, time, sample_rate, 0.35 * loudness * rng.uniform(0.5, 1.5))
        for delay, size in ((0.012, 1.0), (rng.uniform(0.06, 0.13), rng.uniform(0.5, 0.9)))[: int(rng.integers(1, 3))]:
            drop = bubble(sample_rate, near(rng, radius * size, 0.06), rng.uniform(0.08, 0.3), slower)
            add(sound, drop, time + delay, sample_rate, loudness * size)
    return in_room(sound, rng, sample_rate, rng.uniform(0.4, 1.1), 0.06)


def sea_waves(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Breakers: a low rumble builds up, the crest falls with a bright crash, foam hisses as it runs back.

    Only the octaves' envelopes differ: rumble leads, the middle carries the crash, bursting foam hisses last.
    """
    seconds = samples / sample_rate
    period = rng.uniform(2.4, 4.5)
    crests = np.arange(-period * rng.uniform(0.1, 0.9), seconds + period, period)
    crests = crests + 0.12 * period * rng.standard_normal(len(crests))
    heights = np.exp(0.35 * rng.standard_normal(len(crests)))
    tilt, calm = rng.uniform(-1.2, 1.2), log_uniform(rng, 0.08, 0.35)
    noises = octaves(rng, samples, sample_rate, SEA_HERTZ)
    steps = np.arange(int(seconds * 50) + 2) / 50.0
    sound = np.zeros(samples)
    for index, (noise, level) in enumerate(zip(noises, SEA_DECIBELS, strict=True)):
        part = index / (len(noises) - 1)
        lag, rise, fall = -0.5 + 0.8 * part, 0.5 - 0.2 * part, 0.8 + 1.2 * part
        shape = (-2.0 * rise, -0.4 * rise, 0.0, 0.4 * fall, 1.6 * fall), (0.0, 0.5, 1.0, 0.55, 0.0)
        loudness = calm + sum(
            height * np.interp(steps - crest - lag, *shape) for crest, height in zip(crests, heights, strict=True)
        )
        curve = np.interp(np.arange(samples) / sample_rate, steps, loudness)
        sound += 10.0 ** ((level + tilt * (index - 3)) / 20.0) * curve * noise
    return sound * np.exp(0.1 * wander(rng, samples, sample_rate, 10.0))
