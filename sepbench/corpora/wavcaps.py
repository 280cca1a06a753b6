"""WavCaps: 403,050 clips of four sources with captions written by a language model (Mei et al., TASLP 2024, arXiv
2303.17395). Many separators have learnt from it; here it is for checks of what they have heard, all of it ``train``.

The index is what there is of the hub's lists, ``json_files/<source>/<list>.json``, each ``{"data": [{"id", "caption",
…}]}``: see `LISTS`. A clip is called ``<source>/<id>``, the id without its extension; its group is the recording's id
at its source, so that clips of Clotho, FSD50K or AudioCaps out of one recording share it.

Audio: ``<id>.flac``, or another extension, in one of `AUDIO_FOLDERS`; nothing that is done with the lists needs it.
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
from sepbench.tables import index_version

SOURCE = "the lists in json_files/ of the hub's cvssp/WavCaps"
HUB = "https://huggingface.co/datasets/cvssp/WavCaps"
REVISION = "85a0c21e26fa7696a5a74ce54fada99a9b43c6de"
AUDIO_FOLDERS = ("{}", "{}_flac", "audio/{}", "audio/{}_flac", "data/waveforms/{}_flac")
UNPACKED = "mnt/fast/nobackup/scratch4weeks/xm00178/WavCaps/data/waveforms"
"""The folders inside the published archives."""


@dataclass(frozen=True)
class _Part:
    """One source: its `lists`, of which the first that is here is read, and what an id looks like there."""

    source: str
    lists: tuple[str, ...]
    group: str
    id: re.Pattern[str]


PARTS = (
    _Part("AudioSet_SL", ("as_final.json",), "youtube", re.compile(r"Y([A-Za-z0-9_-]{11})\.wav")),
    _Part("BBC_Sound_Effects", ("bbc_final.json",), "bbc", re.compile(r"([A-Za-z0-9_-]+)")),
    _Part("FreeSound", ("fsd_final.json", "fsd_final_2s.json"), "freesound", re.compile(r"([0-9]+)")),
    _Part("SoundBible", ("sb_final.json",), "soundbible", re.compile(r"([0-9]+)")),
)
ABOUT = About(
    name="wavcaps",
    title="WavCaps",
    licence="academic use only (single clips under the terms of Freesound, BBC, SoundBible or YouTube)",
    homepage=HUB,
    remote=tuple(
        RemoteFile(
            url=f"{HUB}/resolve/{REVISION}/json_files/{part.source}/{part.lists[0]}",
            checksum=None,
            file=f"json_files/{part.source}/{part.lists[0]}",
        )
        for part in PARTS
    ),
    instructions=(
        "The lists are all that checks for leaks need. The audio is 770 GB in split archives: hf download "
        "cvssp/WavCaps --repo-type dataset --include 'Zip_files/SoundBible/*' --local-dir FOLDER (likewise the "
        "other three); then, in the corpus's folder: zip -F FOLDER/Zip_files/<source>/<source>.zip "
        f"--out whole.zip && unzip whole.zip, which makes {UNPACKED}/<source>_flac/<id>.flac."
    ),
    captions="by reference",
)


@dataclass(frozen=True)
class _Entry:
    id: str
    caption: str


@dataclass(frozen=True)
class _Listing:
    data: list[_Entry]


class WavCaps:
    """WavCaps at a folder with its lists."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        here = {part: found for part in PARTS if (found := self._list(part)) is not None}
        if not here:
            raise MissingData(
                "wavcaps has no index",
                given=str(self.root / "json_files"),
                wanted=" or ".join(f"{part.source}/{part.lists[0]}" for part in PARTS),
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        return tuple(sorted((clip for part, path in here.items() for clip in _read(part, path)), key=lambda c: c.id))

    def _list(self, part: _Part) -> Path | None:
        paths = [self.root / "json_files" / part.source / name for name in part.lists]
        return next((path for path in paths if path.is_file()), None)

    @cached_property
    def version(self) -> str:
        """Hash of ids and captions of the lists that are here."""
        return index_version("\t".join((clip.id, *clip.captions)) for clip in self._clips)

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the lists that are here: captions, and no labels."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here, in any of the layouts."""
        return self._audio.find(*_places(clip)) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(*_places(clip))


def _read(part: _Part, path: Path) -> list[Clip]:
    captions: dict[str, dict[str, None]] = {}  # a sound that is listed twice is one clip with both captions
    for number, entry in enumerate(parse_json(_Listing, read_text(path), place=str(path)).data):
        if (known := part.id.fullmatch(entry.id)) is None:
            raise InvalidRecord(
                f"{path}: field data.{number}.id",
                given=entry.id[:120],
                wanted=f"the id of a sound of {part.source}",
                remedy=f"use {SOURCE}",
            )
        captions.setdefault(known[1], {})[entry.caption] = None
    letter = "Y" if part.group == "youtube" else ""
    return [
        Clip(ABOUT.name, f"{part.source}/{letter}{known}", (), f"{part.group}:{known}", "train", tuple(found))
        for known, found in captions.items()
    ]


def _places(clip: str) -> list[str]:
    source, _, name = clip.partition("/")
    folders = [folder.format(source) for folder in (*AUDIO_FOLDERS, f"{UNPACKED}/{{}}_flac")]
    return [f"{folder}/{name}" for folder in folders]


def corpus() -> WavCaps:
    """WavCaps where the environment says it is."""
    return WavCaps(corpus_root(ABOUT.name))
