"""ESC-50: the published layout, partial copies, other extensions, and an index that is not what it should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepbench.corpora.corpus import open_corpus, training_clips
from sepbench.corpora.esc50 import Esc50
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

HEADER = "filename,fold,target,category,esc10,src_file,take"
ROWS = (
    "1-100-A-0.wav,1,0,dog,True,100,A",
    "1-100-B-0.wav,1,0,dog,True,100,B",
    "2-200-A-14.wav,2,14,chirping_birds,False,200,A",
    "4-300-A-0.wav,4,0,dog,True,300,A",
    "5-400-A-14.wav,5,14,chirping_birds,False,400,A",
)


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Esc50]:
    """Write a small ESC-50 with one second of noise per clip."""

    def make(*, lines: tuple[str, ...] = (HEADER, *ROWS), ending: str = "\n", audio: tuple[str, ...] = ()) -> Esc50:
        (tmp_path / "meta").mkdir(exist_ok=True)
        (tmp_path / "audio").mkdir(exist_ok=True)
        (tmp_path / "meta" / "esc50.csv").write_bytes(ending.join([*lines, ""]).encode())
        for name in audio or tuple(row.split(",")[0] for row in ROWS):
            noise = np.random.Generator(np.random.PCG64(len(name))).standard_normal(44100) * 0.1
            soundfile.write(tmp_path / "audio" / name, noise, 44100)
        return Esc50(tmp_path)

    return make


def test_clips_have_labels_groups_and_splits(tree: Callable[..., Esc50]) -> None:
    clips = {clip.id: clip for clip in tree().clips()}
    birds = clips["audio/2-200-A-14.wav"]
    assert (birds.labels, birds.group, birds.split) == (("chirping birds",), "freesound:200", "train")
    assert clips["audio/1-100-A-0.wav"].group == clips["audio/1-100-B-0.wav"].group
    assert clips["audio/5-400-A-14.wav"].split == "test"
    assert list(clips) == sorted(clips)


def test_partial_copy_and_other_extensions(tree: Callable[..., Esc50]) -> None:
    corpus = tree(audio=("1-100-A-0.flac", "2-200-A-14.ogg"))
    (corpus.root / "audio" / "4-300-A-0.txt").write_text("not a clip")
    assert corpus.has("audio/1-100-A-0.wav") and corpus.has("audio/2-200-A-14.wav")
    assert not corpus.has("audio/4-300-A-0.wav")
    assert corpus.read("audio/1-100-A-0.wav").sample_rate == 44100
    with pytest.raises(MissingData, match=r"esc50 has no audio/4-300-A-0\.wav"):
        corpus.read("audio/4-300-A-0.wav")


def test_version_ignores_line_ends_and_row_order(tree: Callable[..., Esc50]) -> None:
    version = tree().version
    assert tree(ending="\r\n").version == version
    assert tree(lines=(HEADER, *ROWS[::-1])).version == version
    assert tree(lines=(HEADER, *ROWS[:-1])).version != version


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (("file,fold", *ROWS), r"esc50.csv, line 1: given file,fold; wanted filename,fold,target"),
        ((HEADER, ROWS[0], "1-2-A-0.wav,1,0"), r"esc50.csv, line 3"),
        ((HEADER, ROWS[0] + ",more"), r"esc50.csv, line 2"),
        ((HEADER, "../../x.wav,1,0,dog,True,1,A"), r"esc50.csv, line 2"),
    ],
)
def test_bad_index_is_named_by_line(tree: Callable[..., Esc50], lines: tuple[str, ...], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        tree(lines=lines).clips()


def test_file_that_is_no_audio_is_an_error_not_a_clip(tree: Callable[..., Esc50]) -> None:
    corpus = tree()
    (corpus.root / "audio" / "1-100-A-0.wav").write_bytes(b"RIFF nothing of the kind")
    with pytest.raises(SepbenchError, match="not a readable audio file"):
        corpus.read("audio/1-100-A-0.wav")


def test_folder_comes_from_the_environment(tree: Callable[..., Esc50], monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tree()
    open_corpus.cache_clear()
    for name in ("SEPBENCH_DATA", "SEPBENCH_DATA_ESC50"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingData, match="corpus esc50 is not here") as caught:
        open_corpus("esc50")
    assert caught.value.remedy == "set SEPBENCH_DATA_ESC50 to the corpus's folder"
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(corpus.root))
    assert len(open_corpus("esc50").clips()) == 5
    open_corpus.cache_clear()
    with pytest.raises(MissingData, match="unknown corpus") as caught:
        open_corpus("esc5")
    assert "esc50" in caught.value.remedy


def test_training_leaves_the_suites_recordings_out(tree: Callable[..., Esc50], monkeypatch: pytest.MonkeyPatch) -> None:
    open_corpus.cache_clear()
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(tree().root))
    taken = [clip.id for clip, _ in training_clips(["esc50"], excluded_groups=["freesound:200"], per_label=8)]
    assert taken == ["audio/1-100-A-0.wav", "audio/1-100-B-0.wav"]
    one = [clip.id for clip, _ in training_clips(["esc50"], excluded_groups=[], per_label=1)]
    assert one == ["audio/1-100-A-0.wav", "audio/2-200-A-14.wav"]
    open_corpus.cache_clear()


def test_real_copy_reads_and_four_recordings_cross_folds(real_esc50: Path) -> None:
    corpus = Esc50(real_esc50)
    clips = corpus.clips()
    assert len(clips) == 517 and all(corpus.has(clip.id) for clip in clips)
    recording = corpus.read("audio/1-17150-A-12.wav")
    assert recording.sample_rate == 44100 and recording.audio.dtype == np.float32
    assert abs(len(recording.audio) / 44100 - 5) < 0.01
