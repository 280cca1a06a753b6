"""AudioSep's evaluation sets: which files the rows name, whose recordings they are, and lists that are damaged."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.audiosep import ABOUT, AudioSepSets
from sepbench.errors import InvalidRecord, MissingData, SepbenchError

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "metadata" / "audiosep"
LISTS = {
    "audiocaps": (
        "idx,caption,labels,src_wav,noise_wav",
        '0,"A dog barks, twice",Dog Bark,Y7fmOlUlwoNg.wav,Y-aYumc8KoXg.wav',
        "1,A man speaks,Speech,Y-aYumc8KoXg.wav,Y7fmOlUlwoNg.wav",
    ),
    "clotho": (
        "idx,caption,src_wav,noise_wav1,noise_wav1",
        "0,A machine whines.,Santa Motor.wav,Flipping Coin Can.wav,wind.wav",
        "1,Bushes are trimmed.,Santa Motor.wav,wind.wav,Flipping Coin Can.wav",
    ),
    "esc50": (
        "idx,caption,src_wav,noise_wav",
        "0,dog,1-100-A-0.wav,2-200-A-14.wav",
        "1,chirping birds,2-200-A-14.wav,1-100-A-0.wav",
    ),
    "vggsound": (
        "file_id,mix_wav,s0_wav,s0_text,s1_wav,s1_text",
        "{0},data/mix_wav/{0}.wav,data/s0_wav/{0}.wav,playing accordion,data/s1_wav/{0}.wav,barking".format(
            "-JUBdOr8Hes_000030+++37Vxf0Wz-3o_000001"
        ),
    ),
    "audioset": (
        "idx,caption,src_wav,noise_wav",
        '0,Speech,"{0},source.wav","{0},mixture.wav"'.format(
            "evaluation/data/audioset/class_id=0/class_id=0,index=000"
        ),
    ),
}


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., AudioSepSets]:
    """Write lists, and half a second of noise for each named file."""

    def make(*, lists: str = "metadata", ending: str = "\r\n", audio: tuple[str, ...] = ()) -> AudioSepSets:
        for name, lines in LISTS.items():
            path = tmp_path / lists / f"{name}_eval.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(ending.join([*lines, ""]).encode())
        for file in audio:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.Generator(np.random.PCG64(len(file))).standard_normal(16000) * 0.1
            soundfile.write(tmp_path / file, noise, 32000)
        return AudioSepSets(tmp_path)

    return make


def test_each_row_is_its_target(tree: Callable[..., AudioSepSets]) -> None:
    clips = {clip.id: clip for clip in tree().clips()}
    assert list(clips) == sorted(clips) and len(clips) == 8
    seen = {id: (clip.labels, clip.captions, clip.group) for id, clip in clips.items()}
    assert seen["data/audiocaps/segment-0.wav"] == ((), ("A dog barks, twice",), "youtube:7fmOlUlwoNg")
    assert seen["data/clotho/segment-1.wav"] == ((), ("Bushes are trimmed.",), "clotho:Santa Motor.wav")
    assert seen["data/esc50/segment-1.wav"] == (("chirping birds",), ("chirping birds",), "freesound:200")
    video = "data/vggsound/data/s0_wav/-JUBdOr8Hes_000030+++37Vxf0Wz-3o_000001.wav"
    assert seen[video] == (("playing accordion",), ("playing accordion",), "youtube:-JUBdOr8Hes")
    assert seen["data/audioset/class_id=0/class_id=0,index=000,source.wav"][:2] == (("Speech",), ("Speech",))
    assert {clip.split for clip in clips.values()} == {"test"}
    assert clips["data/clotho/segment-0.wav"].group == clips["data/clotho/segment-1.wav"].group


def test_targets_and_mixtures_are_read_by_their_paths(tree: Callable[..., AudioSepSets]) -> None:
    corpus = tree(
        audio=(
            "data/clotho/segment-0.wav",
            "data/clotho/mixture-0.flac",
            "data/audioset/class_id=0/class_id=0,index=000,mixture.wav",
        )
    )
    assert corpus.has("data/clotho/segment-0.wav") and not corpus.has("data/clotho/segment-1.wav")
    assert len(corpus.read("data/clotho/mixture-0.wav").audio) == 16000
    assert corpus.has("data/audioset/class_id=0/class_id=0,index=000,mixture.wav")
    with pytest.raises(MissingData, match=r"audiosep has no data/clotho/mixture-1\.wav"):
        corpus.read("data/clotho/mixture-1.wav")


def test_lists_may_lie_in_the_folder_itself(tree: Callable[..., AudioSepSets], tmp_path: Path) -> None:
    inside = tree()
    version, count = inside.version, len(inside.clips())
    for path in (tmp_path / "metadata").iterdir():
        path.unlink()
    beside = tree(lists=".", ending="\n")
    assert (beside.version, len(beside.clips())) == (version, count)
    (tmp_path / "clotho_eval.csv").unlink()
    fewer = AudioSepSets(tmp_path)
    assert len(fewer.clips()) == count - 2 and fewer.version != version


def test_no_list_and_a_faulty_list_are_errors(tree: Callable[..., AudioSepSets], tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="audiosep has no list"):
        AudioSepSets(tmp_path).clips()
    root = tree().root
    path = root / "metadata" / "clotho_eval.csv"
    path.write_text("\n".join([*LISTS["clotho"], LISTS["clotho"][1], ""]))
    with pytest.raises(InvalidRecord, match=r"clotho_eval\.csv, line 4: given 0"):
        AudioSepSets(root).clips()


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(LISTS)), position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_list(
    tmp_path_factory: pytest.TempPathFactory, name: str, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray("\n".join([*LISTS[name], ""]).encode())
    content[position % len(content)] = byte
    (folder / f"{name}_eval.csv").write_bytes(content)
    try:
        clips = AudioSepSets(folder).clips()
    except SepbenchError as error:
        assert f"{name}_eval.csv" in error.what
    else:
        assert len({clip.id for clip in clips}) == len(LISTS[name]) - 1


def test_published_lists_are_those_that_would_be_fetched() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("needs AudioSep's lists beside the project (shared/data/metadata/audiosep)")
    for remote in ABOUT.remote:
        content = (PUBLISHED / Path(remote.file).name).read_bytes()
        assert remote.checksum == f"sha256:{hashlib.sha256(content).hexdigest()}" and remote.bytes == len(content)


def test_published_lists_have_23319_targets() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("needs AudioSep's lists beside the project (shared/data/metadata/audiosep)")
    clips = AudioSepSets(PUBLISHED).clips()
    sets = Counter(clip.id.split("/")[1] for clip in clips)
    assert sets == {"audiocaps": 4820, "audioset": 5270, "clotho": 5225, "esc50": 2000, "music": 5004, "vggsound": 1000}
    assert len({clip.id for clip in clips}) == 23319
    recordings = Counter(name for name, _ in {(clip.id.split("/")[1], clip.group) for clip in clips})
    assert (recordings["audiocaps"], recordings["clotho"], recordings["vggsound"]) == (964, 1045, 100)
    assert (recordings["music"], recordings["audioset"]) == (46, 5270)
    labels = {name: {clip.labels for clip in clips if clip.id.split("/")[1] == name} for name in sets}
    assert {name: len(found) for name, found in labels.items()} == {
        "audiocaps": 1, "audioset": 527, "clotho": 1, "esc50": 50, "music": 10, "vggsound": 85,
    }  # fmt: skip
