"""A folder of one's own: what its list may hold, and what is wrong with one that may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.corpus import open_corpus
from sepbench.corpora.folder import Folder
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

HEADER = "path,label,caption,group"
ROWS = ("a/dog.wav,dog; bark,A dog barks,freesound:7", 'rain.ogg,rain,"Rain, then thunder",', "b.wav,bell,,")


def write(folder: Path, *lines: str, ending: str = "\n", encoding: str = "utf-8") -> Folder:
    """Write a list."""
    (folder / "clips.csv").write_bytes(ending.join([*lines, ""]).encode(encoding))
    return Folder(folder)


def test_clips_of_the_list(tmp_path: Path) -> None:
    dog, bell, rain = write(tmp_path, HEADER, *ROWS).clips()
    assert (dog.id, dog.labels, dog.captions, dog.group) == (
        "a/dog.wav",
        ("dog", "bark"),
        ("A dog barks",),
        "freesound:7",
    )
    assert (bell.captions, bell.group, bell.split, bell.licence) == ((), "b.wav", "test", None)
    assert rain.captions == ("Rain, then thunder",)


@pytest.mark.parametrize(("header", "values"), [("split,licence", "train,CC0-1.0"), ("licence,split", "CC0-1.0,train")])
def test_split_and_licence_may_follow(tmp_path: Path, header: str, values: str) -> None:
    first, second = write(tmp_path, f"{HEADER},{header}", f"a.wav,dog,,,{values}", "b.wav,bell,,,,").clips()
    assert (first.split, first.licence) == ("train", "CC0-1.0")
    assert (second.split, second.licence) == ("test", None)


def test_a_spreadsheets_list_is_the_same_list(tmp_path: Path) -> None:
    version = write(tmp_path, HEADER, *ROWS).version
    assert write(tmp_path, HEADER, *ROWS[::-1], ending="\r\n", encoding="utf-8-sig").version == version
    assert write(tmp_path, HEADER, *ROWS[1:]).version != version


def test_audio_is_read_and_the_folder_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, HEADER, *ROWS)
    (tmp_path / "a").mkdir()
    soundfile.write(tmp_path / "a" / "dog.flac", np.full(800, 0.25), 8000)
    open_corpus.cache_clear()
    monkeypatch.setenv("SEPBENCH_DATA_FOLDER", str(tmp_path))
    corpus = open_corpus("folder")
    assert [corpus.has(clip.id) for clip in corpus.clips()] == [True, False, False]
    assert corpus.read("a/dog.wav").audio.tolist() == [0.25] * 800
    with pytest.raises(MissingData, match=r"folder has no b\.wav"):
        corpus.read("b.wav")
    open_corpus.cache_clear()


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (("path,label,caption", "a.wav,dog,"), r"clips\.csv, line 1: given path,label,caption; wanted path,label"),
        ((f"{HEADER},colour",), "line 1"),
        ((f"{HEADER},split,split",), "line 1"),
        ((), "line 1: given nothing"),
        ((HEADER, "../a.wav,dog,,"), r"line 2: given \.\./a\.wav"),
        ((HEADER, ROWS[2], ROWS[2]), "line 3: .*each once"),
        ((HEADER, "a.wav,dog,,", "a.flac,rain,,"), r"line 3: given a\.flac.*whatever its extension"),
        ((HEADER, "a.wav,dog;,,"), "line 2"),
        ((HEADER, "a.wav,,,"), "line 2"),
        ((f"{HEADER},split", "a.wav,dog,,,dev"), "line 2: .*train, validation, test or none"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, lines: tuple[str, ...], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        write(tmp_path, *lines).clips()


def test_no_list_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"clips\.csv"):
        Folder(tmp_path).clips()


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_list(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    corpus = write(folder, f"{HEADER},split", *(f"{row},train" for row in ROWS))
    content = bytearray((folder / "clips.csv").read_bytes())
    content[position % len(content)] = byte
    (folder / "clips.csv").write_bytes(content)
    try:
        clips = corpus.clips()
    except SepbenchError as error:
        assert "clips.csv" in error.what
    else:
        assert len({clip.id for clip in clips}) == len(clips) and corpus.version
        assert all(all(clip.labels) and clip.group and clip.split == "train" for clip in clips)
