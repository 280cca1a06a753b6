"""The validation set of DCASE 2024 task 9, language-queried separation (Zenodo 10886481): 1,000 Freesound clips of 10 s
at 16 kHz, uploaded after what systems were trained on, with three captions each.

Layout: ``lass_validation.json``, a list of ``{"Index": "692211_12333864-hq", "Tags": [...], "Captions": [...]}``, and
``lass_validation/<Index>.wav``. The index is the name of a Freesound preview, ``<sound>_<uploader>-hq``: the sound's
number makes the `group`. Labels are the tags in their order, each once (a few are listed twice): free text in lower
case, classes of every level mixed ("music", "electric guitar"). ``lass_synthetic_validation.csv`` beside them (header
``source, noise, snr, caption``, 3,000 rows) is the challenge's list of mixtures and no part of the index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile, Unpack
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import InvalidRecord
from sepbench.manifest import Clip
from sepbench.paths import is_inside
from sepbench.records import canonical_json, parse_json, read_text
from sepbench.tables import index_version

INDEX = "lass_validation.json"
FOLDER = "lass_validation"
PREVIEW = re.compile(r"([0-9]+)_[0-9]+-hq")


def _remote(file: str, unpack: Unpack = "keep") -> RemoteFile:
    return RemoteFile(f"https://zenodo.org/records/10886481/files/{file}?download=1", None, file, unpack=unpack)


ABOUT = About(
    name="dcase2024_t9",
    title="DCASE 2024 task 9, validation set",
    licence="per clip as on Freesound; captions as the Zenodo record states",
    homepage="https://zenodo.org/records/10886481",
    remote=(_remote(INDEX), _remote("lass_synthetic_validation.csv"), _remote("lass_validation.zip", "zip")),
    captions="by reference",
)


@dataclass(frozen=True)
class _Entry:
    """One clip of the index, in the names of the published file."""

    Index: str
    Tags: tuple[str, ...]
    Captions: tuple[str, ...]


class Dcase2024T9:
    """The validation set at a folder of the published layout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _entries(self) -> list[_Entry]:
        path = self.root / INDEX
        entries = parse_json(list[_Entry], read_text(path), place=str(path))
        seen: set[str] = set()
        for number, entry in enumerate(entries):
            if "/" in entry.Index or not is_inside(entry.Index) or entry.Index in seen:
                raise InvalidRecord(
                    f"{path}: field {number}.Index",
                    given=entry.Index,
                    wanted="a plain file name, each once",
                    remedy=f"use the {INDEX} of Zenodo 10886481",
                )
            seen.add(entry.Index)
        return sorted(entries, key=lambda entry: entry.Index)

    @cached_property
    def version(self) -> str:
        """Hash of the index in a form that the order of its entries does not change."""
        return index_version(canonical_json([entry.Index, entry.Tags, entry.Captions]) for entry in self._entries)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        return tuple(
            Clip(
                corpus=ABOUT.name,
                id=f"{FOLDER}/{entry.Index}.wav",
                labels=tuple(dict.fromkeys(entry.Tags)),
                group=_group(entry.Index),
                split="validation",
                captions=entry.Captions,
            )
            for entry in self._entries
        )

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the index, with their captions."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here, in ``lass_validation/`` or in the folder itself."""
        return self._audio.find(*_places(clip)) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(*_places(clip))


def _group(name: str) -> str:
    preview = PREVIEW.fullmatch(name)
    return f"freesound:{preview[1]}" if preview else f"{ABOUT.name}:{name}"


def _places(clip: str) -> tuple[str, str]:
    return clip, clip.removeprefix(f"{FOLDER}/")


def corpus() -> Dcase2024T9:
    """The validation set where the environment says it is."""
    return Dcase2024T9(corpus_root(ABOUT.name))
