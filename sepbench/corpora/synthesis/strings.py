"""Guitar, piano and violin: strings plucked, struck and bowed, and the bodies that make them heard.

After Fletcher and Rossing, "The Physics of Musical Instruments" (1998), chapters 9, 10 and 12.
"""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal
from sepbench.corpora.synthesis.events import LATEST_FIRST, add
from sepbench.corpora.synthesis.impacts import noise_burst
from sepbench.corpora.synthesis.melody import held_loudness, held_pitch, hertz, walk
from sepbench.corpora.synthesis.noise import band, equalised
from sepbench.corpora.synthesis.oscillators import pulse_train
from sepbench.corpora.synthesis.resonators import decaying_partials, resonances
from sepbench.corpora.synthesis.room import in_room

GUITAR_CHORDS = (
    (40, 47, 52, 56, 59, 64),
    (45, 52, 57, 60, 64, 69),
    (43, 47, 50, 55, 59, 67),
    (48, 52, 55, 60, 64, 67),
    (38, 45, 50, 54, 57, 62),
)
VIOLIN_BODY = (
    (190, -14),
    (275, 2),
    (380, -5),
    (460, 4),
    (560, 3),
    (800, -4),
    (1200, -2),
    (2500, 3),
    (3500, -4),
    (6000, -16),
    (12000, -34),
)


def plucked(
    rng: np.random.Generator, pitch: float, seconds: float, sample_rate: int, place: float, soft: float
) -> Signal:
    """A plucked string: partial n has amplitude sin(n pi p) / n for a finger at share p of the length.

    Losses grow with frequency, so the treble dies first: T60_n = T60 / (1 + (f_n / 1500 Hz)^1.2).
    """
    number = np.arange(1, min(36, int(9000.0 / pitch)) + 1)
    partials = number * pitch * np.sqrt(1.0 + 5e-5 * number**2)
    amplitudes = (
        np.sin(number * np.pi * place)
        / number
        * np.exp(-partials / soft)
        * np.exp(0.15 * rng.standard_normal(len(number)))
    )
    t60 = 4.5 * (150.0 / pitch) ** 0.35 / (1.0 + (partials / 1500.0) ** 1.2)
    note = decaying_partials(int(seconds * sample_rate), sample_rate, partials, t60, amplitudes)
    release = min(len(note), int(0.03 * sample_rate))
    note[-release:] *= np.linspace(1.0, 0.0, release)
    add(note, noise_burst(rng, sample_rate, 1800.0, 2.0, 0.02), 0.0, sample_rate, 0.05)
    return note


