"""Divide and Remaster v3: its folders, its extension, and the files that are no stems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepbench.corpora.dnr_v3 import DnrV3
from sepbench.errors import MissingData


@pytest.mark.parametrize("place", ["multi/audio", "audio", "."])
def test_stems_of_each_item(tmp_path: Path, place: str) -> None:
    for split in ("train", "val", "test"):
        folder = tmp_path / place / split / "00a"
        folder.mkdir(parents=True)
        for file in ("speech", "music", "sfx", "sfx_fg", "sfx_bg", "mixture"):
            soundfile.write(folder / f"{file}.flac", np.zeros(4800), 48000)
    corpus = DnrV3(tmp_path)
    assert corpus.items("test") == ("test/00a",)
    clips = corpus.clips()
    assert [clip.id for clip in clips if clip.split == "test"] == [
        "test/00a/music.flac",
        "test/00a/sfx.flac",
        "test/00a/speech.flac",
    ]
    assert {clip.split for clip in clips} == {"train", "validation", "test"} and len(clips) == 9
    assert clips[0].group == "dnr_v3:test/00a"
    assert corpus.read("test/00a/mixture.flac").sample_rate == 48000


def test_a_folder_without_splits_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="there or in multi/audio or audio"):
        DnrV3(tmp_path)
