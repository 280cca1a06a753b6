"""Divide and Remaster v2: items are what is on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepbench.corpora.dnr_v2 import ABOUT, DnrV2
from sepbench.errors import MissingData

FILES = ("mix", "speech", "music", "sfx")


def item(folder: Path, *files: str) -> None:
    """Write an item: half a second of a constant per file, and an annotation."""
    folder.mkdir(parents=True)
    for level, file in enumerate(files, start=1):
        soundfile.write(folder / f"{file}.wav", np.full(22050, level / 8), 44100, subtype="FLOAT")
    (folder / "annots.csv").write_text(",file,class\n")


@pytest.mark.parametrize("place", [".", "dnr_v2"])
def test_items_are_folders_with_three_stems(tmp_path: Path, place: str) -> None:
    for name in ("tt/1002", "tt/200", "tr/7"):
        item(tmp_path / place / name, *FILES)
    item(tmp_path / place / "tt" / "9", "mix", "speech")
    (tmp_path / place / "tt" / "config.json").write_text("{}")
    corpus = DnrV2(tmp_path)
    assert corpus.items("tt") == ("tt/1002", "tt/200") and corpus.items("cv") == ()
    assert corpus.home == tmp_path / place
    clips = {clip.id: clip for clip in corpus.clips()}
    assert list(clips) == sorted(clips) and len(clips) == 9
    music = clips["tt/200/music.wav"]
    assert (music.labels, music.group, music.split, music.captions) == (("music",), "dnr_v2:tt/200", "test", ())
    assert {clip.group for clip in clips.values()} == {"dnr_v2:tr/7", "dnr_v2:tt/200", "dnr_v2:tt/1002"}
    assert clips["tr/7/sfx.wav"].split == "train"
    assert all(corpus.has(clip) for clip in clips)


def test_stems_and_mixture_are_read_by_name(tmp_path: Path) -> None:
    item(tmp_path / "tt" / "1002", *FILES)
    corpus = DnrV2(tmp_path)
    levels = [corpus.read(f"tt/1002/{file}.wav").audio[0] for file in FILES]
    assert levels == [0.125, 0.25, 0.375, 0.5]
    with pytest.raises(MissingData, match=r"dnr_v2 has no tt/1/mix\.wav"):
        corpus.read("tt/1/mix.wav")


def test_version_is_that_of_the_items_that_are_here(tmp_path: Path) -> None:
    item(tmp_path / "a" / "tt" / "1", *FILES)
    item(tmp_path / "b" / "dnr_v2" / "tt" / "1", *FILES)
    one = DnrV2(tmp_path / "a").version
    assert DnrV2(tmp_path / "b").version == one
    item(tmp_path / "a" / "cv" / "1", *FILES)
    assert DnrV2(tmp_path / "a").version != one


def test_a_folder_without_splits_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"dnr_v2 has none of its folders: .* wanted tr, cv, tt, there or in dnr_v2"):
        DnrV2(tmp_path)


def test_the_archives_eleven_parts_are_in_order() -> None:
    files = [remote.file for remote in ABOUT.remote]
    assert files == sorted(files) and (files[0], files[-1]) == ("dnr_v2.tar.gz.00", "dnr_v2.tar.gz.10")
