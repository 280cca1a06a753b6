"""Audio in parquet files: found by id, read row by row, in several layouts; damaged files and a missing pyarrow."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sepbench.corpora.parquet_audio import ParquetAudio
from sepbench.errors import InvalidRecord, MissingData, MissingExtra, SepbenchError

NAMES = ("7fmOlUlwoNg", "6BJ455B1aAs", "GOD8Bt5LfDE")


def sound(number: int, *, form: str = "WAV", channels: int = 1) -> bytes:
    """A file of 400 samples that all are ``number / 10``."""
    content = io.BytesIO()
    soundfile.write(content, np.full((400, channels), number / 10, np.float32), 16000, format=form)
    return content.getvalue()


def rows(**more: Any) -> list[dict[str, Any]]:
    """A row for each of `NAMES`, the first of which sounds like 0.0, the next like 0.1."""
    return [
        {"youtube_id": name, "caption": "a sound", "audio": {"bytes": sound(number), "path": None}} | more
        for number, name in enumerate(NAMES)
    ]


def write(file: Path, content: list[dict[str, Any]], **options: Any) -> None:
    """Write rows as a parquet file; skips the test where pyarrow is missing."""
    pyarrow = pytest.importorskip("pyarrow", reason='needs pyarrow: pip install "sepbench[datasets]"')
    from pyarrow import parquet

    file.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(content), file, **options)


def test_rows_are_found_and_read_whatever_their_group(tmp_path: Path) -> None:
    write(tmp_path / "data" / "test-00000-of-00002.parquet", rows()[:2], row_group_size=1)
    write(tmp_path / "data" / "test-00001-of-00002.parquet", rows()[2:])
    audio = ParquetAudio(tmp_path, ("youtube_id",))
    for number, name in enumerate(NAMES):
        row = audio.find("youtube_id", name)
        assert row is not None
        recording = audio.read(row)
        assert recording.sample_rate == 16000 and recording.audio.dtype == np.float32
        np.testing.assert_allclose(recording.audio, np.full(400, number / 10), atol=1e-4)  # 16 bits
    assert audio.find("youtube_id", "another") is None and audio.find("audiocap_id", NAMES[0]) is None


def test_forms_and_channels_that_libsndfile_knows(tmp_path: Path) -> None:
    content = rows()
    content[0]["audio"]["bytes"] = sound(3, form="FLAC", channels=2)
    content[1]["audio"]["bytes"] = sound(0, form="OGG")
    write(tmp_path / "0000.parquet", content)
    audio = ParquetAudio(tmp_path, ("youtube_id",))
    flac, ogg = audio.find("youtube_id", NAMES[0]), audio.find("youtube_id", NAMES[1])
    assert flac is not None and ogg is not None
    np.testing.assert_allclose(audio.read(flac).audio, np.full(400, 0.3), atol=1e-4)
    assert len(audio.read(ogg).audio) == 400


def test_the_best_id_a_file_has_and_the_first_of_several_rows(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [row | {"audiocap_id": 100 + n} for n, row in enumerate(rows())])
    numbered = [{"audiocap_id": 200, "audio": {"bytes": sound(5)}}, {"audiocap_id": 200, "audio": {"bytes": sound(6)}}]
    write(tmp_path / "b.parquet", numbered)
    audio = ParquetAudio(tmp_path, ("youtube_id", "audiocap_id"))
    assert audio.find("audiocap_id", "100") is None  # a.parquet goes by youtube_id
    row = audio.find("audiocap_id", "199", "200")
    assert row is not None and (row.file.name, row.index) == ("b.parquet", 0)
    assert audio.read(row).audio[0] == pytest.approx(0.5, abs=1e-4)


def test_files_without_audio_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "captions.parquet", [{"youtube_id": NAMES[0], "caption": "a sound"}])
    assert ParquetAudio(tmp_path, ("youtube_id",)).find("youtube_id", NAMES[0]) is None
    assert ParquetAudio(tmp_path / "nowhere", ("youtube_id",)).find("youtube_id", NAMES[0]) is None


@pytest.mark.parametrize(
    "row",
    [
        {"name": NAMES[0], "audio": {"bytes": b"", "path": ""}},
        {"youtube_id": NAMES[0], "audio": {"path": "a.wav"}},
        {"youtube_id": NAMES[0], "audio": {"bytes": "text"}},
        {"youtube_id": NAMES[0], "audio": "a.wav"},
    ],
)
def test_audio_without_bytes_or_id_is_an_error(tmp_path: Path, row: dict[str, Any]) -> None:
    write(tmp_path / "a.parquet", [row])
    with pytest.raises(InvalidRecord, match=r"a\.parquet: not audio by clip: given columns .* wanted audio with bytes"):
        ParquetAudio(tmp_path, ("youtube_id",)).find("youtube_id", NAMES[0])


def test_a_row_without_audio_and_one_that_is_no_audio(tmp_path: Path) -> None:
    content = rows()
    content[0]["audio"] = {"bytes": None, "path": "7fmOlUlwoNg.wav"}
    content[1]["audio"] = None
    content[2]["audio"]["bytes"] = b"RIFF nothing of the kind"
    write(tmp_path / "a.parquet", content)
    audio = ParquetAudio(tmp_path, ("youtube_id",))
    for name, match in zip(NAMES, ("no audio in the row", "no audio in the row", "not readable as audio"), strict=True):
        row = audio.find("youtube_id", name)
        assert row is not None
        with pytest.raises(SepbenchError, match=rf"{match}: given .*a\.parquet, row group 0, row {row.index}"):
            audio.read(row)
    assert row is not None
    row.file.unlink()
    with pytest.raises(InvalidRecord, match="not a readable parquet file"):
        audio.read(row)


def test_a_row_is_read_without_its_row_group(tmp_path: Path) -> None:
    """Forty rows of half a megabyte in one group, a page each: what Arrow holds at once stays at a few of them."""
    noise = np.random.Generator(np.random.PCG64(7)).bytes(500_000)
    content = [{"youtube_id": f"{n:011d}", "audio": {"bytes": sound(n % 10) + noise}} for n in range(40)]
    write(tmp_path / "a.parquet", content, row_group_size=40, write_batch_size=1, use_dictionary=False)
    script = (
        "import sys, pyarrow; from pathlib import Path; from sepbench.corpora.parquet_audio import ParquetAudio;"
        "audio = ParquetAudio(Path(sys.argv[1]), ('youtube_id',)); found = audio.find('youtube_id', '00000000037');"
        "print(audio.read(found).audio[0].round(3), pyarrow.default_memory_pool().max_memory())"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    value, peak = done.stdout.split()
    assert float(value) == 0.7 and int(peak) < 5_000_000


def test_without_pyarrow_the_remedy_is_its_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"needs pyarrow: given .*a\.parquet") as caught:
        ParquetAudio(tmp_path, ("youtube_id",)).find("youtube_id", NAMES[0])
    assert caught.value.remedy == 'pip install "sepbench[datasets]"'


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 1_000_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_other_audio(tmp_path: Path, position: int, byte: int) -> None:
    write(tmp_path / "a.parquet", rows(), row_group_size=2)
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[position % len(content)] = byte
    (tmp_path / "a.parquet").write_bytes(content)
    audio = ParquetAudio(tmp_path, ("youtube_id",))
    try:
        found = [audio.read(row) for name in NAMES if (row := audio.find("youtube_id", name))]
    except SepbenchError as error:
        assert "a.parquet" in str(error) or isinstance(error, MissingData)
    else:
        assert all(recording.audio.ndim == 1 for recording in found)
