"""WavCaps: the four lists as the hub has them, groups that other corpora share, and damaged lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.wavcaps import ABOUT, WavCaps
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

AUDIOSET = {"id": "Yb0RFKhbpFJA.wav", "caption": "Wind and a man speaking.", "audio": "wav_path", "duration": 10.0}
FREESOUND = {
    "id": "180913",
    "file_name": "UK Mello.wav",
    "href": "/people/Tempouser/sounds/180913/",
    "tags": ["Standard", "ringtone"],
    "description": "Standard traditional basic ringtone, in mello tone.",
    "author": "Tempouser",
    "duration": 3.204375,
    "download_link": "https://freesound.org/people/Tempouser/sounds/180913/download/180913__tempouser__uk-mello.wav",
    "caption": "A traditional ringtone is playing.",
    "audio": "wav_path",
}
BBC = {"id": "NHU05051026", "category": "['Nature']", "caption": "A dog is barking.", "duration": 88.84353125}
SOUNDBIBLE = {"id": "2219", "title": "Airplane Landing Airport", "caption": "An airplane is landing."}
LISTS = {
    "AudioSet_SL/as_final.json": [AUDIOSET],
    "FreeSound/fsd_final.json": [FREESOUND],
    "BBC_Sound_Effects/bbc_final.json": [BBC],
    "SoundBible/sb_final.json": [SOUNDBIBLE],
}
Tree = Callable[..., WavCaps]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write lists, and half a second of noise for each named file."""

    def make(lists: dict[str, list[dict[str, Any]]], audio: tuple[str, ...] = ()) -> WavCaps:
        for name, data in lists.items():
            (tmp_path / "json_files" / name).parent.mkdir(parents=True, exist_ok=True)
            content = {"num_captions_per_audio": 1, "data": data}
            (tmp_path / "json_files" / name).write_text(json.dumps(content))
        for file in audio:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.Generator(np.random.PCG64(len(file))).standard_normal(16000) * 0.1
            soundfile.write(tmp_path / file, noise, 32000)
        return WavCaps(tmp_path)

    return make


def test_groups_are_those_of_the_recordings_own_collections(tree: Tree) -> None:
    clips = tree(LISTS).clips()
    assert [(clip.id, clip.group) for clip in clips] == [
        ("AudioSet_SL/Yb0RFKhbpFJA", "youtube:b0RFKhbpFJA"),
        ("BBC_Sound_Effects/NHU05051026", "bbc:NHU05051026"),
        ("FreeSound/180913", "freesound:180913"),
        ("SoundBible/2219", "soundbible:2219"),
    ]
    assert {clip.split for clip in clips} == {"train"} and not any(clip.labels for clip in clips)
    assert clips[2].captions == ("A traditional ringtone is playing.",)


def test_lists_that_are_here(tree: Tree) -> None:
    version = tree({"SoundBible/sb_final.json": [SOUNDBIBLE]}).version
    short = tree({"FreeSound/fsd_final_2s.json": [FREESOUND | {"id": "7"}]})
    assert [clip.id for clip in short.clips()] == ["FreeSound/7", "SoundBible/2219"] and short.version != version
    whole = tree({"FreeSound/fsd_final.json": [FREESOUND]})
    assert [clip.id for clip in whole.clips()] == ["FreeSound/180913", "SoundBible/2219"]


def test_a_sound_listed_twice_is_one_clip(tree: Tree) -> None:
    other = FREESOUND | {"caption": "A phone rings."}
    (clip,) = tree({"FreeSound/fsd_final.json": [FREESOUND, other, FREESOUND]}).clips()
    assert clip.captions == ("A traditional ringtone is playing.", "A phone rings.")


@pytest.mark.parametrize(
    "folder",
    [
        "FreeSound",
        "FreeSound_flac",
        "audio/FreeSound",
        "mnt/fast/nobackup/scratch4weeks/xm00178/WavCaps/data/waveforms/FreeSound_flac",
    ],
)
def test_audio_is_found_in_every_layout(tree: Tree, folder: str) -> None:
    corpus = tree(LISTS, audio=(f"{folder}/180913.flac",))
    assert [clip.id for clip in corpus.clips() if corpus.has(clip.id)] == ["FreeSound/180913"]
    assert corpus.read("FreeSound/180913").sample_rate == 32000
    with pytest.raises(MissingData, match="wavcaps has no SoundBible/2219"):
        corpus.read("SoundBible/2219")


def test_no_list_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"wavcaps has no index: .*json_files; wanted AudioSet_SL/as_final\.json or"):
        WavCaps(tmp_path).clips()


@pytest.mark.parametrize(
    ("name", "entry", "match"),
    [
        (
            "AudioSet_SL/as_final.json",
            AUDIOSET | {"id": "b0RFKhbpFJA"},
            r"as_final\.json: field data\.1\.id: given b0RF",
        ),
        ("FreeSound/fsd_final.json", FREESOUND | {"id": "../../1"}, r"fsd_final\.json: field data\.1\.id"),
        ("FreeSound/fsd_final.json", FREESOUND | {"id": 180913}, r"fsd_final\.json: field data\.1\.id"),
        ("SoundBible/sb_final.json", {"id": "1"}, r"sb_final\.json: field data\.1\.caption: given nothing"),
    ],
)
def test_a_faulty_entry_is_named(tree: Tree, name: str, entry: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        tree({name: [*LISTS[name], entry]}).clips()


def test_a_list_without_its_frame_is_an_error(tree: Tree, tmp_path: Path) -> None:
    corpus = tree(LISTS)
    (tmp_path / "json_files" / "SoundBible" / "sb_final.json").write_text(json.dumps([SOUNDBIBLE]))
    with pytest.raises(InvalidRecord, match=r"sb_final\.json: field \(whole record\)"):
        corpus.clips()


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(
        json.dumps({"num_captions_per_audio": 1, "data": [FREESOUND, FREESOUND | {"id": "2"}]}).encode()
    )
    content[position % len(content)] = byte
    (folder / "json_files" / "FreeSound").mkdir(parents=True)
    (folder / "json_files" / "FreeSound" / "fsd_final.json").write_bytes(content)
    try:
        clips = WavCaps(folder).clips()
    except SepbenchError as error:
        assert "fsd_final.json" in error.what
    else:
        assert 1 <= len({clip.id for clip in clips}) == len(clips) <= 2


def test_the_lists_of_one_revision_are_fetched() -> None:
    assert {remote.file.removeprefix("json_files/") for remote in ABOUT.remote} == set(LISTS)
    assert all("85a0c21e26fa7696a5a74ce54fada99a9b43c6de" in remote.url for remote in ABOUT.remote)
