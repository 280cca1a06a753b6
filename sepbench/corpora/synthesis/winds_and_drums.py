"""Flute, trumpet and drum kit.

After Fletcher and Rossing, "The Physics of Musical Instruments" (1998), chapters 14, 16 and 18 to 20.
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, strike
from sepbench.corpora.synthesis.events import add
from sepbench.corpora.synthesis.melody import held_loudness, held_pitch, walk
from sepbench.corpora.synthesis.noise import band, equalised
from sepbench.corpora.synthesis.oscillators import harmonics, phase, pulse_train
from sepbench.corpora.synthesis.resonators import decaying_partials
from sepbench.corpora.synthesis.room import in_room

BARS = (
    ("x...x...x...x...", "....o.......o...", "h.h.h.h.h.h.h.h."),
    ("x.....x.x.......", "....o.......o..o", "h.h.h.h.h.h.h.h."),
    ("x..x..x...x.x...", "....o..o.o..o...", "hhhhhhhhhhhhhhhh"),
    ("x.......x.x.....", "....o.......o...", "..h...h...h...h."),
    ("x.x...x.x.x...x.", "....o..o....o.oo", "h...h...h...h..."),
)
"""Sixteenths of a bar: kick, snare, hi-hat."""


def flute(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A melody of few harmonics, with breath noise and a vibrato of loudness more than of pitch."""
    lowest = int(rng.integers(66, 76))
    notes = walk(rng, samples / sample_rate, rng.uniform(0.3, 0.7), lowest, lowest + 16)
    time = np.arange(samples) / sample_rate
    shake = np.sin(2.0 * np.pi * rng.uniform(4.3, 5.8) * time)
    loudness = held_loudness(notes, samples, sample_rate, rng.uniform(0.05, 0.1), rng.uniform(0.1, 0.4))
    pitch = held_pitch(notes, samples, sample_rate, 0.03) * (1.0 + 0.0025 * shake)
    soft = rng.uniform(0.25, 0.45)
    tone = harmonics(pitch, sample_rate, (1.0, soft, soft**1.6, 0.6 * soft**2.5, 0.4 * soft**3.2, 0.2 * soft**4))
    breath = band(rng, samples, sample_rate, 900.0, 5500.0) * rng.uniform(0.01, 0.035)
    return in_room((tone * (1.0 + 0.18 * shake) + breath) * loudness, rng, sample_rate, rng.uniform(0.6, 1.6), 0.06)


def trumpet(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A fanfare-like tune: the louder a brass instrument is blown, the brighter it gets (Risset, 1966)."""
    lowest = int(rng.integers(55, 63))
    notes = walk(rng, samples / sample_rate, rng.uniform(0.22, 0.55), lowest, lowest + 15)
    loudness = held_loudness(notes, samples, sample_rate, rng.uniform(0.025, 0.06), rng.uniform(0.0, 0.15))
    scoop = 0.97 + 0.03 * np.minimum(1.0, 3.0 * loudness)
    pitch = held_pitch(notes, samples, sample_rate, 0.02) * scoop
    tone = pulse_train(pitch, sample_rate, 250.0 + rng.uniform(1400.0, 2400.0) * loudness**2) * loudness
    bell = ((200, -10), (500, -3), (1200, 2), (2200, 0), (5000, -8), (12000, -24))
    return in_room(equalised(tone, sample_rate, bell), rng, sample_rate, rng.uniform(0.6, 1.5), 0.06)


def _kick(sample_rate: int, pitch: float, beater: float) -> Signal:
    """The head is tightest when struck: the pitch falls from three times to once `pitch` within some 30 ms."""
    samples = int(0.45 * sample_rate)
    time = np.arange(samples) / sample_rate
    body = np.sin(phase(pitch * (1.0 + 2.2 * np.exp(-time / 0.025)), sample_rate)) * strike(
        samples, sample_rate, 0.001, 0.4
    )
    click = np.sin(2.0 * np.pi * 2400.0 * time) * strike(samples, sample_rate, 0.0, 0.012)
    return body + beater * click


def _snare(rng: np.random.Generator, sample_rate: int, pitch: float, t60: float) -> Signal:
    """Two modes of the shell and head, and the wires' noise above them."""
    samples = int(0.4 * sample_rate)
    modes = decaying_partials(
        samples, sample_rate, [pitch, pitch * 1.79, pitch * 2.6], [0.18, 0.14, 0.1], [0.8, 0.5, 0.3]
    )
    return modes + 0.45 * band(rng, samples, sample_rate, 1400.0, 9000.0) * strike(samples, sample_rate, 0.001, t60)


def _hat(rng: np.random.Generator, sample_rate: int, pitch: float, t60: float) -> Signal:
    """Cymbals: noise above 6 kHz with a thicket of inharmonic partials."""
    samples = int((t60 + 0.02) * sample_rate)
    partials = pitch * np.array([1.0, 1.342, 1.232, 1.655, 1.93, 2.546])
    metal = decaying_partials(samples, sample_rate, partials, t60, 0.12)
    return metal + 0.3 * band(rng, samples, sample_rate, 7000.0, 13000.0) * strike(samples, sample_rate, 0.0005, t60)


def drum_kit(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A rock beat: kick, snare and hi-hat in sixteenths of a bar at 80 to 150 beats a minute."""
    sixteenth = 60.0 / rng.uniform(80.0, 150.0) / 4.0
    hat_hertz = log_uniform(rng, 3200.0, 5200.0)
    sounds = {
        "x": _kick(sample_rate, rng.uniform(45.0, 68.0), rng.uniform(0.05, 0.3)),
        "o": _snare(rng, sample_rate, rng.uniform(160.0, 240.0), rng.uniform(0.2, 0.42)),
        "h": _hat(rng, sample_rate, hat_hertz, rng.uniform(0.1, 0.28)),
        "O": _hat(rng, sample_rate, hat_hertz, 0.9),
    }
    levels = {"x": 1.0, "o": rng.uniform(0.6, 0.9), "h": rng.uniform(0.5, 0.9), "O": rng.uniform(0.4, 0.7)}
    kick, snare, hat = pick(rng, BARS)
    start, sound = rng.uniform(0.03, 0.15), np.zeros(samples)
    for number in range(int((samples / sample_rate - start) / sixteenth) + 1):
        place = number % 16
        ride = "O" if hat[place] == "h" and place == 14 else hat[place]
        for symbol in (kick[place], snare[place], ride):
            if symbol in sounds:
                accent = near(rng, 1.0 if place % 4 == 0 else 0.8, 0.07)
                add(sound, sounds[symbol], start + number * sixteenth, sample_rate, levels[symbol] * accent)
    return in_room(sound, rng, sample_rate, 0.35, 0.05)
