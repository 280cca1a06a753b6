"""AudioCaps: the published lists, labels from either place, every name of its audio, parquet copies, damaged lists."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.audiocaps import ABOUT, AudioCaps
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "metadata" / "audiocaps"
HEADER = "audiocap_id,youtube_id,start_time,caption"
TEST = (
    HEADER,
    "103549,7fmOlUlwoNg,20,Constant rattling noise and sharp vibrations",
    '9901,-AcJVyToQUQ,0,"A dog barks, then barks again"',
    "103550,7fmOlUlwoNg,20,A machine rattles ",
)
VAL = (HEADER, "97151,vfY_TJq7n_U,130,Ducks quack")
TRAIN = (HEADER, "91139,r1nicOVtvkQ,130,A woman talks nearby as water pours")
TEST_LABELS = ("youtube_id,mids", '7fmOlUlwoNg,"/m/09x0r,/m/0llzx"', '-AcJVyToQUQ,"/m/05tny_,/m/0bt9lr,/m/0jbk"')
SEGMENTS = (
    "# Segments csv created Sun Mar  5 10:54:31 2017",
    "# YTID, start_seconds, end_seconds, positive_labels",
    'vfY_TJq7n_U, 100.000, 110.000, "/m/09x0r"',
    'vfY_TJq7n_U, 130.000, 140.000, "/m/05tny_"',
    '7fmOlUlwoNg, 20.000, 30.000, "/m/04rlf"',
)
Tree = Callable[..., AudioCaps]


@pytest.fixture(autouse=True)
def _no_audioset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SEPBENCH_DATA", "SEPBENCH_DATA_AUDIOSET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write lists by path, and half a second of noise for each named file."""

    def make(lists: dict[str, tuple[str, ...]], audio: tuple[str, ...] = (), ending: str = "\n") -> AudioCaps:
        for file, lines in lists.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_bytes(ending.join([*lines, ""]).encode())
        for file in audio:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.Generator(np.random.PCG64(len(file))).standard_normal(8000) * 0.1
            soundfile.write(tmp_path / file, noise, 16000)
        return AudioCaps(tmp_path)

    return make


def test_captions_stay_in_order_and_as_they_are(tree: Tree) -> None:
    clips = tree({"dataset/test.csv": TEST, "val.csv": VAL, "train.csv": TRAIN}).clips()
    assert [(clip.id, clip.split, clip.group) for clip in clips] == [
        ("Y-AcJVyToQUQ", "test", "youtube:-AcJVyToQUQ"),
        ("Y7fmOlUlwoNg", "test", "youtube:7fmOlUlwoNg"),
        ("Yr1nicOVtvkQ", "train", "youtube:r1nicOVtvkQ"),
        ("YvfY_TJq7n_U", "validation", "youtube:vfY_TJq7n_U"),
    ]
    assert clips[1].captions == ("Constant rattling noise and sharp vibrations", "A machine rattles ")
    assert clips[0].captions == ("A dog barks, then barks again",)
    assert not any(clip.labels or clip.classes for clip in clips)


def test_labels_beside_the_list(tree: Tree) -> None:
    corpus = tree({"test.csv": TEST, "test_audioset_labels.csv": TEST_LABELS})
    dog, rattle = corpus.clips()
    assert dog.labels == ("Bark",) and {"Dog", "Animal"} <= set(dog.classes)
    assert rattle.labels[0] == "Speech" and "Human voice" in rattle.classes
    unlabelled = tree({"test_audioset_labels.csv": TEST_LABELS[:2]})
    assert [bool(clip.labels) for clip in unlabelled.clips()] == [False, True]
    assert unlabelled.version != corpus.version


def test_labels_from_audiosets_lists_go_by_start_and_only_where_none_are_beside(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "as").mkdir()
    (tmp_path / "as" / "unbalanced_train_segments.csv").write_text("\n".join([*SEGMENTS, ""]))
    monkeypatch.setenv("SEPBENCH_DATA_AUDIOSET", str(tmp_path / "as"))
    corpus = tree({"test.csv": TEST, "val.csv": VAL, "test_audioset_labels.csv": TEST_LABELS[:1] + TEST_LABELS[2:]})
    labels = {clip.id: clip.labels for clip in corpus.clips()}
    assert labels == {"Y-AcJVyToQUQ": ("Bark",), "Y7fmOlUlwoNg": (), "YvfY_TJq7n_U": ("Bark",)}


def test_audio_is_found_in_every_layout(tree: Tree) -> None:
    lists = {"test.csv": TEST, "val.csv": VAL, "train.csv": TRAIN}
    corpus = tree(lists, audio=("Y-AcJVyToQUQ.wav", "audio/7fmOlUlwoNg_20.flac", "val/vfY_TJq7n_U.ogg"))
    assert [clip.id for clip in corpus.clips() if corpus.has(clip.id)] == [
        "Y-AcJVyToQUQ",
        "Y7fmOlUlwoNg",
        "YvfY_TJq7n_U",
    ]
    assert len(corpus.read("Y7fmOlUlwoNg").audio) == 8000
    with pytest.raises(MissingData, match="audiocaps has no Yr1nicOVtvkQ"):
        corpus.read("Yr1nicOVtvkQ")


