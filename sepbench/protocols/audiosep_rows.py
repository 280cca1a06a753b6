"""The rows of AudioSep's six evaluation lists: what each line says, in one form for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sepbench.paths import is_inside
from sepbench.protocols.sheet import Sheet
from sepbench.tables import Line

AUDIOCAPS_FILE = re.compile(r"Y(?P<video>[A-Za-z0-9_-]{11})\.wav")
ESC50_FILE = re.compile(r"[1-5]-(?P<recording>[0-9]+)-[A-Z]-(?P<number>[0-9]+)\.wav")
MUSIC_FILE = re.compile(r"Y(?P<video>[A-Za-z0-9_-]{11})_(?P<segment>[0-9]{1,4})\.wav")
VGGSOUND_ROW = re.compile(r"(?P<target>[A-Za-z0-9_-]{11}_[0-9]{6})\+\+\+(?P<noise>[A-Za-z0-9_-]{11}_[0-9]{6})")
AUDIOSET_FILE = re.compile(
    r"evaluation/data/audioset/(?P<clip>class_id=(?P<number>[0-9]+)/class_id=(?P=number),index=[0-9]{3}),source\.wav"
)
AUDIOSET_WANTED = "evaluation/data/audioset/class_id=N/class_id=N,index=MMM,source.wav"
MUSIC_SEGMENT_SECONDS = 10
INSTRUMENT = re.compile(r"[a-z]+( [a-z]+)*")
VIDEO_DIGITS = 11


@dataclass(frozen=True)
class ListedClip:
    """A clip a row is made of: its id in `corpus`, from `start` seconds on."""

    corpus: str
    clip: str
    labels: tuple[str, ...]
    group: str
    start: int = 0


@dataclass(frozen=True)
class ListRow:
    """One row.

    Attributes:
        number: the row's number in its list.
        text: what is asked for.
        noises: what the target was mixed with; empty where the list does not say.
        target_file: the target as published, relative to the ``evaluation`` folder of AudioSep; so `mixture_file`.
        faults: what is wrong with the row.
    """

    number: str
    text: str
    target: ListedClip
    noises: tuple[ListedClip, ...]
    target_file: str
    mixture_file: str
    faults: tuple[str, ...]


def audiocaps(sheet: Sheet) -> list[ListRow]:
    """One noise per row; files named by YouTube id."""

    def _clip(line: Line, column: str) -> ListedClip:
        video = sheet.matched(line, column, AUDIOCAPS_FILE, "Y<YouTube id>.wav")["video"]
        return ListedClip("audiocaps", f"Y{video}", (), f"youtube:{video}")

    return _numbered_rows("audiocaps", sheet, _clip)


def clotho(sheet: Sheet) -> list[ListRow]:
    """Two noises per row; files named as on Freesound, blanks and all."""

    def _clip(line: Line, column: str) -> ListedClip:
        file = sheet.text(line, column)
        if "/" in file or not file.endswith(".wav") or not is_inside(file):
            raise sheet.wrong(line, file, "a file name of Clotho")
        return ListedClip("clotho", f"evaluation/{file}", (), f"clotho:{file.strip()}")

    return _numbered_rows("clotho", sheet, _clip, noises=("noise_wav1", "noise_wav2"))


def esc50(sheet: Sheet) -> list[ListRow]:
    """One noise per row; a file's last number is its class, which the list names where the class is a target."""

    def parts(line: Line, column: str) -> re.Match[str]:
        return sheet.matched(line, column, ESC50_FILE, "a file name of ESC-50")

    def _clip(line: Line, column: str) -> ListedClip:
        number, recording = parts(line, column).group("number", "recording")
        if number not in classes:
            raise sheet.wrong(line, line[column], "a noise whose class the list names")
        return ListedClip("esc50", f"audio/{line[column]}", (classes[number],), f"freesound:{recording}")

    classes = sheet.names((line, parts(line, "src_wav")["number"], "caption") for line in sheet.lines)
    return _numbered_rows("esc50", sheet, _clip)


