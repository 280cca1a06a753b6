"""How a metric behaves, as inputs to measure: one synthesised voice beside rain, made worse in one way at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from sepbench.corpora.synthesis.render import synthesise
from sepbench.metrics.intervals import on_mask
from sepbench.metrics.metric import Metric, Sample, Signal

RATE, SECONDS, PAUSE_SECONDS = 32000, 3.0, 1.0
BASE_DB = 20.0
"""Ratio of the voice to the rain that is left in an estimate which is then made quieter, later or duller."""
SAMPLE_MS = 1000 / RATE
LEVELS = tuple(np.arange(-40.0, 21.0, 5.0).tolist())

Asked = tuple[Sample, ...]
"""All queries about one mixture: one, but for metrics of a set."""


@dataclass(frozen=True)
class Sweep:
    """One panel: what grows along the axis, and what is measured there.

    Attributes:
        axis: label of the horizontal axis, with its unit.
        points: places on it.
        asked: what to measure at one of them.
        scale: of the axis, as matplotlib calls it.
    """

    axis: str
    points: Sequence[float]
    asked: Callable[[float], Asked]
    scale: str = "linear"


@cache
def voice() -> Signal:
    """The reference, ``(time,)``."""
    return synthesise("speech", 0, sample_rate=RATE, seconds=SECONDS).astype(np.float64)


@cache
def rain() -> Signal:
    """The other sound, as strong as the voice."""
    other = synthesise("rain", 0, sample_rate=RATE, seconds=SECONDS).astype(np.float64)
    return other * float(np.linalg.norm(voice()) / np.linalg.norm(other))


def heard(estimate: Signal, *, chunk_seconds: float | None = None) -> Asked:
    """An answer to the query for the voice, in a mixture at 0 dB."""
    mixture = voice() + rain()
    return (Sample(estimate, voice(), RATE, mixture, "a man speaks", chunk_seconds=chunk_seconds),)


def good() -> Signal:
    """The voice with some rain left."""
    return voice() + db(-BASE_DB) * rain()


def db(level: float) -> float:
    """The gain of a level in dB."""
    return float(10 ** (level / 20))


def late(milliseconds: float) -> Signal:
    """The good estimate after a delay, cut to length."""
    samples = round(milliseconds * RATE / 1000)
    return np.concatenate([np.zeros(samples), good()])[: len(voice())]


def dull(cutoff_hz: float) -> Signal:
    """The good estimate without what is above a frequency."""
    spectrum = np.fft.rfft(good())
    spectrum[np.fft.rfftfreq(len(good()), 1 / RATE) > cutoff_hz] = 0
    return np.fft.irfft(spectrum, len(good()))


def absent(level: float) -> Asked:
    """An answer to a query for a sound that is not there."""
    mixture = voice() + rain()
    return (Sample(db(level) * mixture, np.zeros_like(mixture), RATE, mixture, "a dog barks", absent=True),)


def both(level: float) -> Asked:
    """Answers to queries for both sounds, each with some of the other, as one mixture's."""
    mixture, leak = voice() + rain(), db(level)
    answers = (("a man speaks", voice(), rain()), ("rain", rain(), voice()))
    return tuple(Sample(right + leak * wrong, right, RATE, mixture, text) for text, right, wrong in answers)


def removal(level: float) -> Asked:
    """Extraction and removal of the voice, when some rain is in both answers."""
    mixture, leak = voice() + rain(), db(level) * rain()
    return (Sample(rain(), rain(), RATE, mixture, "a man speaks", removal=True, complement=voice() + leak),)


def swapped(share: float) -> Asked:
    """The answer to the other sound's query, from that sound alone to the very same answer."""
    mixture = voice() + rain()
    other = (1 - share) * (rain() + db(-BASE_DB) * voice()) + share * good()
    return (Sample(good(), voice(), RATE, mixture, "a man speaks", swapped=other),)


def paused(level: float, in_pause: float) -> Asked:
    """A reference with a pause in its middle: rain at one level where it sounds, at another where it pauses."""
    pause = np.zeros(round(PAUSE_SECONDS * RATE))
    half = len(voice()) // 2
    reference = np.concatenate([voice()[:half], pause, voice()[half:]])
    around = np.resize(rain(), len(reference))
    gains = np.where(on_mask(reference, RATE), db(level), db(in_pause))
    return (Sample(reference + gains * around, reference, RATE, reference + around, "a man speaks"),)


def seams(level: float) -> Asked:
    """Rain at 20 dB below the voice, and `level` stronger within 50 ms of every whole second."""
    seconds = np.arange(len(voice())) / RATE
    whole = np.round(seconds)
    near = (np.abs(seconds - whole) < 0.05) & (whole > 0) & (whole < SECONDS)
    return heard(voice() + db(-BASE_DB) * np.where(near, db(level), 1.0) * rain(), chunk_seconds=1.0)


RATIOS = (*LEVELS[2:], 25.0, 30.0)
DELAYS = (0, SAMPLE_MS, 2 * SAMPLE_MS, 0.125, 0.25, 0.5, 1, 2, 5, 10, 20, 50)

RATIO = Sweep("voice over rain in the estimate (dB)", RATIOS, lambda x: heard(voice() + db(-x) * rain()))
GAIN = Sweep("gain of the whole estimate (dB)", LEVELS, lambda x: heard(db(x) * good()))
DELAY = Sweep("delay (ms)", DELAYS, lambda x: heard(late(x)), "symlog")
CUTOFF = Sweep("nothing above (Hz)", (250, 500, 1000, 2000, 4000, 8000, 16000), lambda x: heard(dull(x)), "log")
SILENCE = Sweep("gain of the whole estimate (dB)", tuple(range(-120, 1, 10)), lambda x: heard(db(x) * good()))
ABSENT = Sweep("level of the answer to an absent sound (dB re mixture)", tuple(range(-60, 1, 5)), absent)
LEAK = Sweep("rain where the voice sounds (dB re voice)", LEVELS, lambda x: paused(x, -BASE_DB))
LEAK_IN_PAUSE = Sweep("rain where it pauses (dB re voice)", LEVELS, lambda x: paused(-BASE_DB, x))
LOUDER_SEAMS = Sweep("error at the seams over error elsewhere (dB)", RATIOS[2:], seams)
PARTS = Sweep("of the other sound in each answer (dB)", LEVELS, both)
REMIX = Sweep("rain that is in both answers (dB re voice)", LEVELS, removal)
SWAP = Sweep("share of the right answer in the other's", tuple(np.linspace(0, 1, 11).tolist()), swapped)

USUAL = (RATIO, GAIN, DELAY, CUTOFF)
BY_NAME: Mapping[str, tuple[Sweep, ...]] = {
    "silent_output_rate": (SILENCE,),
    "qa_sdri": (PARTS, ABSENT, GAIN),
    "sum_consistency": (PARTS,),
    "remix_consistency": (REMIX,),
    "swap_sensitivity": (SWAP,),
    "seam_error": (LOUDER_SEAMS,),
    "off_interval_level": (LEAK, LEAK_IN_PAUSE),
    "on_interval_si_sdr": (LEAK, LEAK_IN_PAUSE),
    "on_interval_recall_rate": (LEAK, GAIN),
}
"""What shows a metric that the usual four say little of."""


def sweeps(metric: Metric) -> tuple[Sweep, ...]:
    """The panels that show a metric."""
    if metric.name in BY_NAME:
        return BY_NAME[metric.name]
    return (ABSENT,) if metric.scope == "absent" else USUAL
