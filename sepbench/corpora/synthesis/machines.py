"""Engines and motors: periodic forces through resonant bodies, with the noise of the air they move.

After Farnell, "Designing Sound" (2010), practicals on cars, fans and helicopters.
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, breakpoints, wander
from sepbench.corpora.synthesis.noise import band, coloured, equalised, shaped, unit
from sepbench.corpora.synthesis.oscillators import harmonics, phase, pulse_train
from sepbench.corpora.synthesis.resonators import resonances


def engine_revolutions(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Revolutions per minute over time: idling, revving up and down, or a steady drive with small changes."""
    seconds = samples / sample_rate
    idle = rng.uniform(700.0, 1000.0)
    kind = int(rng.integers(0, 3))
    if kind == 0:
        points = [(0.0, idle)]
    elif kind == 1:
        first, top = rng.uniform(0.3, 1.0), rng.uniform(2200.0, 3800.0)
        second = first + rng.uniform(2.0, 2.4)
        points = [(first, idle), (first + 0.5, top), (first + 0.7, top), (first + 1.7, idle * 1.1)]
        points += [(second, idle), (second + 0.4, top * rng.uniform(0.7, 1.1)), (second + 1.6, idle)]
    else:
        start = rng.uniform(1300.0, 2200.0)
        points = [
            (0.0, start),
            (seconds * 0.7, start * rng.uniform(1.3, 1.7)),
            (seconds, start * rng.uniform(1.1, 1.7)),
        ]
    curve = breakpoints(points, samples, sample_rate)
    return curve * (1.0 + 0.012 * wander(rng, samples, sample_rate, 6.0))


def car_engine(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A four-stroke engine: one exhaust pulse per firing, unequal cylinders, a resonant exhaust, air and valve noise.

    With c cylinders the firing rate is c / 2 per revolution; the cycle, over which the inequality repeats, is two
    revolutions.
    """
    cylinders = pick(rng, (3, 4, 4, 6))
    speed = engine_revolutions(rng, samples, sample_rate)
    firing = speed / 60.0 * cylinders / 2.0
    load = np.clip(speed / 3000.0, 0.2, 1.3)
    pulses = pulse_train(firing, sample_rate, 300.0 + 700.0 * load)
    cycle = phase(firing / cylinders, sample_rate)
    unequal = 1.0 + rng.uniform(0.05, 0.3) * np.cos(cycle + 1.0) + rng.uniform(0.05, 0.2) * np.cos(2.0 * cycle)
    pulses *= unequal * (1.0 + 0.15 * wander(rng, samples, sample_rate, 60.0))
    pipe = log_uniform(rng, 65.0, 110.0)
    centres = [pipe, pipe * 2.9, pipe * 5.2, pipe * 9.0, rng.uniform(1200.0, 1800.0)]
    exhaust = resonances(pulses, sample_rate, centres, [60.0, 90.0, 140.0, 250.0, 600.0], [0.8, 0.9, 0.9, 0.9, 0.8])
    puffs = np.maximum(0.0, np.cos(phase(firing, sample_rate))) ** 3
    air = shaped(rng, samples, sample_rate, ((60, -6), (200, 0), (800, -5), (2500, -12), (8000, -24))) * (0.25 + puffs)
    valves = (
        band(rng, samples, sample_rate, 1800.0, 6500.0) * np.maximum(0.0, np.cos(phase(firing, sample_rate) + 2.0)) ** 8
    )
    sound: Signal = unit(exhaust) + rng.uniform(0.35, 0.6) * (0.4 + load) * unit(air) + rng.uniform(0.05, 0.2) * valves
    return coloured(sound * (0.4 + load), rng, sample_rate, 2.5)


def helicopter(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Blade slap at the blade-passing rate, downwash noise that it chops, the tail rotor's buzz, a turbine's whine."""
    seconds = samples / sample_rate
    passing = log_uniform(rng, 11.0, 21.0)
    rate = np.full(samples, passing) * breakpoints([(0.0, 1.0), (seconds, near(rng, 1.0, 0.015))], samples, sample_rate)
    angle = phase(rate, sample_rate)
    slap = np.exp(rng.uniform(1.5, 4.5) * (np.cos(angle) - 1.0))  # a von Mises pulse: periodic, as sharp as wanted
    thump = pulse_train(rate, sample_rate, rng.uniform(60.0, 130.0))
    chopped = shaped(rng, samples, sample_rate, ((50, -4), (120, 0), (400, -6), (1200, -14), (4000, -26), (10000, -38)))
    crack = band(rng, samples, sample_rate, 250.0, 1400.0) * slap**2
    tail = pulse_train(rate * rng.uniform(4.6, 6.2), sample_rate, rng.uniform(150.0, 350.0))
    whine_hertz = log_uniform(rng, 2200.0, 5200.0) * (1.0 + 0.002 * wander(rng, samples, sample_rate, 2.0))
    whine = harmonics(whine_hertz, sample_rate, (1.0, 0.3)) * (1.0 + 0.2 * wander(rng, samples, sample_rate, 3.0))
    rotor = equalised(thump, sample_rate, ((25, -8), (60, 0), (250, 0), (800, -8)))
    sound = (
        rng.uniform(0.4, 0.8) * unit(rotor)
        + chopped * (rng.uniform(0.35, 0.8) + slap)
        + rng.uniform(0.15, 0.5) * unit(crack)
    )
    sound += rng.uniform(0.08, 0.2) * tail + rng.uniform(0.01, 0.05) * whine
    distance = breakpoints([(0.0, rng.uniform(0.6, 1.0)), (seconds, rng.uniform(0.6, 1.0))], samples, sample_rate)
    return coloured(sound * distance, rng, sample_rate, 4.0)


def vacuum_cleaner(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A universal motor's whine with its harmonics in a steady roar of air, changing as the nozzle meets the carpet."""
    seconds = samples / sample_rate
    motor = log_uniform(rng, 210.0, 560.0)
    load = 0.5 * wander(rng, samples, sample_rate, rng.uniform(0.4, 1.4))
    speed = motor * (1.0 + 0.015 * load + 0.0015 * wander(rng, samples, sample_rate, 15.0))
    if rng.uniform() < 0.3:  # switched on at the start
        speed *= breakpoints([(0.0, 0.35), (0.25, 0.75), (0.6, 0.95), (1.0, 1.0), (seconds, 1.0)], samples, sample_rate)
    strengths = (1.0, rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.4), 0.15, rng.uniform(0.02, 0.2), 0.05, 0.06, 0.03)
    whine = harmonics(speed, sample_rate, strengths)
    fan = harmonics(speed * float(rng.integers(7, 10)), sample_rate, (1.0, 0.4)) * 0.12
    hump = log_uniform(rng, 600.0, 1500.0)
    points = ((60, -16), (200, -8), (hump, 0), (hump * 2.5, -4), (6000, -12), (13000, -26))
    roar = shaped(rng, samples, sample_rate, points)
    sound = roar * np.exp(0.12 * load) + rng.uniform(0.25, 0.7) * unit(whine) + rng.uniform(0.3, 1.0) * fan
    return coloured(sound * np.clip(speed / motor, 0.2, 1.1) ** 2, rng, sample_rate, 3.5)
