"""What the instruments play: notes of a scale, and continuous pitch and loudness for the instruments that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sepbench.corpora.synthesis.chance import near, pick
from sepbench.corpora.synthesis.envelopes import Signal, breakpoints

MODES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))
"""Major, minor, pentatonic: semitones above the tonic."""


@dataclass(frozen=True)
class Note:
    """A note: start and length in seconds, MIDI number (69 is a' at 440 Hz), loudness 0 to 1."""

    start: float
    seconds: float
    number: int
    loudness: float


def hertz(number: float) -> float:
    """Equal temperament: twelve semitones to the octave, 69 at 440 Hz.

    >>> round(hertz(60), 2)
    261.63
    """
    return float(440.0 * 2.0 ** ((number - 69.0) / 12.0))


def walk(rng: np.random.Generator, seconds: float, beat: float, lowest: int, highest: int) -> list[Note]:
    """A tune: steps and small leaps in one scale between two MIDI numbers, in notes of a half, one or two beats."""
    tonic, mode = int(rng.integers(0, 12)), pick(rng, MODES)
    scale = [number for number in range(lowest, highest + 1) if (number - tonic) % 12 in mode]
    place = int(rng.integers(len(scale) // 4, 3 * len(scale) // 4))
    now, notes = float(rng.uniform(0.05, 0.25)), []
    while now < seconds - 0.1:
        length = beat * pick(rng, (0.5, 0.5, 1.0, 1.0, 1.0, 2.0))
        notes.append(Note(now, length, scale[place], near(rng, 0.8, 0.1)))
        place += pick(rng, (-3, -2, -1, -1, 1, 1, 2, 3))
        place = abs(place) if place < len(scale) else 2 * (len(scale) - 1) - place
        now += length
    return notes


def held_pitch(notes: list[Note], samples: int, sample_rate: int, glide: float) -> Signal:
    """Hz over time of one voice that slides from note to note within `glide` seconds."""
    points = [(notes[0].start, np.log(hertz(notes[0].number)))]
    for before, after in pairwise(notes):
        points += [(after.start - glide / 2, np.log(hertz(before.number)))]
        points += [(after.start + glide / 2, np.log(hertz(after.number)))]
    return np.exp(breakpoints(points, samples, sample_rate))


def held_loudness(notes: list[Note], samples: int, sample_rate: int, attack: float, dip: float) -> Signal:
    """Loudness of one voice: every note swells in `attack` seconds and falls to `dip` of itself before the next."""
    points = [(notes[0].start, 0.0)]
    for note in notes:
        end = note.start + note.seconds
        points += [(note.start + min(attack, 0.5 * note.seconds), note.loudness)]
        points += [(end - 0.12 * note.seconds, 0.85 * note.loudness), (end, dip * note.loudness)]
    points += [(points[-1][0] + 0.05, 0.0)]
    return breakpoints(points, samples, sample_rate)
