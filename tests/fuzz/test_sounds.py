"""Damaged audio files: 1,646 inputs. Samples that the file holds, at a rate that a recording has, or one clear line."""

from __future__ import annotations

import io
import json
import shutil
import struct
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

from sepbench import audio
from sepbench.errors import SepbenchError
from tests.fuzz.guarding import assert_well_ended, bounded, command, each, result_of, writing_only_in
from tests.fuzz.mutations import batches, damaged
from tests.fuzz.originals import SUITE

HEADERS, FORMATS, SCORED = batches(250, 750), batches(150, 450), batches(3, 43)
FRAMES, RATE = 200, 8000
FIELDS = (
    ("riff", 0, "4s"), ("riff size", 4, "I"), ("wave", 8, "4s"), ("fmt", 12, "4s"), ("fmt size", 16, "I"),
    ("format", 20, "H"), ("channels", 22, "H"), ("rate", 24, "I"), ("bytes a second", 28, "I"), ("block", 32, "H"),
    ("bits", 34, "H"), ("data", 36, "4s"), ("data size", 40, "I"),
)  # fmt: skip
WORDS = {"4s": (b"RIFX", b"RF64", b"junk", b"LIST", b"\0\0\0\0", b"data", b"fmt ", b"fact", b"cue ")}
SIZES = {
    "H": (0, 1, 2, 3, 6, 7, 8, 12, 17, 24, 32, 64, 255, 0x55, 0x161, 0x7FFF, 0xFFFE, 0xFFFF),
    "I": (0, 1, 3, 16, 18, 40, 400, 999, 44_100, 768_001, 1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
}
KINDS = (
    ("wav", "WAV", "FLOAT"), ("wav", "WAV", "PCM_24"), ("wav", "WAVEX", "PCM_16"), ("flac", "FLAC", "PCM_16"),
    ("ogg", "OGG", "VORBIS"), ("mp3", "MP3", "MPEG_LAYER_III"), ("w64", "W64", "PCM_16"), ("caf", "CAF", "PCM_16"),
    ("au", "AU", "PCM_16"), ("aiff", "AIFF", "PCM_16"), ("raw", "WAV", "PCM_16"), ("wav", "WAV", "IMA_ADPCM"),
)  # fmt: skip


def plain_wav(samples: np.ndarray, rate: int) -> bytes:
    """A WAV of 16 bit, one channel, as its format has it; header of 44 bytes."""
    content = np.round(samples * 32767).astype("<i2").tobytes()
    about = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(content), b"WAVE")
        + about
        + struct.pack("<4sI", b"data", len(content))
        + content
    )


def other_fields(random: Random, whole: bytes) -> bytes:
    """One or two fields of the header with other values."""
    changed = bytearray(whole)
    for _ in range(random.choice((1, 1, 2))):
        _, at, form = random.choice(FIELDS)
        value = random.choice(WORDS["4s"] if form == "4s" else SIZES[form])
        struct.pack_into(f"<{form}", changed, at, value)
    return bytes(changed)


def assert_a_recording(found: audio.Recording, size: int) -> None:
    """Mono float32 at a usual rate; no more samples than the bytes can hold (ADPCM: two in a byte; MP3: far less)."""
    assert found.audio.dtype == np.float32 and found.audio.ndim == 1
    assert 1000 <= found.sample_rate <= 768_000
    assert len(found.audio) <= 200 * size


