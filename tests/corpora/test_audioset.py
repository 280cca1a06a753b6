"""AudioSet: segment lists read as a stream, labels by the ontology, every name of its audio, look-ups for AudioCaps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.audioset import AudioSet, class_names, labels_of
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

COMMENTS = (
    "# Segments csv created Sun Mar  5 10:54:31 2017",
    "# num_ytids=2, num_segs=2, num_unique_labels=3, num_positive_labels=4",
    "# YTID, start_seconds, end_seconds, positive_labels",
)
EVALUATION = (
    *COMMENTS,
    '--4gqARaEJE, 0.000, 10.000, "/m/068hy,/m/07q6cd_,/m/0bt9lr,/m/0jbk"',
    '--BfvyPmVMo, 20.000, 30.000, "/m/03l9g"',
)
BALANCED = (
    *COMMENTS,
    '-0RWZT-miFs, 420.000, 430.000, "/m/03v3yw,/m/0k4j"',
    '-0RWZT-miFs, 12.500, 22.500, "/m/09x0r,/m/0jbk"',
)
Tree = Callable[..., AudioSet]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write lists by path, and half a second of noise for each named file."""

    def make(lists: dict[str, tuple[str, ...]], audio: tuple[str, ...] = (), ending: str = "\n") -> AudioSet:
        for file, lines in lists.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_bytes(ending.join([*lines, ""]).encode())
        for file in audio:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.Generator(np.random.PCG64(len(file))).standard_normal(8000) * 0.1
            soundfile.write(tmp_path / file, noise, 16000)
        return AudioSet(tmp_path)

    return make


def test_clips_of_the_lists_that_are_here(tree: Tree) -> None:
    clips = tree({"eval_segments.csv": EVALUATION, "metadata/balanced_train_segments.csv": BALANCED}).clips()
    assert [(clip.id, clip.group, clip.split) for clip in clips] == [
        ("Y--4gqARaEJE_0", "youtube:--4gqARaEJE", "test"),
        ("Y--BfvyPmVMo_20000", "youtube:--BfvyPmVMo", "test"),
        ("Y-0RWZT-miFs_12500", "youtube:-0RWZT-miFs", "train"),
        ("Y-0RWZT-miFs_420000", "youtube:-0RWZT-miFs", "train"),
    ]


def test_labels_are_leaves_and_classes_all_above(tree: Tree) -> None:
    dog, _, speech, _ = tree({"eval_segments.csv": EVALUATION, "balanced_train_segments.csv": BALANCED}).clips()
    assert "Dog" in dog.labels and {"Domestic animals, pets", "Animal"} <= set(dog.classes)
    assert not set(dog.labels) & set(dog.classes)
    assert set(speech.labels) == {"Speech", "Animal"} and "Human voice" in speech.classes
    assert class_names(["/m/05tny_", "/m/0bt9lr"])[0] == ("Bark",)


def test_audio_is_found_under_every_name(tree: Tree) -> None:
    files = ("Y--4gqARaEJE.wav", "audio/eval/--BfvyPmVMo_20.flac", "audio/bal_train/Y-0RWZT-miFs_12500.ogg")
    corpus = tree({"eval_segments.csv": EVALUATION, "balanced_train_segments.csv": BALANCED}, audio=files)
    assert [corpus.has(clip.id) for clip in corpus.clips()] == [True, True, True, False]
    assert len(corpus.read("Y--BfvyPmVMo_20000").audio) == 8000
    with pytest.raises(MissingData, match="audioset has no Y-0RWZT-miFs_420000"):
        corpus.read("Y-0RWZT-miFs_420000")
    assert not corpus.has("../etc/passwd")


def test_a_file_named_by_video_alone_is_not_taken_where_it_could_be_either_clip(tree: Tree) -> None:
    corpus = tree({"balanced_train_segments.csv": BALANCED}, audio=("Y-0RWZT-miFs.wav",))
    assert not any(corpus.has(clip.id) for clip in corpus.clips())


def test_labels_of_segments_go_by_video_and_start(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [("-0RWZT-miFs", 12500), ("-0RWZT-miFs", 420000), ("--4gqARaEJE", 1000), ("7fmOlUlwoNg", 0)]
    for name in ("SEPBENCH_DATA", "SEPBENCH_DATA_AUDIOSET"):
        monkeypatch.delenv(name, raising=False)
    assert labels_of(wanted) == {}
    tree({"eval_segments.csv": EVALUATION, "balanced_train_segments.csv": BALANCED})
    monkeypatch.setenv("SEPBENCH_DATA_AUDIOSET", str(tmp_path))
    assert labels_of(wanted) == {
        ("-0RWZT-miFs", 12500): ("/m/09x0r", "/m/0jbk"),
        ("-0RWZT-miFs", 420000): ("/m/03v3yw", "/m/0k4j"),
    }


def test_version_ignores_line_ends_comments_and_row_order(tree: Tree) -> None:
    version = tree({"eval_segments.csv": EVALUATION}).version
    assert tree({"eval_segments.csv": EVALUATION[:2:-1]}, ending="\r\n").version == version
    assert tree({"eval_segments.csv": EVALUATION[:-1]}).version != version
    with_train = tree({"eval_segments.csv": EVALUATION, "unbalanced_train_segments.csv": BALANCED}).version
    assert with_train != version


def test_no_list_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"audioset has no index: .* wanted eval_segments\.csv or balanced"):
        AudioSet(tmp_path).clips()


@pytest.mark.parametrize(
    "line",
    [
        '--4gqARaEJE, 30.000, 40.000, "/m/none"',
        "--4gqARaEJE, 30.000, 40.000, ",
        "--4gqARaEJE, 30.000, 40.000, /m/068hy,/m/0bt9lr",
        '--4gqARaEJE, 30.000, 30.000, "/m/068hy"',
        '--4gqARaEJE, nan, 30.000, "/m/068hy"',
        '../../../etc, 30.000, 40.000, "/m/068hy"',
        "--4gqARaEJE",
        "",
    ],
)
def test_a_faulty_line_is_named(tree: Tree, line: str) -> None:
    with pytest.raises(InvalidRecord, match=r"eval_segments\.csv, line 6: given .*; wanted a YouTube id, start, end"):
        tree({"eval_segments.csv": (*EVALUATION, line)}).clips()


def test_a_segment_in_two_lists_is_an_error(tree: Tree) -> None:
    with pytest.raises(InvalidRecord, match="Y--BfvyPmVMo_20000 is listed twice"):
        tree({"eval_segments.csv": EVALUATION, "unbalanced_train_segments.csv": EVALUATION[-1:]}).clips()


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray("\n".join([*EVALUATION, ""]).encode())
    content[position % len(content)] = byte
    (folder / "eval_segments.csv").write_bytes(content)
    try:
        clips = AudioSet(folder).clips()
    except SepbenchError as error:
        assert "eval_segments.csv" in error.what
    else:
        assert len({clip.id for clip in clips}) == len(clips) <= 2
        assert all(clip.labels and not set(clip.labels) & set(clip.classes) for clip in clips)


def test_a_long_list_is_read_line_by_line(tmp_path: Path) -> None:
    """Fifty thousand lines, 2.1 MB of text, are gone through without holding a quarter of it."""
    import tracemalloc

    from sepbench.corpora import audioset

    with (tmp_path / "unbalanced_train_segments.csv").open("w") as file:
        file.writelines(f'{number:011d}, 30.000, 40.000, "/m/09x0r"\n' for number in range(50_000))
    tracemalloc.start()
    found = sum(1 for _ in audioset._segments(tmp_path / "unbalanced_train_segments.csv"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == 50_000 and peak < 500_000