def music(sheet: Sheet) -> list[ListRow]:
    """One noise per row; a video has one instrument, which the list names where the video is a target."""

    def parts(line: Line, column: str) -> re.Match[str]:
        return sheet.matched(line, column, MUSIC_FILE, "Y<YouTube id>_<segment>.wav")

    def _clip(line: Line, column: str) -> ListedClip:
        video, segment = parts(line, column).group("video", "segment")
        if video not in instruments:
            raise sheet.wrong(line, line[column], "a noise whose instrument the list names")
        label, start = instruments[video], int(segment) * MUSIC_SEGMENT_SECONDS
        return ListedClip("music", f"{label.replace(' ', '_')}/{video}", (label,), f"youtube:{video}", start)

    for line in sheet.lines:
        sheet.matched(line, "caption", INSTRUMENT, "an instrument in small letters")
    instruments = sheet.names((line, parts(line, "src_wav")["video"], "caption") for line in sheet.lines)
    return _numbered_rows("music", sheet, _clip)


def vggsound(sheet: Sheet) -> list[ListRow]:
    """One noise per row; both are named by YouTube id and start, and every file by both."""
    found = []
    for position, line in enumerate(sheet.lines):
        parts = sheet.matched(line, "file_id", VGGSOUND_ROW, "<target>+++<noise>, each a YouTube id and a start")
        for column in ("mix_wav", "s0_wav", "s1_wav"):
            if line[column] != (wanted := f"data/{column}/{line['file_id']}.wav"):
                raise sheet.wrong(line, line[column], wanted)
        target, noise = (
            ListedClip("vggsound", clip, (sheet.text(line, column),), f"youtube:{clip[:VIDEO_DIGITS]}")
            for clip, column in ((parts["target"], "s0_text"), (parts["noise"], "s1_text"))
        )
        files = f"data/vggsound/{line['s0_wav']}", f"data/vggsound/{line['mix_wav']}"  # "data" stands there twice
        found.append(ListRow(str(position), line["s0_text"], target, (noise,), *files, faults_of(target, noise)))
    return found


def audioset(sheet: Sheet) -> list[ListRow]:
    """Ten files per class, named by the class's number; the column of noises holds the mixtures."""
    names = sheet.names((line, line["idx"], "caption") for line in sheet.lines)
    found = []
    for position, line in enumerate(sheet.lines):
        parts = sheet.matched(line, "src_wav", AUDIOSET_FILE, AUDIOSET_WANTED)
        if line["idx"] != parts["number"]:
            raise sheet.wrong(line, line["idx"], f"{parts['number']}, the class of the file")
        if line["noise_wav"] != (wanted := line["src_wav"].replace(",source.wav", ",mixture.wav")):
            raise sheet.wrong(line, line["noise_wav"], wanted)
        target = ListedClip("audioset", parts["clip"], (names[line["idx"]],), f"audiosep:{parts['clip']}")
        files = f"data/audioset/{parts['clip']},source.wav", f"data/audioset/{parts['clip']},mixture.wav"
        found.append(ListRow(str(position), line["caption"], target, (), *files, faults=()))
    return found


def _numbered_rows(
    folder: str, sheet: Sheet, clip: Callable[[Line, str], ListedClip], noises: tuple[str, ...] = ("noise_wav",)
) -> list[ListRow]:
    """The rows of a list that names its clips in columns; the published files are named by the row's number."""
    found = []
    for number, line in sheet.numbered():
        target, *others = (clip(line, column) for column in ("src_wav", *noises))
        files = f"data/{folder}/segment-{number}.wav", f"data/{folder}/mixture-{number}.wav"
        text, faults = sheet.text(line, "caption"), faults_of(target, *others)
        found.append(ListRow(number, text, target, tuple(others), *files, faults))
    return found


def faults_of(target: ListedClip, *noises: ListedClip) -> tuple[str, ...]:
    """What is wrong with a mixture of these.

    >>> dog, cat = (ListedClip("esc50", clip, (clip,), clip) for clip in ("dog", "cat"))
    >>> faults_of(dog, dog), faults_of(dog, cat, cat), faults_of(dog, cat)
    (('self_mix', 'class_overlap'), ('repeated_noise',), ())
    """
    faults = {
        "self_mix": len(noises) == 1 and target in noises,
        "target_among_noises": len(noises) > 1 and target in noises,
        "repeated_noise": len(set(noises)) < len(noises),
        "class_overlap": any(set(target.labels) & set(noise.labels) for noise in noises),
    }
    return tuple(fault for fault, holds in faults.items() if holds)