def acoustic_guitar(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """Broken chords on a steel-string guitar; a string rings on until it is plucked again."""
    seconds = samples / sample_rate
    beat, place, soft = rng.uniform(0.14, 0.34), rng.uniform(0.1, 0.28), log_uniform(rng, 1600.0, 4500.0)
    capo = int(rng.integers(0, 6))
    now, sound = rng.uniform(0.05, LATEST_FIRST), np.zeros(samples)
    while now < seconds - 0.05:
        chord = pick(rng, GUITAR_CHORDS)
        pattern = pick(rng, ((0, 3, 4, 5, 4, 3), (0, 2, 3, 5), (1, 3, 4, 3, 5, 3, 4, 3), (0, 1, 2, 3, 4, 5)))
        for position, string in enumerate(pattern):
            ringing = min(seconds - now, beat * (len(pattern) - position) + 0.3)
            if ringing > 0.05:
                note = plucked(rng, hertz(chord[string] + capo), ringing, sample_rate, place, soft)
                add(sound, note, now, sample_rate, near(rng, 1.0 if position == 0 else 0.75, 0.12))
            now += near(rng, beat, 0.02)
    body = resonances(sound, sample_rate, [105.0, 205.0, 400.0], [25.0, 40.0, 120.0], [0.5, 0.5, 0.4])
    return in_room(equalised(sound + body, sample_rate, ((120, 0), (16000, 0))), rng, sample_rate, 0.4, 0.03)


def struck(rng: np.random.Generator, number: int, seconds: float, sample_rate: int, force: float) -> Signal:
    """A piano note: stiff strings, f_n = n f_1 sqrt((1 + B n^2) / (1 + B)), two per note a little apart, struck at 1/8.

    The pair falls fast while in step and slowly once apart (Weinreich, JASA 1977): a short and a long decay together.
    """
    pitch = hertz(number)
    stiffness = 2.5e-4 * 2.0 ** ((number - 60) / 9.0)
    order = np.arange(1, min(30, int(11000.0 / pitch)) + 1)
    partials = order * pitch * np.sqrt((1.0 + stiffness * order**2) / (1.0 + stiffness))
    hammer = np.exp(-partials / (700.0 + 2600.0 * force**1.5)) * np.abs(np.sin(order * np.pi / 8.2) + 0.03)
    amplitudes = hammer / order**0.25 * np.exp(0.2 * rng.standard_normal(len(order)))
    slow = 9.0 * (261.0 / pitch) ** 0.6 / (1.0 + (partials / 2500.0) ** 1.1)
    samples = int(seconds * sample_rate)
    note = decaying_partials(samples, sample_rate, partials, slow * 0.35, amplitudes)
    note += decaying_partials(samples, sample_rate, partials * 1.0004, slow, 0.35 * amplitudes)
    damper = min(samples, int(0.08 * sample_rate))
    note[-damper:] *= np.linspace(1.0, 0.0, damper) ** 2
    note[: int(0.002 * sample_rate)] *= np.linspace(0.0, 1.0, int(0.002 * sample_rate))
    add(
        note,
        noise_burst(rng, sample_rate, 350.0, 2.0, 0.06),
        0.0,
        sample_rate,
        0.06 * force * float(np.abs(note).max()),
    )
    return note


def piano(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A tune in the right hand over slower chords in the left."""
    seconds = samples / sample_rate
    beat = rng.uniform(0.28, 0.55)
    register = int(rng.integers(0, 10))
    tune = walk(rng, seconds, beat, 60 + register, 79 + register)
    sound = np.zeros(samples)
    for note in tune:
        ringing = min(note.seconds + 0.15, seconds - note.start)
        add(
            sound, struck(rng, note.number, ringing, sample_rate, note.loudness), note.start, sample_rate, note.loudness
        )
    if rng.uniform() < 0.7:
        for anchor in tune[:: int(rng.integers(3, 6))]:
            ringing = min(4.0 * beat, seconds - anchor.start)
            for below in (24, 12, 17)[: int(rng.integers(1, 4))]:
                add(
                    sound, struck(rng, anchor.number - below, ringing, sample_rate, 0.5), anchor.start, sample_rate, 0.4
                )
    return in_room(sound, rng, sample_rate, 0.6, 0.05)


def violin(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """A bowed melody: the string sticks and slips (Helmholtz), a sawtooth through the body, vibrato and bow noise."""
    lowest = int(rng.integers(57, 68))
    notes = walk(rng, samples / sample_rate, rng.uniform(0.35, 0.8), lowest, lowest + 17)
    time = np.arange(samples) / sample_rate
    loudness = held_loudness(notes, samples, sample_rate, rng.uniform(0.06, 0.15), rng.uniform(0.25, 0.6))
    vibrato = (
        rng.uniform(0.003, 0.01)
        * np.sin(2.0 * np.pi * rng.uniform(5.0, 6.6) * time)
        * np.clip(loudness * 1.3 - 0.3, 0, 1)
    )
    pitch = held_pitch(notes, samples, sample_rate, 0.05) * (1.0 + vibrato)
    bow = 1.0 + 0.1 * rng.standard_normal(samples)
    string = pulse_train(pitch, sample_rate, rng.uniform(1900.0, 3200.0) * (0.6 + 0.4 * loudness)) * loudness * bow
    scrape = 0.05 * band(rng, samples, sample_rate, 1500.0, 6000.0) * loudness
    sound = equalised(string + scrape, sample_rate, VIOLIN_BODY)
    return in_room(sound, rng, sample_rate, rng.uniform(0.6, 1.4), 0.08)
