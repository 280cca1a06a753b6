"""VGGSound: its two forms of index, the layouts of its audio, and the published test list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.vggsound import VggSound
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "metadata" / "vggsound"
WHOLE = (
    '---g-f_I2yQ,1,"bird chirping, tweeting",test',
    "glLQrEijrKg,300,playing hammond organ,train",
    "glLQrEijrKg,8104,playing hammond organ,train",
)
TEST = ('---g-f_I2yQ_000001.mp4,"bird chirping, tweeting"',)
TRAIN = ("glLQrEijrKg_000300.mp4,playing hammond organ", "glLQrEijrKg_008104.mp4,playing hammond organ")


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., VggSound]:
    """Write indexes by path, and half a second of noise for each named file."""

    def make(indexes: dict[str, tuple[str, ...]], audio: tuple[str, ...] = (), ending: str = "\n") -> VggSound:
        for file, lines in indexes.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_bytes(ending.join([*lines, ""]).encode())
        for file in audio:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.Generator(np.random.PCG64(len(file))).standard_normal(8000) * 0.1
            soundfile.write(tmp_path / file, noise, 16000)
        return VggSound(tmp_path)

    return make


def test_clips_of_the_whole_index(tree: Callable[..., VggSound]) -> None:
    clips = tree({"vggsound.csv": WHOLE}).clips()
    assert [(clip.id, clip.labels, clip.group, clip.split) for clip in clips] == [
        ("---g-f_I2yQ_000001", ("bird chirping, tweeting",), "youtube:---g-f_I2yQ", "test"),
        ("glLQrEijrKg_000300", ("playing hammond organ",), "youtube:glLQrEijrKg", "train"),
        ("glLQrEijrKg_008104", ("playing hammond organ",), "youtube:glLQrEijrKg", "train"),
    ]


def test_lists_by_split_are_the_same_index(tree: Callable[..., VggSound], tmp_path: Path) -> None:
    whole = tree({"vggsound.csv": WHOLE[::-1]})
    assert whole.clips()
    (tmp_path / "vggsound.csv").unlink()
    parts = tree({"data/test.csv": TEST, "data/train.csv": TRAIN}, ending="\r\n")
    assert (parts.version, parts.clips()) == (whole.version, whole.clips())
    (tmp_path / "data" / "train.csv").unlink()
    assert [clip.id for clip in VggSound(tmp_path).clips()] == ["---g-f_I2yQ_000001"]


def test_a_clip_listed_under_two_labels_has_both(tree: Callable[..., VggSound]) -> None:
    corpus = tree({"test.csv": (*TEST, "---g-f_I2yQ_000001.mp4,owl hooting", *TEST)})
    assert [clip.labels for clip in corpus.clips()] == [("bird chirping, tweeting", "owl hooting")]


def test_audio_is_found_in_every_layout(tree: Callable[..., VggSound]) -> None:
    files = ("audio/-/-/---g-f_I2yQ.flac", "test/glLQrEijrKg_000300.wav", "audio/g/l/glLQrEijrKg_008104.ogg")
    corpus = tree({"vggsound.csv": WHOLE}, audio=files)
    assert all(corpus.has(clip.id) for clip in corpus.clips())
    assert corpus.read("---g-f_I2yQ_000001").sample_rate == 16000


def test_a_file_named_by_video_alone_is_not_taken_where_it_could_be_either_clip(tree: Callable[..., VggSound]) -> None:
    corpus = tree({"vggsound.csv": WHOLE}, audio=("audio/g/l/glLQrEijrKg.wav",))
    assert not any(corpus.has(clip.id) for clip in corpus.clips())
    with pytest.raises(MissingData, match="vggsound has no glLQrEijrKg_000300"):
        corpus.read("glLQrEijrKg_000300")


def test_without_an_index_there_are_no_clips_but_audio_can_be_read(tree: Callable[..., VggSound]) -> None:
    corpus = tree({}, audio=("glLQrEijrKg_000300.wav",))
    assert corpus.has("glLQrEijrKg_000300") and not corpus.has("glLQrEijrKg_008104")
    with pytest.raises(MissingData, match="vggsound has no index"):
        corpus.clips()


@pytest.mark.parametrize(
    ("indexes", "match"),
    [
        ({"vggsound.csv": (*WHOLE, "glLQrEijrKg,1.5,rapping,test")}, r"vggsound\.csv, line 4: given glLQrEijrKg,1\.5"),
        ({"vggsound.csv": (*WHOLE, "glLQrEijrKg,300,rapping,test")}, r"line 4.*train or test, one for each clip"),
        ({"test.csv": TEST, "train.csv": (*TRAIN, *TEST)}, r"train\.csv, line 3"),
        ({"vggsound.csv": (WHOLE[0], "short,30,rapping,test")}, "line 2: given short"),
        ({"vggsound.csv": (WHOLE[0], "glLQrEijrKg,30,rapping,eval")}, "line 2"),
        ({"test.csv": ("../../etc_000001.mp4,rapping",)}, r"test\.csv, line 1"),
        ({"test.csv": (TEST[0].replace('"', ""),)}, r"test\.csv, line 1: given .*; wanted 2 values \(file, label\)"),
    ],
)
def test_a_faulty_line_is_named(tree: Callable[..., VggSound], indexes: dict[str, tuple[str, ...]], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        tree(indexes).clips()


@settings(max_examples=200, deadline=None)
@given(
    index=st.sampled_from([("vggsound.csv", WHOLE), ("test.csv", (*TEST, *TRAIN))]),
    position=st.integers(0, 10_000),
    byte=st.integers(0, 255),
)
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, index: tuple[str, tuple[str, ...]], position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    file, lines = index
    content = bytearray("\n".join([*lines, ""]).encode())
    content[position % len(content)] = byte
    (folder / file).write_bytes(content)
    try:
        clips = VggSound(folder).clips()
    except SepbenchError as error:
        assert file in error.what
    else:
        assert 1 <= len(clips) <= len(lines)
        assert all(clip.group == f"youtube:{clip.id[:11]}" and all(clip.labels) for clip in clips)


def test_published_test_list_has_15446_clips_of_309_classes() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("needs VGGSound's test list beside the project (shared/data/metadata/vggsound/test.csv)")
    clips = VggSound(PUBLISHED).clips()
    assert len(clips) == 15446 and {clip.split for clip in clips} == {"test"}
    assert {len(clip.labels) for clip in clips} == {1}  # no clip is listed twice
    assert len({label for clip in clips for label in clip.labels}) == 309
    assert len({clip.group for clip in clips}) == 14851