@pytest.mark.parametrize("seeds", HEADERS)
def test_fields_of_wav_headers(tmp_path: Path, rng: np.random.Generator, seeds: range) -> None:
    """Every field by name, alone and in pairs; of the samples themselves nothing is changed."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    whole = plain_wav(rng.uniform(-0.5, 0.5, FRAMES), RATE)
    true = np.frombuffer(whole[44:], "<i2").astype(np.float32) / 32768

    def check(seed: int) -> bool:
        content = other_fields(Random(f"header {seed}"), whole)
        (folder / "x.wav").write_bytes(content)
        found = result_of(lambda: audio.read(folder / "x.wav"))
        if isinstance(found, SepbenchError):
            return False
        assert_a_recording(found, len(content))
        if content[20:24] == whole[20:24] and content[32:36] == whole[32:36] and content[:4] == b"RIFF":
            assert np.array_equal(found.audio, true[: len(found.audio)])  # sizes and rates move no sample
        return True

    with writing_only_in(folder, tmp_path):
        each(seeds, check, share=0.1)


@pytest.mark.parametrize("seeds", FORMATS)
def test_damaged_files_of_many_formats(tmp_path: Path, rng: np.random.Generator, seeds: range) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    noise, wholes = 0.1 * rng.standard_normal((2000, 2)).astype(np.float32), {}
    for name, kind, subtype in KINDS:
        written = io.BytesIO()
        soundfile.write(written, noise, RATE, format=kind, subtype=subtype)
        wholes[name, kind, subtype] = written.getvalue()

    def check(seed: int) -> bool:
        random = Random(f"format {seed}")
        kind = random.choice(KINDS)
        path = folder / f"x.{kind[0]}"
        whole = wholes[kind]
        head = random.choice((64, 200, len(whole)))
        path.write_bytes(damaged(random, whole[:head]) + whole[head:])
        found = result_of(lambda: audio.read(path))
        if isinstance(found, SepbenchError):
            return False
        assert_a_recording(found, path.stat().st_size)
        return True

    with writing_only_in(folder, tmp_path):
        each(seeds, check, share=0.1)


@pytest.mark.parametrize("seeds", SCORED)
def test_scoring_them(originals: Path, tmp_path: Path, seeds: range) -> None:
    """Files given as estimates: an item whose file is broken fails, and the others have their scores."""
    folder = tmp_path / "work"
    shutil.copytree(originals, folder)
    rows = [json.loads(line) for line in (folder / "small.jsonl").read_bytes().splitlines()]
    items = sorted(f"{row['id']}.{index}" for row in rows for index in range(len(row["queries"])))
    length = rows[0]["samples"]
    whole = plain_wav(0.3 * np.sin(np.arange(length)), SUITE["scoring_rate"])
    (folder / "given").mkdir()
    for item in items:
        (folder / "given" / f"{item}.wav").write_bytes(whole)

    def check(seed: int) -> bool:
        random = Random(f"scored {seed}")
        harmed = random.choice(items)
        content = other_fields(random, whole) if random.randrange(2) else damaged(random, whole)
        (folder / "given" / f"{harmed}.wav").write_bytes(content)
        shutil.rmtree(folder / "run", ignore_errors=True)
        words = ["score", "--estimates", str(folder / "given"), "--suite", str(folder / "small.toml")]
        ended = command([*words, "--out", str(folder / "run")], tmp_path)
        (folder / "given" / f"{harmed}.wav").write_bytes(whole)
        assert_well_ended(ended)
        scored = [json.loads(line) for line in (folder / "run" / "rows.jsonl").read_bytes().splitlines()]
        assert {row["item"] for row in scored} == set(items)
        assert all(row["status"] == "ok" for row in scored if row["item"] != harmed)
        return ended.code == 0

    with writing_only_in(folder, tmp_path):
        each(seeds, check)


@pytest.mark.parametrize("rate", [1, 999, 768_001, 2**31 - 1])
def test_a_rate_of_no_recording_is_refused(tmp_path: Path, rate: int) -> None:
    """At 1 Hz a small file would be hours of sound, and gigabytes once it is resampled."""
    (tmp_path / "x.wav").write_bytes(plain_wav(np.zeros(8), rate))
    with pytest.raises(SepbenchError, match=f"absurd sample rate: given .*x.wav: {rate} Hz; wanted 1000 to 768000"):
        audio.read(tmp_path / "x.wav")


def test_a_header_that_announces_terabytes_takes_the_memory_of_what_is_there(tmp_path: Path) -> None:
    """The field of FLAC's STREAMINFO for the number of samples, 36 bits from byte 21 on, at its largest."""
    written = io.BytesIO()
    soundfile.write(written, np.zeros(1000, np.float32), RATE, format="FLAC")
    content = bytearray(written.getvalue())
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4
    (tmp_path / "x.flac").write_bytes(content)
    with bounded(memory=1 << 28):
        found = result_of(lambda: audio.read(tmp_path / "x.flac"))
    assert isinstance(found, SepbenchError) or len(found.audio) <= 1000


def test_what_a_file_is_called_does_not_matter(tmp_path: Path) -> None:
    """``.raw`` once asked for a rate, which nobody could give."""
    (tmp_path / "x.raw").write_bytes(plain_wav(np.full(8, 0.5), RATE))
    assert np.allclose(audio.read(tmp_path / "x.raw").audio, 0.5, atol=1e-4)