def test_another_start_is_another_clip(tree: Tree) -> None:
    assert not tree({"test.csv": TEST}, audio=("7fmOlUlwoNg_30.wav",)).has("Y7fmOlUlwoNg")


@pytest.mark.parametrize("column", ["youtube_id", "audiocap_id"])
def test_rows_of_parquet_files_are_clips_too(tree: Tree, tmp_path: Path, column: str) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason='needs pyarrow: pip install "sepbench[datasets]"')
    from pyarrow import parquet

    corpus = tree({"test.csv": TEST}, audio=("Y-AcJVyToQUQ.wav",))
    content = io.BytesIO()
    soundfile.write(content, np.full(300, 0.25), 32000, format="FLAC")
    ids = {"youtube_id": ["7fmOlUlwoNg", "-AcJVyToQUQ"], "audiocap_id": [103550, 9901]}  # a clip's second caption
    files = [{column: value, "audio": {"bytes": content.getvalue(), "path": None}} for value in ids[column]]
    (tmp_path / "data").mkdir()
    parquet.write_table(pyarrow.Table.from_pylist(files), tmp_path / "data" / "test-00000-of-00001.parquet")
    assert corpus.has("Y7fmOlUlwoNg") and not corpus.has("YvfY_TJq7n_U")
    recording = corpus.read("Y7fmOlUlwoNg")
    assert recording.sample_rate == 32000
    np.testing.assert_allclose(recording.audio, np.full(300, 0.25), atol=1e-4)
    assert corpus.read("Y-AcJVyToQUQ").sample_rate == 16000  # a file of its own comes first


def test_version_ignores_line_ends_and_the_order_of_clips_but_not_of_captions(tree: Tree) -> None:
    version = tree({"test.csv": TEST}).version
    assert tree({"test.csv": (HEADER, TEST[2], TEST[1], TEST[3])}, ending="\r\n").version == version
    assert tree({"test.csv": (HEADER, TEST[2], TEST[3], TEST[1])}).version != version


def test_no_list_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"audiocaps has no index: .*wanted test\.csv, val\.csv or train\.csv"):
        AudioCaps(tmp_path).clips()


@pytest.mark.parametrize(
    ("lists", "match"),
    [
        ({"test.csv": TEST[1:]}, r"test\.csv, line 1: given 103549,.*wanted audiocap_id,youtube_id"),
        ({"test.csv": (*TEST, "1,../../../etc,0,A sound")}, r"test\.csv, line 5: given 1,\.\./"),
        ({"test.csv": (*TEST, "1,7fmOlUlwoNg,30,Another start")}, r"test\.csv, line 5.*with one start"),
        ({"test.csv": (*TEST, "1,7fmOlUlwoNg,-1,A sound")}, r"test\.csv, line 5"),
        ({"test.csv": (*TEST, "1,r1nicOVtvkQ,0,")}, r"test\.csv, line 5"),
        ({"test.csv": TEST, "val.csv": (HEADER, TEST[1])}, r"test\.csv, line 2.*in one list"),
        ({"test.csv": TEST, "test_audioset_labels.csv": (*TEST_LABELS, TEST_LABELS[1])}, r"labels\.csv, line 4"),
        ({"test.csv": TEST, "test_audioset_labels.csv": (*TEST_LABELS, "r1nicOVtvkQ,/m/none")}, r"labels\.csv, line 4"),
    ],
)
def test_a_faulty_line_is_named(tree: Tree, lists: dict[str, tuple[str, ...]], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        tree(lists).clips()


@settings(max_examples=200, deadline=None)
@given(labels=st.booleans(), position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, labels: bool, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "test.csv").write_text("\n".join([*TEST, ""]))
    (folder / "test_audioset_labels.csv").write_text("\n".join([*TEST_LABELS, ""]))
    damaged = folder / ("test_audioset_labels.csv" if labels else "test.csv")
    content = bytearray(damaged.read_bytes())
    content[position % len(content)] = byte
    damaged.write_bytes(content)
    try:
        corpus = AudioCaps(folder)
        clips, version = corpus.clips(), corpus.version
    except SepbenchError as error:
        assert damaged.name in error.what
    else:
        assert version.startswith("index-sha256:") and 1 <= len({clip.id for clip in clips}) == len(clips) <= 3
        assert all(clip.captions and not set(clip.labels) & set(clip.classes) for clip in clips)


def test_published_lists() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("needs AudioCaps' lists beside the project (shared/data/metadata/audiocaps)")
    clips = AudioCaps(PUBLISHED).clips()
    assert Counter(clip.split for clip in clips) == {"test": 975, "validation": 495}
    assert {len(clip.captions) for clip in clips} == {5}  # 4,875 and 2,475
    assert sum(bool(clip.labels) for clip in clips) == 928
    rattle = next(clip for clip in clips if clip.id == "Y7fmOlUlwoNg")
    assert rattle.captions[0] == "Constant rattling noise and sharp vibrations" and "Speech" in rattle.labels


def test_captions_go_by_reference() -> None:
    assert ABOUT.captions == "by reference" and "captions" in ABOUT.licence
