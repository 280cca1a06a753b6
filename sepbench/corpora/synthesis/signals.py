"""Sounds made to be noticed: sirens, horns, alarms and telephones."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, contour, swell
from sepbench.corpora.synthesis.events import add, steady
from sepbench.corpora.synthesis.noise import band, equalised, unit
from sepbench.corpora.synthesis.oscillators import harmonics, pulse_train
from sepbench.corpora.synthesis.resonators import decaying_partials, resonances
from sepbench.corpora.synthesis.room import in_room


def siren_pitch(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Hz over time: the slow wail or the quick yelp of American sirens, or the two tones of European ones."""
    time = np.arange(samples) / sample_rate
    low = rng.uniform(440.0, 650.0)
    kind = int(rng.integers(0, 3))
    start = rng.uniform(0.0, 1.0)
    if kind == 2:
        ratio = pick(rng, (4 / 3, 5 / 4, 3 / 2))
        turn = (time / rng.uniform(0.5, 1.1) + start) % 2.0
        square = np.clip(40.0 * (np.abs(turn - 1.0) - 0.5), -0.5, 0.5) + 0.5  # a switch with a short glide
        return low * ratio**square
    period = rng.uniform(2.6, 4.6) if kind == 0 else rng.uniform(0.25, 0.45)
    place = (time / period + start) % 1.0
    # A capacitor charges and discharges: the pitch climbs and falls along 1 - exp(-t).
    up, down = np.minimum(place / 0.45, 1.0), np.clip((place - 0.45) / 0.55, 0.0, 1.0)
    curve = (
        (1.0 - np.exp(-2.2 * up)) / (1.0 - np.exp(-2.2)) * (np.exp(-1.2 * down) - np.exp(-1.2)) / (1.0 - np.exp(-1.2))
    )
    pitch: Signal = low * np.exp(np.log(rng.uniform(2.0, 2.9)) * curve)
    return pitch


