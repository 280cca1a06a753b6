"""MUSIC and MUSIC-21: YouTube videos of solo instruments (Zhao et al., ECCV 2018, arXiv 1804.03160; ICCV 2019, arXiv
1904.05979).

The index is ``MUSIC_solo_videos.json`` (11 instruments, 536 videos) and ``MUSIC21_solo_videos.json`` (21 instruments,
1,164 videos), either or both. Each of the 536 is in both under one instrument, and no video is under two; a clip is
named ``<instrument>/<YouTube id>``, so one that were would be two clips of one `group`. The lists have no split: it is
that of CLIPSep's ``MUSIC_solo_{train,val,test}.csv`` where those are beside them (its 46 test videos are what AudioSep
and HSM-TSS use), and ``train`` for every video that none of them names.

Audio: ``<instrument>/<id>.wav``, or another extension, in the folder, in ``solo/audio/`` or in ``audio/``; or
``<id>.wav`` in the folder. These are whole videos of minutes, not excerpts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import Clip
from sepbench.records import parse_json, read_text
from sepbench.tables import index_version, read_table, unlike

INDEXES = ("MUSIC_solo_videos.json", "MUSIC21_solo_videos.json")
SPLITS = {"train": "train", "val": "validation", "test": "test"}
SOURCE = "the lists of roudimit/MUSIC_dataset"
SPLIT_SOURCE = "the lists of sony/CLIPSep"
SPLIT_COLUMNS = ("audio", "frames", "count", "instrument")
NAME = re.compile(r"[a-z_]+/[A-Za-z0-9_-]{11}")
ABOUT = About(
    name="music",
    title="MUSIC and MUSIC-21 (solos)",
    licence="not stated (lists; the audio is YouTube's and may not be passed on)",
    homepage="https://github.com/roudimit/MUSIC_dataset",
    remote=tuple(
        RemoteFile(
            url=f"https://raw.githubusercontent.com/roudimit/MUSIC_dataset/master/{file}",
            checksum=None,  # a branch: its hash is not stable
            file=file,
        )
        for file in INDEXES
    ),
    instructions=(
        "Splits: put MUSIC_solo_train.csv, MUSIC_solo_val.csv and MUSIC_solo_test.csv of github.com/sony/CLIPSep into "
        "the corpus's folder. Audio: it is YouTube's, and some of the videos are gone; for the clip <instrument>/<id> "
        "run: yt-dlp -x --audio-format wav -o '<instrument>/%(id)s.%(ext)s' -- <id>"
    ),
)


@dataclass(frozen=True)
class _Videos:
    """One index: YouTube ids by instrument."""

    version: float
    videos: dict[str, tuple[str, ...]]


class Music:
    """MUSIC and MUSIC-21 at a folder with their lists."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _names(self) -> list[str]:
        paths = [path for index in INDEXES if (path := self.root / index).is_file()]
        if not paths:
            raise MissingData(
                "music has no index",
                given=str(self.root),
                wanted=" or ".join(INDEXES),
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        return sorted({name for path in paths for name in _read_index(path)})

    @cached_property
    def _splits(self) -> dict[str, str]:
        known, splits = frozenset(self._names), dict[str, str]()
        for part, split in SPLITS.items():
            path = self.root / f"MUSIC_solo_{part}.csv"
            for row in read_table(path, SPLIT_COLUMNS, header=None, source=SPLIT_SOURCE) if path.is_file() else ():
                name = "/".join(row["audio"].removesuffix(".wav").split("/")[-2:])
                if name not in known or splits.setdefault(name, split) != split:
                    wanted = "<folder>/<instrument>/<id>.wav of a video in the index, in one split"
                    raise unlike(path, row.number, [row["audio"]], wanted, SPLIT_SOURCE)
        return splits

    @cached_property
    def version(self) -> str:
        """Hash of the videos and their splits; the order of the lists does not change it."""
        return index_version(f"{name},{self._splits.get(name, 'train')}" for name in self._names)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        return tuple(
            Clip(
                corpus=ABOUT.name,
                id=name,
                labels=(name.split("/")[0].replace("_", " "),),
                group=f"youtube:{name.split('/')[1]}",
                split=self._splits.get(name, "train"),
            )
            for name in self._names
        )

    def clips(self) -> tuple[Clip, ...]:
        """Every video of the lists that are here; labels with blanks ("acoustic guitar")."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether the video's audio is here, in any of the layouts."""
        return self._audio.find(*_places(clip)) is not None

    def read(self, clip: str) -> Recording:
        """The whole video's audio, mono."""
        return self._audio.read(*_places(clip))


def _read_index(path: Path) -> list[str]:
    index = parse_json(_Videos, read_text(path), place=str(path))
    names = [f"{instrument}/{video}" for instrument, videos in index.videos.items() for video in videos]
    for name in names:
        if not NAME.fullmatch(name):
            raise InvalidRecord(
                f"{path}: videos",
                given=name,
                wanted="instruments in small letters, YouTube ids",
                remedy=f"use {SOURCE}",
            )
    return names


def _places(clip: str) -> list[str]:
    return [clip, f"solo/audio/{clip}", f"audio/{clip}", clip.rsplit("/", 1)[-1]]


def corpus() -> Music:
    """MUSIC where the environment says it is."""
    return Music(corpus_root(ABOUT.name))
