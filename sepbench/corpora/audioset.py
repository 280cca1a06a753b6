"""AudioSet: two million ten-second segments of YouTube videos, 527 classes (Gemmeke et al., ICASSP 2017, doi
10.1109/ICASSP.2017.7952261).

The index is what there is of ``eval_segments.csv`` (20,371 segments: split ``test``), ``balanced_train_segments.csv``
(22,160) and ``unbalanced_train_segments.csv`` (2,041,789; both ``train``), in the corpus's folder or in ``metadata/``:
YouTube id, start and end in seconds, and the classes' ids. A clip is called ``Y<YouTube id>_<start in milliseconds>``
("Y--4gqARaEJE_0", "Y--BfvyPmVMo_20000"), since one video may have several segments. The lists are read as a stream; the
largest takes seconds.

Audio: ``<id>_<start>.wav``, with or without a leading Y, the start in seconds or in milliseconds, or another extension,
in one of `FOLDERS`; there also as ``Y<id>.wav`` or ``<id>.wav`` for a video with a single segment in the lists.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root, expected_root
from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.manifest import Clip
from sepbench.tables import index_version, unlike

SOURCE = "the segment lists of research.google.com/audioset/download.html"
LISTS = {"eval_segments": "test", "balanced_train_segments": "train", "unbalanced_train_segments": "train"}
"""Split by name of the list."""

FOLDERS = ("", "audio/", *(f"{above}{name}/" for above in ("", "audio/", "audios/") for name in LISTS))
FOLDERS += ("audio/eval/", "audio/bal_train/", "audio/unbal_train/")
WANTED = "a YouTube id, start, end and the ids of AudioSet classes"
VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
CLIP = re.compile(r"Y(?P<video>[A-Za-z0-9_-]{11})_(?P<start_ms>[0-9]{1,9})")
SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
SERVER = "https://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv"
ABOUT = About(
    name="audioset",
    title="AudioSet",
    licence="CC BY 4.0 (labels; the audio is YouTube's and may not be passed on)",
    homepage="https://research.google.com/audioset/",
    remote=tuple(
        RemoteFile(url=f"{SERVER}/{name}.csv", checksum=None, file=f"{name}.csv")
        for name in (*LISTS, "class_labels_indices")
    ),
    instructions=(
        "The audio is YouTube's, and many of the videos are gone. For a list's line '<id>, <start>, <end>, …' run: "
        "yt-dlp -x --audio-format wav --force-keyframes-at-cuts --download-sections '*<start>-<end>' "
        "-o 'audio/Y<id>.%(ext)s' -- <id>. Lists that are not wanted may be deleted: those that are here count."
    ),
)


@dataclass(frozen=True)
class _Segment:
    """One line of a list; `mids` as published, joined by commas."""

    line: int
    video: str
    start_ms: int
    mids: str

    @property
    def clip(self) -> str:
        return f"Y{self.video}_{self.start_ms}"


class AudioSet:
    """AudioSet at a folder with its segment lists."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def version(self) -> str:
        """Hash of the lists that are here, in a form that line ends and row order do not change."""
        return index_version(
            f"{segment.clip},{LISTS[path.stem]},{segment.mids}" for path in self._lists() for segment in _segments(path)
        )

    def _lists(self) -> list[Path]:
        found = _lists(self.root)
        if not found:
            raise MissingData(
                "audioset has no index",
                given=str(self.root),
                wanted=" or ".join(f"{name}.csv" for name in LISTS),
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        return found

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        clips: list[Clip] = []
        named: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}  # far fewer sets of classes than segments
        for path in self._lists():
            for segment in _segments(path):
                if segment.mids not in named:
                    named[segment.mids] = _checked_names(path, segment)
                labels, classes = named[segment.mids]
                group = f"youtube:{segment.video}"
                clips.append(Clip(ABOUT.name, segment.clip, labels, group, LISTS[path.stem], classes=classes))
        clips.sort(key=lambda clip: clip.id)
        for clip, following in pairwise(clips):
            if clip.id == following.id:
                raise InvalidRecord(f"{self.root}: {clip.id} is listed twice", remedy=f"use {SOURCE}")
        return tuple(clips)

    @cached_property
    def _shared(self) -> frozenset[str]:
        """Videos with several segments: a file named by the video alone could be any of them."""
        groups = sorted(clip.group for clip in self._clips) if _lists(self.root) else []
        return frozenset(group for group, following in pairwise(groups) if group == following)

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        return tuple(folder for folder in FOLDERS if (self.root / folder).is_dir())

    def clips(self) -> tuple[Clip, ...]:
        """The segments of the lists that are here; labels and classes by their names in the ontology."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether the clip's audio is here, under any of its names."""
        return self._audio.find(*self._places(clip)) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(*self._places(clip))

    def _places(self, clip: str) -> list[str]:
        if (segment := CLIP.fullmatch(clip)) is None:
            return [clip]
        video, start_ms = segment["video"], int(segment["start_ms"])
        starts = [str(start_ms), str(start_ms // 1000)] if start_ms % 1000 == 0 else [str(start_ms)]
        places = self._in_folders(f"{video}_{start}" for start in starts)
        by_video = self._in_folders([video])
        # The lists say whether a file named by the video alone is this clip; they are only read where there is one.
        if self._audio.find(*by_video) and f"youtube:{video}" not in self._shared:
            places += by_video
        return places

    def _in_folders(self, names: Iterable[str]) -> list[str]:
        return [f"{folder}{letter}{name}" for name in names for folder in self._folders for letter in ("Y", "")]


def labels_of(segments: Collection[tuple[str, int]]) -> dict[tuple[str, int], tuple[str, ...]]:
    """Ids of the AudioSet classes of some segments, where the environment says AudioSet's lists are.

    The lists are read through once for all of them, since two million lines kept for look-ups would fill the memory.

    Args:
        segments: YouTube id and start in milliseconds.

    Returns:
        What the lists know; nothing without them.
    """
    wanted = frozenset(segments)
    root = expected_root(ABOUT.name)
    return {
        (segment.video, segment.start_ms): tuple(segment.mids.split(","))
        for path in (_lists(root) if root else [])
        for segment in _segments(path)
        if (segment.video, segment.start_ms) in wanted
    }


def class_names(mids: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A clip's labels and classes by the ids of its AudioSet classes: the most specific ones, and all above them.

    Raises:
        SepbenchError: the ontology has no such id.
    """
    from sepbench.corpora.audioset_ontology import ontology

    labels = tuple(ontology().name(mid) for mid in ontology().leaves(mids))
    return labels, tuple(sorted(set(ontology().names_with_ancestors(mids)) - set(labels)))


def _checked_names(path: Path, segment: _Segment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        return class_names(segment.mids.split(","))
    except SepbenchError:
        raise unlike(path, segment.line, [segment.mids], WANTED, SOURCE) from None


def _lists(root: Path) -> list[Path]:
    places = [[root / folder / f"{name}.csv" for folder in (".", "metadata")] for name in LISTS]
    return [found[0] for place in places if (found := [path for path in place if path.is_file()])]


def _segments(path: Path) -> Iterator[_Segment]:
    """The lines of a list but for its comments, checked one by one."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True, strict=True)
        try:
            for row in reader:
                if row and row[0].startswith("#"):
                    continue
                if len(row) != 4 or not (VIDEO.fullmatch(row[0]) and _is_span(row[1], row[2]) and row[3]):
                    raise unlike(path, reader.line_num, row, WANTED, SOURCE)
                yield _Segment(reader.line_num, row[0], round(float(row[1]) * 1000), row[3])
        except (csv.Error, UnicodeDecodeError) as error:
            raise InvalidRecord(
                f"{path}, line {reader.line_num + 1}: not CSV in UTF-8", given=str(error), remedy=f"use {SOURCE}"
            ) from None


def _is_span(start: str, end: str) -> bool:
    return bool(SECONDS.fullmatch(start) and SECONDS.fullmatch(end)) and float(start) < float(end)


def corpus() -> AudioSet:
    """AudioSet where the environment says it is."""
    return AudioSet(corpus_root(ABOUT.name))