def siren(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """An electronic siren: a rich tone through a horn loudspeaker, in a street."""
    pitch = siren_pitch(rng, samples, sample_rate)
    source = pulse_train(pitch, sample_rate, rng.uniform(1100.0, 2200.0))
    horn = ((250, -18), (600, -4), (1000, 0), (2600, 0), (4500, -8), (9000, -26), (14000, -40))
    passing = contour([rng.uniform(0.5, 1.0), 1.0, rng.uniform(0.4, 1.0)], samples)
    return in_room(equalised(source, sample_rate, horn) * passing, rng, sample_rate, rng.uniform(0.8, 1.6), 0.1)


def _horn(pitch: Signal, sample_rate: int, blow: Signal, roll_off: float) -> Signal:
    """A horn: brighter the harder it is blown, and a little flat while the air pressure builds up."""
    return blow * pulse_train(pitch * (0.965 + 0.035 * np.sqrt(blow)), sample_rate, roll_off * (0.3 + 0.7 * blow))


def _blasts(rng: np.random.Generator, seconds: float, lengths: tuple[float, ...]) -> list[tuple[float, float]]:
    """Start and length of each blast, until the clip is full."""
    now, blasts = rng.uniform(0.05, 0.35), []
    for length in lengths:
        if now < seconds - 0.3:
            blasts.append((float(now), length))
        now += length + rng.uniform(0.12, 0.45) * min(1.6, 0.6 + length)
    return blasts


def train_horn(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A locomotive's chord of three to five air horns, long and short, echoing over open land."""
    chord = pick(
        rng, ((1.0, 1.19, 1.335, 1.588, 2.0), (1.0, 1.26, 1.5, 1.682), (1.0, 1.19, 1.498), (1.0, 1.335, 1.682))
    )
    lowest = rng.uniform(230.0, 320.0)
    lengths = pick(rng, ((1.6, 1.5, 0.5, 2.0), (2.6, 2.4), (0.7, 0.6, 2.4, 1.0), (4.0,), (1.2, 2.8)))
    blow = np.zeros(samples)
    for start, length in _blasts(rng, samples / sample_rate, lengths):
        add(blow, swell(int(length * sample_rate), sample_rate, 0.09, 0.22), start, sample_rate)
    doppler = contour([near(rng, 1.0, 0.01), near(rng, 1.0, 0.01)], samples)
    roll_off = rng.uniform(700.0, 1300.0)
    sound = np.zeros(samples)
    for ratio in chord:
        pitch = lowest * near(rng, ratio, 0.004) * doppler
        sound += rng.uniform(0.7, 1.0) * _horn(pitch, sample_rate, blow, roll_off)
    breath = 0.06 * band(rng, samples, sample_rate, 800.0, 4000.0) * blow
    return in_room(sound / len(chord) + breath, rng, sample_rate, rng.uniform(1.2, 2.4), 0.25)


def car_horn(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Two electric discs a third apart, hard on and hard off, in quick or insistent honks."""
    seconds = samples / sample_rate
    low = rng.uniform(340.0, 460.0)
    beat = log_uniform(rng, 0.12, 0.5)
    lengths = tuple(beat * float(rng.uniform(0.7, 1.6)) for _ in range(int(rng.integers(5, 13))))
    if rng.uniform() < 0.3:
        lengths = (rng.uniform(0.3, 0.6), rng.uniform(1.2, 2.2), rng.uniform(0.6, 1.4))
    blow = np.zeros(samples)
    for start, length in _blasts(rng, seconds, lengths):
        add(blow, swell(int(length * sample_rate), sample_rate, 0.012, 0.035), start, sample_rate)
    steady_pitch = np.ones(samples)
    sound = np.zeros(samples)
    for pitch in (low, low * pick(rng, (1.19, 1.26, 1.26, 1.335))):
        sound += _horn(steady_pitch * pitch, sample_rate, blow, rng.uniform(1800.0, 3000.0))
    body = resonances(sound, sample_rate, [rng.uniform(500, 800), rng.uniform(1900, 2900)], [500.0, 900.0], [1.0, 1.2])
    return in_room(body + 0.15 * sound, rng, sample_rate, rng.uniform(0.3, 0.9), 0.04)


def alarm_clock(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A digital alarm: groups of short beeps from a piezo disc driven by a square wave, so odd harmonics dominate."""
    pitch = pick(rng, (rng.uniform(950.0, 1300.0), rng.uniform(1900.0, 2200.0), rng.uniform(2600.0, 3200.0)))
    beep = rng.uniform(0.05, 0.14)
    beeps = int(rng.integers(1, 5))
    pause = rng.uniform(0.7, 1.1) * beep
    interval = beeps * (beep + pause) + rng.uniform(0.15, 0.55)
    gate = np.zeros(samples)
    for time in steady(rng, samples / sample_rate, interval, 0.0):
        for number in range(beeps):
            pulse = swell(int(beep * sample_rate), sample_rate, 0.003, 0.006)
            add(gate, pulse, time + number * (beep + pause), sample_rate)
    even = rng.uniform(0.02, 0.3)
    tone = harmonics(np.full(samples, pitch), sample_rate, (1.0, even, 0.35, 0.2 * even, 0.2, 0.0, 0.1))
    return in_room(tone * gate, rng, sample_rate, 0.25, 0.01)


def telephone_ring(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A bell telephone: a clapper strikes two gongs in turn, 38 to 52 blows a second, in an exchange's cadence."""
    seconds = samples / sample_rate
    sounding, silent = pick(rng, (((0.4, 0.4), (0.2, 0.9)), ((1.1,), (0.9,)), ((1.8,), (1.2,)), ((0.8,), (0.5,))))
    blows = np.zeros((2, samples))
    now, count, rate = rng.uniform(0.03, 0.3), 0, rng.uniform(38.0, 52.0)
    while now < seconds:
        for length, pause in zip(sounding, silent, strict=True):
            for blow in np.arange(now, min(now + length, seconds), 1.0 / rate):
                count += 1
                blows[count % 2, min(samples - 1, int(blow * sample_rate))] = near(rng, 1.0, 0.12)
            now += length + pause
    low = rng.uniform(900.0, 1500.0)
    ratios = np.array([1.0, 1.62, 2.45, 3.4, 4.6, 6.1])
    sound = np.zeros(samples)
    for gong, train in zip((low, low * rng.uniform(1.12, 1.3)), blows, strict=True):
        ring = decaying_partials(
            int(0.9 * sample_rate), sample_rate, gong * ratios, 0.9 / ratios**0.7, [0.8, 0.6, 1, 0.7, 0.5, 0.3]
        )
        for place in np.flatnonzero(train):
            add(sound, ring, place / sample_rate, sample_rate, float(train[place]))
    clatter = equalised(blows.sum(axis=0), sample_rate, ((700, -10), (2500, 0), (7000, 0), (13000, -8)))
    return in_room(
        equalised(unit(sound) + 0.15 * unit(clatter), sample_rate, ((600, 0), (16000, 0))), rng, sample_rate, 0.4, 0.05
    )
