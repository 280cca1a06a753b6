"""Reading, writing and resampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepbench.audio import read, resample, samples_sha256, write
from sepbench.errors import MissingData, SepbenchError


def test_channels_are_averaged_and_the_type_is_float32(tmp_path: Path) -> None:
    stereo = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1)
    soundfile.write(tmp_path / "s.wav", stereo, 8000, subtype="FLOAT")
    found = read(tmp_path / "s.wav")
    assert found.audio.dtype == np.float32 and found.audio.shape == (100,) and found.sample_rate == 8000
    np.testing.assert_array_equal(found.audio, np.float32(0.125))


def test_written_audio_reads_back_exactly_and_is_the_same_bytes_later(tmp_path: Path, rng: np.random.Generator) -> None:
    audio = (2 * rng.standard_normal(1000)).astype(np.float32)
    write(tmp_path / "deep" / "a.wav", audio, 16000)
    write(tmp_path / "deep" / "b.wav", audio, 16000)
    np.testing.assert_array_equal(read(tmp_path / "deep" / "a.wav").audio, audio)
    assert (tmp_path / "deep" / "a.wav").read_bytes() == (tmp_path / "deep" / "b.wav").read_bytes()
    assert [path.name for path in sorted((tmp_path / "deep").iterdir())] == ["a.wav", "b.wav"]


@pytest.mark.parametrize(("source", "target"), [(44100, 16000), (44100, 32000), (16000, 32000), (32000, 10000)])
def test_resampled_tone_is_the_tone_at_the_other_rate(source: int, target: int) -> None:
    at = {rate: np.sin(2 * np.pi * 997 * np.arange(2 * rate) / rate) for rate in (source, target)}
    found = resample(at[source], source, target)
    assert len(found) == 2 * target and found.dtype == np.float64
    error = (found - at[target])[target // 2 : -target // 2]
    assert 10 * np.log10(np.mean(at[target] ** 2) / np.mean(error**2)) > 90


def test_energy_above_the_new_limit_is_removed() -> None:
    high = np.sin(2 * np.pi * 12000 * np.arange(88200) / 44100)
    assert np.std(resample(high, 44100, 16000)[1000:-1000]) < 1e-4


def test_hash_is_of_samples_and_rate() -> None:
    audio = np.linspace(-1, 1, 50, dtype=np.float32)
    assert samples_sha256(audio, 16000) == samples_sha256(audio.copy(), 16000)
    assert samples_sha256(audio, 16000) != samples_sha256(audio, 32000)
    assert samples_sha256(audio, 16000) != samples_sha256(-audio, 16000)


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"audio file not found: given .*none\.wav"):
        read(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(SepbenchError, match=r"not a readable audio file: given .*text\.wav"):
        read(tmp_path / "text.wav")
