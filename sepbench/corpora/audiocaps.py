"""AudioCaps: ten-second YouTube clips out of AudioSet, described in words (Kim et al., NAACL 2019, doi
10.18653/v1/N19-1011).

The index is what there is of ``train.csv`` (49,838 clips with a caption each), ``val.csv`` (495 with five each) and
``test.csv`` (975 with five each), in the corpus's folder or in ``dataset/``: audiocap_id, youtube_id, start_time in
seconds, caption. A clip is called ``Y<YouTube id>``. It has its AudioSet classes where
``{train,val,test}_audioset_labels.csv`` (youtube_id, mids) is beside its list; for a list without such a file, where
AudioSet's own lists are here (`sepbench.corpora.audioset`); else it has no labels.

Audio: ``Y<id>.wav``, ``<id>_<start>.wav`` or ``<id>.wav``, or another extension, in the folder, in ``audio/``, or in
``test/``, ``val/`` or ``train/``; or parquet files as on the Hugging Face hub, by youtube_id or audiocap_id. Videos
vanish: of the 975 test clips most copies have 880 to 964, and results are only comparable on the same ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.audioset import class_names, labels_of
from sepbench.corpora.corpus import corpus_root
from sepbench.corpora.parquet_audio import ParquetAudio, Row
from sepbench.errors import MissingData, SepbenchError
from sepbench.manifest import Clip
from sepbench.tables import Line, index_version, read_table, unlike

SOURCE = "the lists in dataset/ of cdjkim/audiocaps"
SOURCE_OF_LABELS = "AudioSet's segment lists"
SPLITS = {"train": "train", "val": "validation", "test": "test"}
COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")
LABEL_COLUMNS = ("youtube_id", "mids")
ID_COLUMNS = ("youtube_id", "audiocap_id")
AUDIO_FOLDERS = ("", "audio/", *(f"{name}/" for name in SPLITS))
WANTED = "a number, a YouTube id that is in one list and with one start, a start in seconds, a caption"
VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
NUMBER = re.compile(r"[0-9]{1,9}")
ABOUT = About(
    name="audiocaps",
    title="AudioCaps",
    licence="for academic purposes (captions: not passed on here, lists point to them; audio: YouTube's)",
    homepage="https://github.com/cdjkim/audiocaps",
    remote=tuple(
        RemoteFile(
            url=f"https://raw.githubusercontent.com/cdjkim/audiocaps/master/dataset/{name}.csv",
            checksum=None,  # a branch: its hash is not stable
            file=f"dataset/{name}.csv",
        )
        for name in SPLITS
    ),
    instructions=(
        "The audio is YouTube's, and some videos are gone. Either ask the authors for theirs with the form on the "
        "homepage, and put it into the corpus's folder as test/Y<youtube_id>.wav; or take a copy from the Hugging Face "
        "hub: hf download OpenSound/AudioCaps --repo-type dataset --include 'data/test-*' --local-dir FOLDER, and "
        'pip install "sepbench[datasets]"; or for each line of a list run: yt-dlp -x --audio-format wav '
        "--force-keyframes-at-cuts --download-sections '*<start_time>-<start_time + 10>' "
        "-o 'audio/Y<youtube_id>.%(ext)s' -- <youtube_id>."
    ),
    captions="by reference",
)


@dataclass(frozen=True)
class _Video:
    """What a list says of one clip; `numbers` are the audiocap_ids of its captions."""

    split: str
    start: int
    captions: tuple[str, ...]
    numbers: tuple[str, ...]


class AudioCaps:
    """AudioCaps at a folder with its lists."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)
        self._parquet = ParquetAudio(root, ID_COLUMNS)

    @cached_property
    def _lists(self) -> dict[str, Path]:
        places = ((name, self.root / folder / f"{name}.csv") for folder in ("dataset", ".") for name in SPLITS)
        return {name: path for name, path in places if path.is_file()}  # the folder itself wins

    @cached_property
    def _videos(self) -> dict[str, _Video]:
        if not self._lists:
            raise MissingData(
                "audiocaps has no index",
                given=str(self.root),
                wanted="test.csv, val.csv or train.csv, there or in dataset/",
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        videos: dict[str, _Video] = {}
        for name, path in self._lists.items():
            for line in read_table(path, COLUMNS, header=COLUMNS, source=SOURCE):
                video = _with_caption(videos.get(line["youtube_id"]), line, SPLITS[name])
                if video is None:
                    raise unlike(path, line.number, list(line.values.values()), WANTED, SOURCE)
                videos[line["youtube_id"]] = video
        return videos

    @cached_property
    def _mids(self) -> dict[str, tuple[str, ...]]:
        """Ids of AudioSet classes by video."""
        found: dict[str, tuple[str, ...]] = {}
        elsewhere = dict(self._videos)
        for name, path in self._lists.items():
            labels = path.with_name(f"{name}_audioset_labels.csv")
            if labels.is_file():
                found |= _published_labels(labels)
                elsewhere = {video: known for video, known in elsewhere.items() if known.split != SPLITS[name]}
        segments = {(video, known.start * 1000) for video, known in elsewhere.items()}
        return found | {video: mids for (video, _), mids in (labels_of(segments) if segments else {}).items()}

    @cached_property
    def version(self) -> str:
        """Hash of lists and labels in a form that line ends and the order of clips do not change."""
        return index_version(
            "\t".join((video, known.split, str(known.start), *known.captions, ",".join(self._mids.get(video, ()))))
            for video, known in self._videos.items()
        )

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        return tuple(self._clip(video, self._videos[video]) for video in sorted(self._videos))

    def _clip(self, video: str, known: _Video) -> Clip:
        mids = self._mids.get(video)
        labels, classes = class_names(mids) if mids else ((), ())
        return Clip(
            corpus=ABOUT.name,
            id=f"Y{video}",
            labels=labels,
            group=f"youtube:{video}",
            split=known.split,
            captions=known.captions,
            classes=classes,
        )

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the lists that are here; captions in the lists' order and words."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether the clip's audio is here, as a file of its own or as a row of a parquet file."""
        return self._audio.find(*self._places(clip)) is not None or self._row(clip) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono; a file of its own is preferred to a row of a parquet file."""
        places = self._places(clip)
        row = None if self._audio.find(*places) else self._row(clip)
        return self._audio.read(*places) if row is None else self._parquet.read(row)

    def _places(self, clip: str) -> list[str]:
        video = clip.removeprefix("Y")
        names = [f"Y{video}", *([f"{video}_{known.start}"] if (known := self._known(video)) else []), video]
        return [f"{folder}{name}" for name in names for folder in AUDIO_FOLDERS]

    def _row(self, clip: str) -> Row | None:
        video = clip.removeprefix("Y")
        known = self._known(video)
        return self._parquet.find("youtube_id", video) or self._parquet.find(
            "audiocap_id", *(known.numbers if known else ())
        )

    def _known(self, video: str) -> _Video | None:
        """None without an index too: audio that is named by the video alone can be read all the same."""
        return self._videos.get(video) if self._lists else None


def _with_caption(known: _Video | None, line: Line, split: str) -> _Video | None:
    """The video with one caption more, or None where the line does not fit it."""
    number, start = line["audiocap_id"], line["start_time"]
    if not (VIDEO.fullmatch(line["youtube_id"]) and NUMBER.fullmatch(number) and NUMBER.fullmatch(start)):
        return None
    known = known or _Video(split, int(start), (), ())
    if (known.split, known.start) != (split, int(start)):
        return None
    return _Video(split, known.start, (*known.captions, line["caption"]), (*known.numbers, number))


def _published_labels(path: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in read_table(path, LABEL_COLUMNS, header=LABEL_COLUMNS, source=SOURCE_OF_LABELS):
        mids = tuple(line["mids"].split(","))
        if line["youtube_id"] in found or not _are_classes(mids):
            wanted = "a YouTube id that is here once, and the ids of AudioSet classes"
            raise unlike(path, line.number, list(line.values.values()), wanted, SOURCE_OF_LABELS)
        found[line["youtube_id"]] = mids
    return found


def _are_classes(mids: tuple[str, ...]) -> bool:
    try:
        class_names(mids)
    except SepbenchError:
        return False
    return True


def corpus() -> AudioCaps:
    """AudioCaps where the environment says it is."""
    return AudioCaps(corpus_root(ABOUT.name))
