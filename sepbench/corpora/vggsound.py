"""VGGSound: ten-second YouTube clips of 309 classes (Chen et al., ICASSP 2020, arXiv 2004.14368).

The index is ``vggsound.csv`` (no header: YouTube id, start in seconds, label, split), or where that is missing
``test.csv`` and ``train.csv`` (``<id>_<start, six digits>.mp4,label``), in the corpus's folder or in ``data/``. The
published test.csv names 15,446 clips of 309 classes, each once, cut from 14,851 videos: clips of one video are one
`group`. A clip that an index names with two labels has both.

Audio: ``<id>_<start>.wav``, or another extension, in the folder, in ``audio/``, in ``test/`` or ``train/``, or in
``audio/<first character>/<second character>/``; there also as ``<id>.wav`` for a video with a single clip in the index.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.tables import Line, index_version, read_table, unlike

SOURCE = "the lists in data/ of hche11/VGGSound"
FOLDERS = ("data", ".")  # the folder itself wins
VIDEO_DIGITS = 11
SPLITS = ("train", "test")
WANTED = "a YouTube id and a start in seconds (or <id>_<start>.mp4), a label, and train or test, one for each clip"
SEGMENT = re.compile(r"([A-Za-z0-9_-]{11})_([0-9]{6})")
ABOUT = About(
    name="vggsound",
    title="VGGSound",
    licence="CC BY 4.0 (annotations; the audio is YouTube's and may not be passed on)",
    homepage="https://github.com/hche11/VGGSound",
    remote=(
        RemoteFile(
            url="https://raw.githubusercontent.com/hche11/VGGSound/master/data/vggsound.csv",
            checksum=None,  # a branch: its hash is not stable
            file="data/vggsound.csv",
        ),
    ),
    instructions=(
        "The audio is YouTube's, and many of the videos are gone. For the clip <id>_<start> run: yt-dlp -x "
        "--audio-format wav --force-keyframes-at-cuts --download-sections '*<start>-<start + 10>' "
        "-o 'audio/<id>_<start>.%(ext)s' -- <id>; in the file's name the start has six digits (000030 for second 30)."
    ),
)


@dataclass(frozen=True)
class _Row:
    """One line of an index: the clip's id, its label, and ``train`` or ``test``."""

    clip: str
    label: str
    split: str


class VggSound:
    """VGGSound at a folder with its lists."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _indexes(self) -> dict[str, Path]:
        """The lists to read by name: the whole one, or else those of single splits."""
        files = {
            name: path
            for name in ("vggsound", "test", "train")
            for folder in FOLDERS
            if (path := self.root / folder / f"{name}.csv").is_file()
        }
        return {"vggsound": files["vggsound"]} if "vggsound" in files else files

    @cached_property
    def _rows(self) -> list[_Row]:
        if not self._indexes:
            raise MissingData(
                "vggsound has no index",
                given=str(self.root),
                wanted="vggsound.csv, test.csv or train.csv, there or in data/",
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        rows: dict[_Row, None] = {}
        splits: dict[str, str] = {}
        for name, path in self._indexes.items():
            for line, row in _whole_index(path) if name == "vggsound" else _one_split(path, name):
                known = SEGMENT.fullmatch(row.clip) is not None and row.split in SPLITS
                if not known or splits.setdefault(row.clip, row.split) != row.split:
                    raise unlike(path, line.number, list(line.values.values()), WANTED, SOURCE)
                rows[row] = None
        return list(rows)

    @cached_property
    def version(self) -> str:
        """Hash of the index in a form that line ends, row order and the form of the lists do not change."""
        return index_version(f"{row.clip},{row.split},{row.label}" for row in self._rows)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        labels: dict[str, list[str]] = {}
        for row in self._rows:
            labels.setdefault(row.clip, []).append(row.label)
        splits = {row.clip: row.split for row in self._rows}
        return tuple(
            Clip(
                corpus=ABOUT.name,
                id=clip,
                labels=tuple(sorted(labels[clip])),
                group=f"youtube:{clip[:VIDEO_DIGITS]}",
                split=splits[clip],
            )
            for clip in sorted(splits)
        )

    @cached_property
    def _clips_per_video(self) -> Counter[str]:
        """Empty without an index: audio can be read by its full name all the same."""
        return Counter(clip.id[:VIDEO_DIGITS] for clip in self._clips) if self._indexes else Counter()

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the index, named ``<id>_<start, six digits>``; labels as published."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether the clip's audio is here, in any of the layouts."""
        return self._audio.find(*self._places(clip)) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(*self._places(clip))

    def _places(self, clip: str) -> list[str]:
        spread = f"audio/{clip[:1]}/{clip[1:2]}"
        places = [clip, *(f"{folder}/{clip}" for folder in ("audio", "test", "train", spread))]
        video = clip[:VIDEO_DIGITS]
        return [*places, f"{spread}/{video}"] if self._clips_per_video[video] == 1 else places


def _whole_index(path: Path) -> Iterator[tuple[Line, _Row]]:
    for line in read_table(path, ("video", "start", "label", "split"), header=None, source=SOURCE):
        yield line, _Row(f"{line['video']}_{line['start']:0>6}", line["label"], line["split"])


def _one_split(path: Path, split: str) -> Iterator[tuple[Line, _Row]]:
    for line in read_table(path, ("file", "label"), header=None, source=SOURCE):
        yield line, _Row(line["file"].removesuffix(".mp4"), line["label"], split)


def corpus() -> VggSound:
    """VGGSound where the environment says it is."""
    return VggSound(corpus_root(ABOUT.name))
