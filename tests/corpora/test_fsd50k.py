"""FSD50K: labels are leaves of what is published smeared up the ontology; splits, licences, damaged ground truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.fsd50k import ABOUT, Fsd50k
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

DEV = (
    "fname,labels,mids,split",
    '64760,"Electric_guitar,Guitar,Plucked_string_instrument,Musical_instrument,Music",'
    '"/m/02sgy,/m/0342h,/m/0fx80y,/m/04szw,/m/04rlf",train',
    '63900,"Bark,Dog,Domestic_animals_and_pets,Animal,Speech,Human_voice",'
    '"/m/05tny_,/m/0bt9lr,/m/068hy,/m/0jbk,/m/09x0r,/m/09l8g",val',
)
EVAL = (
    "fname,labels,mids",
    '37199,"Accelerating_and_revving_and_vroom,Vehicle,Engine","/m/07q2z82,/m/07yv9,/m/02mk9"',
    "175151,Music,/m/04rlf",
)
LICENCE = "http://creativecommons.org/licenses/by/3.0/"


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Fsd50k]:
    """Write ground truth, and half a second of noise for each named file."""

    def make(
        *, dev: tuple[str, ...] = DEV, eval: tuple[str, ...] = EVAL, audio: tuple[str, ...] = (), ending: str = "\n"
    ) -> Fsd50k:
        folder = tmp_path / "FSD50K.ground_truth"
        folder.mkdir(exist_ok=True)
        for part, lines in (("dev", dev), ("eval", eval)):
            (folder / f"{part}.csv").unlink(missing_ok=True)
            if lines:
                (folder / f"{part}.csv").write_bytes(ending.join([*lines, ""]).encode())
        for file in audio:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            noise = np.random.Generator(np.random.PCG64(len(file))).standard_normal(22050) * 0.1
            soundfile.write(tmp_path / file, noise, 44100)
        return Fsd50k(tmp_path)

    return make


def test_labels_are_leaves_and_classes_all_above(tree: Callable[..., Fsd50k]) -> None:
    clips = {clip.id: clip for clip in tree().clips()}
    assert list(clips) == sorted(clips) and len(clips) == 4
    guitar = clips["FSD50K.dev_audio/64760.wav"]
    assert (guitar.labels, guitar.group, guitar.split) == (("Electric guitar",), "freesound:64760", "train")
    assert {"Guitar", "Plucked string instrument", "Musical instrument", "Music"} <= set(guitar.classes)
    assert "Electric guitar" not in guitar.classes
    both = clips["FSD50K.dev_audio/63900.wav"]
    assert set(both.labels) == {"Bark", "Speech"} and both.split == "validation"
    vroom = clips["FSD50K.eval_audio/37199.wav"]
    assert vroom.labels[0] == "Accelerating, revving, vroom" and vroom.split == "test"
    assert clips["FSD50K.eval_audio/175151.wav"].labels == ("Music",)


def test_clips_that_share_an_ancestor_alone_do_not_share_a_label(tree: Callable[..., Fsd50k]) -> None:
    clips = {clip.id: clip for clip in tree().clips()}
    guitar, music = clips["FSD50K.dev_audio/64760.wav"], clips["FSD50K.eval_audio/175151.wav"]
    assert not set(guitar.labels) & set(music.labels) and guitar.all_classes() & music.all_classes() == {"Music"}


def test_either_list_alone(tree: Callable[..., Fsd50k]) -> None:
    version = tree().version
    assert {clip.split for clip in tree(dev=()).clips()} == {"test"}
    assert {clip.split for clip in tree(eval=()).clips()} == {"train", "validation"}
    assert tree(dev=()).version != version
    assert tree(dev=(DEV[0], *DEV[:0:-1]), ending="\r\n").version == version
    with pytest.raises(MissingData, match=r"fsd50k has no index: .* wanted dev\.csv, eval\.csv or both"):
        tree(dev=(), eval=()).clips()


def test_licences_come_with_the_metadata(tree: Callable[..., Fsd50k], tmp_path: Path) -> None:
    corpus = tree()
    (tmp_path / "FSD50K.metadata").mkdir()
    path = tmp_path / "FSD50K.metadata" / "dev_clips_info_FSD50K.json"
    path.write_text(json.dumps({"64760": {"title": "riff", "license": LICENCE, "uploader": "someone"}}))
    assert {clip.id: clip.licence for clip in corpus.clips() if clip.licence} == {"FSD50K.dev_audio/64760.wav": LICENCE}
    path.write_text(json.dumps({"64760": {"title": "riff"}}))
    with pytest.raises(InvalidRecord, match=r"dev_clips_info_FSD50K\.json: field 64760\.license: given nothing"):
        tree().clips()


def test_partial_copy_and_other_extensions(tree: Callable[..., Fsd50k]) -> None:
    corpus = tree(audio=("FSD50K.eval_audio/37199.flac",))
    assert [clip.id for clip in corpus.clips() if corpus.has(clip.id)] == ["FSD50K.eval_audio/37199.wav"]
    assert len(corpus.read("FSD50K.eval_audio/37199.wav").audio) == 22050
    with pytest.raises(MissingData, match=r"fsd50k has no FSD50K\.dev_audio/64760\.wav"):
        corpus.read("FSD50K.dev_audio/64760.wav")


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("64760,Music,/m/04rlf,train", r"dev\.csv, line 4: given 64760"),
        ("../1,Music,/m/04rlf,train", r"line 4: given \.\./1"),
        ("1,Music,/m/nothing,train", "line 4"),
        ("1,Music,,train", "line 4"),
        ('1,"Music,Guitar",/m/04rlf,train', "line 4.*as many AudioSet ids as labels"),
        ("1,Music,/m/04rlf,test", "line 4.*train or val"),
    ],
)
def test_a_faulty_line_is_named(tree: Callable[..., Fsd50k], line: str, match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        tree(dev=(*DEV, line)).clips()


@settings(max_examples=200, deadline=None)
@given(part=st.sampled_from(["dev", "eval"]), position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_index(
    tmp_path_factory: pytest.TempPathFactory, part: str, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray("\n".join([*(DEV if part == "dev" else EVAL), ""]).encode())
    content[position % len(content)] = byte
    (folder / "FSD50K.ground_truth").mkdir()
    (folder / "FSD50K.ground_truth" / f"{part}.csv").write_bytes(content)
    try:
        clips = Fsd50k(folder).clips()
    except SepbenchError as error:
        assert f"{part}.csv" in error.what
    else:
        assert len({clip.id for clip in clips}) == len(clips) <= 2
        assert all(clip.labels and not set(clip.labels) & set(clip.classes) for clip in clips)


def test_parts_of_split_archives_end_with_the_zip() -> None:
    parts = [remote.file for remote in ABOUT.remote if remote.archive == "FSD50K.dev_audio"]
    assert parts == [f"FSD50K.dev_audio.{end}" for end in ("z01", "z02", "z03", "z04", "z05", "zip")]
    assert all(remote.checksum is not None and len(remote.checksum) == 36 for remote in ABOUT.remote)
