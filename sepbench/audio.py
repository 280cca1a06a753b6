"""Audio in and out of arrays.

Conventions: mono float32 arrays of shape ``(time,)``, full scale 1, with an explicit ``sample_rate: int`` in Hz.
Several channels are averaged on reading. Resampling is soxr HQ and nothing else: two common resamplers agree to only
7.5 dB on some real clips, so the resampler is part of every result's recipe.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import MissingData, SepbenchError
from sepbench.paths import whole

Audio = NDArray[np.float32]
AnyFloat = TypeVar("AnyFloat", np.float32, np.float64)

RESAMPLER = "soxr_hq"
"""Name that manifests and signatures carry; the soxr version stands in run.json."""
BLOCK = 1 << 16
LOWEST_RATE, HIGHEST_RATE = 1000, 768_000
"""Of a recording, in Hz."""


@dataclass(frozen=True)
class Recording:
    """One mono clip: `audio` float32 ``(time,)`` at `sample_rate` Hz."""

    audio: Audio
    sample_rate: int


def read(path: Path) -> Recording:
    """Read any file that libsndfile knows (WAV, FLAC, Ogg, MP3 ...) as mono float32 by averaging its channels.

    Raises:
        MissingData: there is no such file.
        SepbenchError: the file is not readable as audio, or of a rate that no recording has.
    """
    if not path.is_file():
        raise MissingData("audio file not found", given=str(path), remedy="check the path or fetch the corpus")
    with path.open("rb") as file:
        return decode(file.fileno(), place=str(path))


def decode(file: int | BinaryIO, *, place: str) -> Recording:
    """What `read` gives, of an open descriptor or file; `place` says in errors which it is.

    Block by block: a damaged header may announce terabytes, and memory is taken for what is there.
    """
    import soundfile

    try:
        with soundfile.SoundFile(file, closefd=False) as sound:
            rate, blocks = sound.samplerate, [np.zeros(0, np.float32)]
            while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
                with np.errstate(invalid="ignore", over="ignore"):  # floats of a damaged file; scoring finds them
                    blocks.append(block.mean(axis=1, dtype=np.float32))
    except soundfile.LibsndfileError as error:
        raise SepbenchError(
            "not a readable audio file",
            given=place,
            wanted="WAV, FLAC, Ogg or MP3",
            remedy=f"replace the file ({error.error_string})",
        ) from error
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise SepbenchError(
            "an audio file of an absurd sample rate",
            given=f"{place}: {rate} Hz",
            wanted=f"{LOWEST_RATE} to {HIGHEST_RATE} Hz",
            remedy="replace the file",
        )
    return Recording(np.concatenate(blocks), rate)


def write(path: Path, audio: Audio, sample_rate: int) -> None:
    """Write a float32 WAV; the file appears whole or not at all.

    scipy's writer rather than libsndfile's: the latter stamps float files with the time of day, and equal audio would
    no longer be equal bytes.
    """
    from scipy.io import wavfile

    with whole(path) as partial:
        wavfile.write(partial, sample_rate, np.asarray(audio, dtype=np.float32))


def resample(audio: NDArray[AnyFloat], source_rate: int, target_rate: int) -> NDArray[AnyFloat]:
    """Resample ``(time,)`` audio with soxr HQ; the dtype is kept, the input returned untouched at equal rates.

    Returns:
        ``(round(time * target_rate / source_rate),)``, same dtype.

    Raises:
        SepbenchError: a rate that no recording has.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(32000) / 32000)
    >>> half = resample(tone, 32000, 16000)
    >>> half.shape, round(float(np.sqrt(np.mean(half**2))), 3)
    ((16000,), 0.707)
    """
    if source_rate == target_rate:
        return audio
    if not (0 < source_rate <= HIGHEST_RATE and 0 < target_rate <= HIGHEST_RATE):
        raise SepbenchError(
            "an absurd sample rate",  # soxr would never come back from 10**300
            given=f"{source_rate} to {target_rate} Hz",
            wanted=f"at most {HIGHEST_RATE} Hz",
            remedy="state the rate at which the audio was made",
        )
    import soxr

    resampled: NDArray[AnyFloat] = soxr.resample(audio, source_rate, target_rate, quality="HQ")
    return resampled


def samples_sha256(audio: Audio, sample_rate: int) -> str:
    """Hash of what is heard: the samples as little-endian float32, and the rate; file headers do not count.

    >>> samples_sha256(np.zeros(4, np.float32), 16000)[:16]
    'e61678f5cc3cf888'
    """
    digest = hashlib.sha256(f"{sample_rate}\n".encode())
    digest.update(np.ascontiguousarray(audio, dtype="<f4").tobytes())
    return digest.hexdigest()
