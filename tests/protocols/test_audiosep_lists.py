"""Reading AudioSep's six lists: what rows say, what is wrong with them, and what is no such list."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.protocols.audiosep_lists import FORMATS, AudioSepList, read_list
from sepbench.protocols.audiosep_rows import ListedClip
from tests.protocols.tiny_lists import AUDIOCAPS, AUDIOSET, CLOTHO, ESC50, LISTS, MUSIC, VGGSOUND, content

PUBLISHED = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "metadata" / "audiosep"


def read(folder: Path, name: str, lines: tuple[str, ...] | None = None, ending: str = "\n") -> AudioSepList:
    path = folder / f"{name}_eval.csv"
    path.write_bytes(content(LISTS[name] if lines is None else lines, ending))
    return read_list(name, path)


def published(name: str) -> AudioSepList:
    if not PUBLISHED.is_dir():
        pytest.skip("needs AudioSep's lists beside the project (shared/data/metadata/audiosep)")
    return read_list(name, PUBLISHED / f"{name}_eval.csv")


@pytest.mark.parametrize(
    ("name", "target", "noises", "files"),
    [
        (
            "audiocaps",
            ListedClip("audiocaps", "Y7fmOlUlwoNg", (), "youtube:7fmOlUlwoNg"),
            [ListedClip("audiocaps", "Y-aYumc8KoXg", (), "youtube:-aYumc8KoXg")],
            ("data/audiocaps/segment-0.wav", "data/audiocaps/mixture-0.wav"),
        ),
        (
            "clotho",
            ListedClip("clotho", "evaluation/Santa Motor.wav", (), "clotho:Santa Motor.wav"),
            [
                ListedClip("clotho", "evaluation/Foz, river.wav", (), "clotho:Foz, river.wav"),
                ListedClip("clotho", "evaluation/Wipers .wav", (), "clotho:Wipers .wav"),
            ],
            ("data/clotho/segment-0.wav", "data/clotho/mixture-0.wav"),
        ),
        (
            "esc50",
            ListedClip("esc50", "audio/1-100-A-0.wav", ("dog",), "freesound:100"),
            [ListedClip("esc50", "audio/2-200-A-14.wav", ("chirping birds",), "freesound:200")],
            ("data/esc50/segment-0.wav", "data/esc50/mixture-0.wav"),
        ),
        (
            "music",
            ListedClip("music", "accordion/1mCi6eWXVbg", ("accordion",), "youtube:1mCi6eWXVbg"),
            [ListedClip("music", "acoustic_guitar/X4UWEifacwI", ("acoustic guitar",), "youtube:X4UWEifacwI", 160)],
            ("data/music/segment-0.wav", "data/music/mixture-0.wav"),
        ),
        (
            "vggsound",
            ListedClip("vggsound", "-JUBdOr8Hes_000030", ("playing accordion",), "youtube:-JUBdOr8Hes"),
            [ListedClip("vggsound", "37Vxf0Wz-3o_000001", ("sea lion barking",), "youtube:37Vxf0Wz-3o")],
            tuple(
                f"data/vggsound/data/{folder}/-JUBdOr8Hes_000030+++37Vxf0Wz-3o_000001.wav"
                for folder in ("s0_wav", "mix_wav")
            ),
        ),
        (
            "audioset",
            ListedClip(
                "audioset", "class_id=0/class_id=0,index=000", ("Speech",), "audiosep:class_id=0/class_id=0,index=000"
            ),
            [],
            tuple(f"data/audioset/class_id=0/class_id=0,index=000,{part}.wav" for part in ("source", "mixture")),
        ),
    ],
)
def test_first_row_of_each_list(
    tmp_path: Path, name: str, target: ListedClip, noises: list[ListedClip], files: tuple[str, str]
) -> None:
    first = read(tmp_path, name).rows[0]
    assert (first.number, first.target, list(first.noises), first.faults) == ("0", target, noises, ())
    assert (first.target_file, first.mixture_file) == files


def test_texts_stay_as_they_stand(tmp_path: Path) -> None:
    assert [row.text for row in read(tmp_path, "clotho").rows][:2] == ["A machine whines.", "Water runs. "]
    assert read(tmp_path, "vggsound").rows[1].text == "race car, auto racing"


def test_faults_are_stated(tmp_path: Path) -> None:
    faults = {name: [row.faults for row in read(tmp_path, name).rows] for name in LISTS}
    assert faults == {
        "audiocaps": [(), (), ("self_mix",)],
        "clotho": [(), ("target_among_noises",), ("repeated_noise",), ("target_among_noises",)],
        "esc50": [(), (), ("class_overlap",), ("self_mix", "class_overlap")],
        "music": [(), (), ("class_overlap",)],
        "vggsound": [(), ("class_overlap",)],
        "audioset": [(), (), ()],
    }


@pytest.mark.parametrize("name", LISTS)
def test_line_ends_do_not_matter_and_another_file_is_told(tmp_path: Path, name: str) -> None:
    lf, crlf = (read(tmp_path, name, ending=ending) for ending in ("\n", "\r\n"))
    assert lf == crlf
    assert lf.warning.startswith("Not the published file: sha256 ") and FORMATS[name].sha256 in lf.warning


def changed(lines: tuple[str, ...], row: int, old: str, new: str) -> tuple[str, ...]:
    assert old in lines[row]
    return (*lines[:row], lines[row].replace(old, new), *lines[row + 1 :])


@pytest.mark.parametrize(
    ("name", "lines", "match"),
    [
        ("esc50", changed(ESC50, 0, "idx", "id"), "line 1: given id,caption,.*; wanted idx,caption,src_wav,noise_wav"),
        ("esc50", ESC50[:1], "line 2: given nothing; wanted at least one row"),
        ("esc50", (), "line 1: given nothing"),
        ("esc50", changed(ESC50, 1, ",2-200-A-14.wav", ""), "line 2: given 0,dog"),
        ("esc50", changed(ESC50, 3, "1-100-B-0.wav", "../1-100-B-0.wav"), "line 4: given ../1-100-B-0.wav"),
        ("esc50", ESC50[:2], "line 2: given 2-200-A-14.wav; wanted a noise whose class the list names"),
        ("esc50", changed(ESC50, 3, "dog", "cat"), "line 4: given cat; wanted dog, as 0 is called above"),
        ("esc50", changed(ESC50, 2, "1,", "0,"), "line 3: given 0; wanted a row number that no other row has"),
        ("esc50", changed(ESC50, 2, "1,", "-1,"), "line 3: given -1; wanted a row number"),
        ("audiocaps", changed(AUDIOCAPS, 2, "Y-aYumc8KoXg.wav", "-aYumc8KoXg.wav"), "line 3: given -aYumc8KoXg.wav"),
        ("clotho", changed(CLOTHO, 1, "Santa Motor.wav", "../Santa Motor.wav"), "line 2: .* wanted a file name of Clo"),
        ("clotho", changed(CLOTHO, 1, "Santa Motor.wav", "Santa Motor.mp3"), "line 2: given Santa Motor.mp3"),
        ("clotho", changed(CLOTHO, 1, "A machine", '"A\u2028machine'), "not CSV|line 2"),
        ("music", MUSIC[:2], "line 2: given YX4UWEifacwI_16.wav; wanted a noise whose instrument the list names"),
        ("music", changed(MUSIC, 3, "accordion", "violin"), "line 4: given violin; wanted accordion, as 1mCi6eWXVbg"),
        ("music", changed(MUSIC, 2, "acoustic guitar", "../guitar"), "line 3: given ../guitar; wanted an instrument"),
        ("vggsound", changed(VGGSOUND, 1, "data/s0_wav", "data/s1_wav"), "line 2: .*; wanted data/s0_wav/-JUBdOr8Hes"),
        ("vggsound", changed(VGGSOUND, 1, "_000030", "_30"), "line 2: given -JUBdOr8Hes_30"),
        ("audioset", changed(AUDIOSET, 2, ",mixture", ",source"), "line 3: .*; wanted evaluation/data/audioset/.*mixt"),
        ("audioset", changed(AUDIOSET, 2, "0,Speech", "1,Speech"), "line 4: given Male speech, man speaking; wanted S"),
        ("audioset", changed(AUDIOSET, 3, '1,"Male', '2,"Male'), "line 4: given 2; wanted 1, the class of the file"),
        ("audioset", changed(AUDIOSET, 1, "evaluation/data", "data"), "line 2: given data/audioset"),
    ],
)
def test_what_is_no_such_list_is_named_by_line(tmp_path: Path, name: str, lines: tuple[str, ...], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        read(tmp_path, name, lines)


def test_no_file_and_no_such_list(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="file not found"):
        read_list("esc50", tmp_path / "esc50_eval.csv")
    with pytest.raises(SepbenchError, match="no such list of AudioSep: given esc5"):
        read_list("esc5", tmp_path / "esc50_eval.csv")


@pytest.mark.parametrize(
    ("name", "rows", "targets", "faults"),
    [
        ("audiocaps", 4820, 964, {"self_mix": [769, 911, 1859]}),
        (
            "clotho",
            5225,
            1045,
            {
                "target_among_noises": [172, 265, 962, 1813, 2428, 2873, 3017, 3667, 3738],
                "repeated_noise": [46, 967, 4208, 4445],
            },
        ),
        ("esc50", 2000, 2000, {}),
        ("music", 5004, 556, {}),
        ("vggsound", 1000, 100, {"class_overlap": [26, 63]}),
        ("audioset", 5270, 5270, {}),
    ],
)
def test_published_lists_hold_what_is_known_of_them(
    name: str, rows: int, targets: int, faults: dict[str, list[int]]
) -> None:
    found = published(name)
    assert (len(found.rows), found.warning) == (rows, "")
    assert len({(row.target.clip, row.target.start) for row in found.rows}) == targets
    stated: dict[str, list[int]] = {}
    for row in found.rows:
        for fault in row.faults:
            stated.setdefault(fault, []).append(int(row.number))
    assert stated == faults


def test_published_music_has_46_videos_of_10_instruments_and_audioset_527_classes_of_ten() -> None:
    music = published("music").rows
    assert len({row.target.group for row in music}) == 46 and len({row.text for row in music}) == 10
    labels = [row.text for row in published("audioset").rows]
    assert len(set(labels)) == 527 and all(labels.count(label) == 10 for label in set(labels))
