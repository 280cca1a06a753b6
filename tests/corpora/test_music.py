"""MUSIC: its two lists, CLIPSep's splits, the layouts of its audio."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.music import Music
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

METADATA = Path(__file__).parents[2].parent / "shared" / "data" / "metadata"
SOLO = {"flute": ["jW_AuF6dQYY"], "acoustic_guitar": ["ZeQPNWdFs_4", "-DlGdZNAsxA"]}
SOLO_21 = {"flute": ["jW_AuF6dQYY"], "bagpipe": ["kw-OQpF9N4E"], "acoustic_guitar": ["kw-OQpF9N4E"]}
SPLIT_LINE = "data/MUSIC/solo/audio/{0}.wav,data/MUSIC/solo/preprocessed/{0},212,{1}"


def write(
    folder: Path, solo: dict[str, list[str]] | None, solo_21: dict[str, list[str]] | None, **splits: str
) -> Music:
    """Write lists, and CLIPSep's lists by split: one video each, ``<instrument>/<id>``."""
    for name, version, videos in (("MUSIC_solo", 1.0, solo), ("MUSIC21_solo", 2.0, solo_21)):
        if videos is not None:
            (folder / f"{name}_videos.json").write_text(json.dumps({"version": version, "videos": videos}))
    for split, video in splits.items():
        line = SPLIT_LINE.format(video, video.split("/")[0])
        (folder / f"MUSIC_solo_{split}.csv").write_text(line + "\n")
    return Music(folder)


def test_clips_of_both_lists(tmp_path: Path) -> None:
    clips = write(tmp_path, SOLO, SOLO_21).clips()
    assert [(clip.id, clip.labels, clip.group) for clip in clips] == [
        ("acoustic_guitar/-DlGdZNAsxA", ("acoustic guitar",), "youtube:-DlGdZNAsxA"),
        ("acoustic_guitar/ZeQPNWdFs_4", ("acoustic guitar",), "youtube:ZeQPNWdFs_4"),
        ("acoustic_guitar/kw-OQpF9N4E", ("acoustic guitar",), "youtube:kw-OQpF9N4E"),
        ("bagpipe/kw-OQpF9N4E", ("bagpipe",), "youtube:kw-OQpF9N4E"),  # two instruments: two clips of one recording
        ("flute/jW_AuF6dQYY", ("flute",), "youtube:jW_AuF6dQYY"),
    ]
    assert {clip.split for clip in clips} == {"train"}


def test_splits_are_clipseps_where_they_are_here(tmp_path: Path) -> None:
    plain = write(tmp_path, SOLO, None).version
    corpus = write(tmp_path, SOLO, None, test="acoustic_guitar/ZeQPNWdFs_4", val="flute/jW_AuF6dQYY")
    assert {clip.id: clip.split for clip in corpus.clips()} == {
        "acoustic_guitar/-DlGdZNAsxA": "train",
        "acoustic_guitar/ZeQPNWdFs_4": "test",
        "flute/jW_AuF6dQYY": "validation",
    }
    assert corpus.version != plain


def test_version_is_that_of_the_videos_not_of_the_files(tmp_path: Path) -> None:
    first = write(tmp_path, SOLO, None).version
    shuffled = {name: SOLO[name][::-1] for name in sorted(SOLO)}
    assert write(tmp_path, shuffled, {"flute": SOLO["flute"]}).version == first
    assert write(tmp_path, SOLO, SOLO_21).version != first


@pytest.mark.parametrize("folder", ["acoustic_guitar", "solo/audio/acoustic_guitar", "audio/acoustic_guitar", "."])
def test_audio_is_found_in_every_layout(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    soundfile.write(tmp_path / folder / "ZeQPNWdFs_4.flac", np.full(8000, 0.5), 16000)
    corpus = write(tmp_path, SOLO, None)
    here = [clip.id for clip in corpus.clips() if corpus.has(clip.id)]
    assert here == ["acoustic_guitar/ZeQPNWdFs_4"] and len(corpus.read(here[0]).audio) == 8000
    with pytest.raises(MissingData, match="music has no flute/jW_AuF6dQYY"):
        corpus.read("flute/jW_AuF6dQYY")


def test_no_list_and_faulty_lists_are_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="music has no index"):
        Music(tmp_path).clips()
    with pytest.raises(InvalidRecord, match=r"MUSIC_solo_test\.csv, line 1: given .*harp/ZeQPNWdFs_4"):
        write(tmp_path, SOLO, None, test="harp/ZeQPNWdFs_4").clips()
    with pytest.raises(InvalidRecord, match=r"MUSIC_solo_test\.csv, line 1.*in one split"):
        write(tmp_path, SOLO, None, val="flute/jW_AuF6dQYY", test="flute/jW_AuF6dQYY").clips()
    with pytest.raises(InvalidRecord, match=r"MUSIC_solo_videos\.json: videos: given flute/\.\./jW_AuF6d"):
        write(tmp_path, {"flute": ["../jW_AuF6d"]}, None).clips()
    (tmp_path / "MUSIC_solo_videos.json").write_text('{"version": 1.0}')
    with pytest.raises(InvalidRecord, match=r"MUSIC_solo_videos\.json: field videos"):
        Music(tmp_path).clips()


@settings(max_examples=200, deadline=None)
@given(file=st.sampled_from(["json", "csv"]), position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, file: str, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    write(folder, SOLO, None, test="flute/jW_AuF6dQYY")
    path = folder / ("MUSIC_solo_videos.json" if file == "json" else "MUSIC_solo_test.csv")
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content)
    try:
        clips = Music(folder).clips()
    except SepbenchError as error:
        assert "MUSIC_solo_" in error.what
    else:
        assert len({clip.id for clip in clips}) == len(clips) <= 3
        assert sum(clip.split == "test" for clip in clips) <= 1


def test_published_lists_are_disjoint_by_instrument(tmp_path: Path) -> None:
    if not (METADATA / "music").is_dir() or not (METADATA / "clipsep").is_dir():
        pytest.skip("needs the lists of MUSIC and CLIPSep beside the project (shared/data/metadata)")
    shutil.copy(METADATA / "music" / "MUSIC_solo_videos.json", tmp_path)
    solo = Music(tmp_path).clips()
    shutil.copy(METADATA / "music" / "MUSIC21_solo_videos.json", tmp_path)
    shutil.copy(METADATA / "clipsep" / "MUSIC_solo_test.csv", tmp_path)
    both = Music(tmp_path).clips()
    assert (len(solo), len(both)) == (536, 1164)
    assert len({clip.group for clip in both}) == 1164  # no video is under two instruments, or in two lists under two
    assert (len({clip.labels for clip in solo}), len({clip.labels for clip in both})) == (11, 21)
    assert Counter(clip.split for clip in both) == {"train": 1118, "test": 46}
