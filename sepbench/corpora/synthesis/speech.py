"""Speech-like babble: syllables of no language with the rhythm, melody and formant movement of speech.

Vowels are Peterson and Barney's means for men (JASA 1952); consonants follow Klatt (JASA 1980) in outline:
frication noise of fixed place, silent closure and burst for stops, low formants for nasals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepbench.corpora.synthesis.chance import log_uniform, near, pick
from sepbench.corpora.synthesis.envelopes import Signal, wander
from sepbench.corpora.synthesis.events import LATEST_FIRST
from sepbench.corpora.synthesis.noise import band
from sepbench.corpora.synthesis.oscillators import pulse_train
from sepbench.corpora.synthesis.resonators import resonances
from sepbench.corpora.synthesis.room import in_room

VOWELS = (
    (270, 2290, 3010), (390, 1990, 2550), (530, 1840, 2480), (660, 1720, 2410), (730, 1090, 2440),
    (570, 840, 2410), (440, 1020, 2240), (300, 870, 2240), (640, 1190, 2390), (490, 1350, 1690),
)  # fmt: skip
FRICATION = {"s": (5000.0, 8500.0), "sh": (2200.0, 5000.0), "f": (1200.0, 9000.0)}
BANDWIDTHS = (80.0, 100.0, 150.0, 220.0)
GAINS = (1.0, 0.55, 0.3, 0.16)
STEP = 0.005
"""Seconds between two values of the controls."""


@dataclass
class Controls:
    """Columns of control values, one row per `STEP`: pitch and formants in Hz, levels linear."""

    pitch: list[float]
    formants: list[tuple[float, float, float]]
    voice: list[float]
    breath: list[float]
    frication: dict[str, list[float]]

    def hold(
        self, seconds: float, formants: tuple[float, float, float], pitch: float, *,
        voice: float = 0.0, breath: float = 0.0, frication: str = "", level: float = 0.0,
    ) -> None:  # fmt: skip
        """Append `seconds` of one posture; smoothing between postures comes later."""
        for _ in range(max(1, round(seconds / STEP))):
            self.pitch.append(pitch)
            self.formants.append(formants)
            self.voice.append(voice)
            self.breath.append(breath)
            for place, levels in self.frication.items():
                levels.append(level if place == frication else 0.0)


def _consonant(rng: np.random.Generator, controls: Controls, vowel: tuple[float, float, float], pitch: float) -> None:
    """Before the vowel: a fricative, a stop with its burst, a nasal, a glide, or nothing."""
    kind = pick(rng, ("fricative", "fricative", "stop", "stop", "nasal", "glide", "none"))
    if kind == "fricative":
        place = pick(rng, ("s", "sh", "f"))
        level = {"s": 0.2, "sh": 0.22, "f": 0.06}[place] * rng.uniform(0.6, 1.2)
        controls.hold(rng.uniform(0.07, 0.13), vowel, pitch, frication=place, level=level)
    elif kind == "stop":
        controls.hold(rng.uniform(0.04, 0.08), vowel, pitch)
        controls.hold(0.01, vowel, pitch, frication=pick(rng, ("s", "sh", "f")), level=0.3)
        controls.hold(rng.uniform(0.005, 0.05), vowel, pitch, breath=0.25)
    elif kind == "nasal":
        controls.hold(rng.uniform(0.05, 0.09), (260.0, 1200.0, 2300.0), pitch, voice=0.35)
    elif kind == "glide":
        controls.hold(rng.uniform(0.05, 0.08), (310.0, pick(rng, (750.0, 1150.0, 2200.0)), 2300.0), pitch, voice=0.5)


def _script(rng: np.random.Generator, seconds: float, base: float, pace: float) -> Controls:
    """Phrases of four to nine syllables; the pitch sinks over each and rises on stressed syllables."""
    controls = Controls([], [], [], [], {place: [] for place in FRICATION})
    rest = (500.0, 1500.0, 2500.0)
    controls.hold(rng.uniform(0.03, LATEST_FIRST / 2), rest, base)
    while len(controls.pitch) * STEP < seconds:
        syllables = int(rng.integers(4, 10))
        for number in range(syllables):
            stress = rng.uniform(0.0, 1.0) < 0.4
            pitch = near(rng, base * (1.16 - 0.32 * number / syllables), 0.04) * (1.18 if stress else 1.0)
            vowel, end = pick(rng, VOWELS), pick(rng, VOWELS)
            _consonant(rng, controls, vowel, pitch)
            length = near(rng, 0.11 * (1.35 if stress else 0.8), 0.2) / pace
            diphthong = end if rng.uniform() < 0.3 else vowel
            loud = 1.0 if stress else 0.65
            controls.hold(length * 0.6, vowel, pitch, voice=loud, breath=0.02)
            controls.hold(length * 0.4, diphthong, pitch * 0.96, voice=0.8 * loud, breath=0.02)
        controls.hold(rng.uniform(0.18, 0.55), rest, base * 0.85)
    return controls


def _smoothed(values: list[float], samples: int, sample_rate: int, width: float) -> Signal:
    """Control values at the audio rate, after a moving Hann average of `width` seconds: organs move gradually."""
    window = np.hanning(2 * max(1, round(width / STEP / 2)) + 3)
    column = np.asarray(values, dtype=np.float64)
    edge = len(window) // 2
    smooth = np.convolve(np.pad(column, edge, mode="edge"), window / window.sum(), mode="valid")
    return np.interp(np.arange(samples) / sample_rate / STEP, np.arange(len(smooth)), smooth)


def speech(rng: np.random.Generator, samples: int, sample_rate: int) -> Signal:
    """One person talks: a man, a woman or a child by pitch and by length of tract."""
    base = log_uniform(rng, 90.0, 250.0)
    shorter = (base / 110.0) ** 0.25 * near(rng, 1.0, 0.03)
    controls = _script(rng, samples / sample_rate, base, rng.uniform(0.8, 1.25))
    pitch = _smoothed(controls.pitch, samples, sample_rate, 0.12)
    pitch *= 1.0 + 0.008 * wander(rng, samples, sample_rate, 25.0)
    voice = _smoothed(controls.voice, samples, sample_rate, 0.03)
    source = pulse_train(pitch, sample_rate, rng.uniform(900.0, 1700.0) * (0.5 + 0.5 * voice)) * voice
    source += rng.standard_normal(samples) * (_smoothed(controls.breath, samples, sample_rate, 0.02) + 0.03 * voice)
    columns = [_smoothed(list(column), samples, sample_rate, 0.06) for column in zip(*controls.formants, strict=True)]
    moments = np.stack([column[:: int(0.01 * sample_rate)] for column in columns], axis=1) * shorter
    centres = np.column_stack([moments, np.full(len(moments), 3500.0 * shorter)])
    sound = 2.5 * resonances(source, sample_rate, centres, BANDWIDTHS, GAINS) + 0.02 * source
    for place, (low, high) in FRICATION.items():
        level = _smoothed(controls.frication[place], samples, sample_rate, 0.02)
        sound += level * band(rng, samples, sample_rate, low, high)
    return in_room(sound, rng, sample_rate, rng.uniform(0.15, 0.5), 0.03)
