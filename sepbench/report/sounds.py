"""Sounds for the page: for a few items the mixture, the target and every kept answer, as MP3 with a spectrogram each.

MP3 loses something: it is for listening. Every number on the page was measured on the samples themselves. All sounds of
an item are lowered by one gain where one of them would clip, so that their levels stay comparable.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.audio import Audio, read, resample
from sepbench.errors import SepbenchError
from sepbench.report.asked import Asked, hear
from sepbench.report.packing import Packed, packed
from sepbench.report.spectrogram import levels_db, picture
from sepbench.results.run_folder import ESTIMATES, estimate_path

MOST_BYTES = 6_000_000
"""Of one page's sounds: it must open at once and be small enough to be sent."""
LONGEST_SECONDS = 30
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
QUALITY = 0.7
"""Of the encoder's variable rate, from 0, the best, to 1."""


@dataclass(frozen=True)
class Track:
    """One sound, float32 ``(time,)``; `role` is ``mixture``, ``target`` or ``model``."""

    name: str
    role: str
    audio: Audio
    sample_rate: int


def parse_wish(text: str) -> int:
    """How many items are to be heard: ``none | sample:N``.

    >>> parse_wish("sample:8"), parse_wish("none")
    (8, 0)
    """
    name, _, number = text.partition(":")
    if name == "sample" and number.isascii() and number.isdigit():
        return int(number)
    if text == "none":
        return 0
    raise SepbenchError("--audio", given=text, wanted="none or sample:N", remedy="use one of them")


def kept(folder: Path, models: Sequence[str], items: Sequence[str]) -> dict[str, dict[str, Path]]:
    """The kept answers, by item and model; items by hash, in the order in which `sepbench run` samples them."""
    ordered = sorted(items, key=lambda item: hashlib.sha256(item.encode()).digest())
    found = {item: {model: estimate_path(folder / ESTIMATES, model, item) for model in models} for item in ordered}
    here = {item: {model: path for model, path in paths.items() if path.is_file()} for item, paths in found.items()}
    return {item: paths for item, paths in here.items() if paths}


def sound_pages(
    prefix: str, answers: Mapping[str, Mapping[str, Path]], asked: Asked, most: int, room: int
) -> Iterator[tuple[str, Packed]]:
    """The pages of the first items of `answers`, by item, as long as they fit.

    Args:
        prefix: of the pages' ids.
        most: items at most.
        room: bytes at most.
    """
    for number, (item, paths) in enumerate(list(answers.items())[:most]):
        page = packed(f"{prefix}-sound-{number}", _item(item, paths, asked))
        room -= len(page.text)
        if room < 0:
            return
        yield item, page


def _item(item: str, paths: Mapping[str, Path], asked: Asked) -> dict[str, Any]:
    tracks, reason = _given(item, asked)
    for model, path in paths.items():
        recording = read(path)
        tracks.append(Track(model, "model", recording.audio, recording.sample_rate))
    peak = max(float(np.max(np.abs(track.audio), initial=0.0)) for track in tracks)
    gain = min(1.0, 0.99 / peak) if peak else 1.0
    rate = tracks[0].sample_rate
    levels = [levels_db(_cut(resample(track.audio, track.sample_rate, rate), rate), rate) for track in tracks]
    ceiling = max(float(one.max()) for one in levels)
    pictures = [picture(one, ceiling) for one in levels]
    return {"reason": reason, "tracks": [_encoded(*one, gain) for one in zip(tracks, pictures, strict=True)]}


def _given(item: str, asked: Asked) -> tuple[list[Track], str]:
    """Mixture and target, or why they cannot be heard."""
    if item not in asked.items:
        return [], asked.reason or "the suite has no such item"
    try:
        heard = hear(asked.items[item])
    except SepbenchError as error:
        return [], str(error)
    given = (("mixture", heard.mixture), ("target", heard.target))
    return [Track(f"the {role}", role, audio, heard.sample_rate) for role, audio in given], ""


def _cut(audio: Audio, sample_rate: int) -> Audio:
    return audio[: LONGEST_SECONDS * sample_rate]


def _encoded(track: Track, png: bytes, gain: float) -> dict[str, Any]:
    heard = _cut(track.audio, track.sample_rate)
    return {
        "name": track.name,
        "role": track.role,
        "cut": len(heard) < len(track.audio),
        "mp3": base64.b64encode(mp3(heard * np.float32(gain), track.sample_rate)).decode(),
        "png": base64.b64encode(png).decode(),
    }


def mp3(audio: Audio, sample_rate: int) -> bytes:
    """The sound as MP3 at its own rate, or the next one that MP3 knows. The same samples give the same bytes."""
    import soundfile

    rate = next((one for one in MP3_RATES if one >= sample_rate), MP3_RATES[-1])
    samples = audio if rate == sample_rate else resample(audio, sample_rate, rate)
    file = io.BytesIO()
    soundfile.write(
        file,
        samples,
        rate,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=QUALITY,
    )
    return file.getvalue()
