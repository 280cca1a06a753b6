"""From a class's name and a number to a finished clip: seeding, levelling and fading.

Conventions: mono float32 of shape ``(time,)``, full scale 1. A clip's generator is seeded by its name alone, so the
clip is the same to the bit on one machine whatever was rendered before it.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from sepbench.corpora.synthesis.catalogue import CLASSES
from sepbench.corpora.synthesis.envelopes import Signal, swell
from sepbench.errors import SepbenchError
from sepbench.search_path import closest

VERSION = 1
"""Raised whenever any sample of any clip changes."""
LOWEST_SAMPLE_RATE = 16000
LOWEST_DBFS, HIGHEST_DBFS = -27.0, -19.0
"""Range of the RMS levels aimed at; a clip with high peaks may come out lower, but not below -30."""
PEAK = 0.95
CREST = 18.0
"""Highest ratio of peak to RMS a clip keeps: 25 dB."""
LIMITER_ROUNDS = 6
FADE_SECONDS = 0.01


def generator(label: str, variation: int) -> np.random.Generator:
    """The generator of one clip: PCG64 seeded by the SHA-256 of its name.

    >>> bool(generator("rain", 0).random() == generator("rain", 0).random())
    True
    """
    digest = hashlib.sha256(f"synthetic/{VERSION}/{label}/{variation}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def synthesise(label: str, variation: int, *, sample_rate: int = 32000, seconds: float = 5.0) -> NDArray[np.float32]:
    """One clip of the class `label`.

    Args:
        label: a label of the catalogue.
        variation: any number from 0; another number is another rain, another dog, another tune.
        sample_rate: Hz, at least 16000.
        seconds: length, at least 1.

    Raises:
        SepbenchError: no such class, or a number out of range.

    >>> clip = synthesise("church bell", 3)
    >>> clip.shape, clip.dtype.name, bool(abs(clip).max() <= 0.95)
    ((160000,), 'float32', True)
    """
    sound = {known.label: known for known in CLASSES}.get(label)
    if sound is None:
        known_labels = [known.label for known in CLASSES]
        raise SepbenchError(
            "unknown sound class", given=label, wanted="a label of the catalogue", remedy=closest(label, known_labels)
        )
    _check("variation", variation, 0)
    _check("sample rate", sample_rate, LOWEST_SAMPLE_RATE)
    _check("length in seconds", seconds, 1.0)
    rng = generator(label, variation)
    level = float(rng.uniform(LOWEST_DBFS, HIGHEST_DBFS))
    raw = sound.synthesise(rng, round(seconds * sample_rate), sample_rate)
    return _levelled(raw, level, sample_rate).astype(np.float32)


def _check(what: str, given: float, lowest: float) -> None:
    if not given >= lowest:
        raise SepbenchError(f"{what} out of range", given=str(given), wanted=f"{lowest:g} or more", remedy="raise it")


def _levelled(raw: Signal, decibels: float, sample_rate: int) -> Signal:
    """Fades, no mean, an RMS of `decibels` re full scale, or less where the peak would pass `PEAK`."""
    fade = swell(len(raw), sample_rate, FADE_SECONDS, FADE_SECONDS)
    sound = _limited(raw * fade)
    sound -= fade * (sound.sum() / fade.sum())  # takes the mean out and leaves the ends at zero
    gain = min(10.0 ** (decibels / 20.0) / _rms(sound), (PEAK - 1e-6) / float(np.abs(sound).max()))
    sound *= gain
    return sound


def _rms(sound: Signal) -> float:
    return float(np.sqrt(np.mean(sound * sound)))


def _limited(sound: Signal) -> Signal:
    """`sound` with peaks bent smoothly until they stand no more than `CREST` times above its RMS.

    Clips of rare sharp events would come out faint otherwise. Bending lowers the RMS as well, hence the rounds.
    """
    for _ in range(LIMITER_ROUNDS):
        size, ceiling = np.abs(sound), CREST * _rms(sound)
        if float(size.max()) <= ceiling:
            break
        knee = 0.4 * ceiling
        bent = knee + (0.9 * ceiling - knee) * np.tanh((size - knee) / (0.9 * ceiling - knee))
        sound = np.where(size > knee, np.copysign(bent, sound), sound)
    return sound
