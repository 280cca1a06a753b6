"""Verifying a frozen list: its hashes, its files, and a sample of its rows made audible again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.availability import Availability, recordings
from sepbench.corpora.pairs import tell_folder
from sepbench.errors import InvalidRecord
from sepbench.manifest import Mixture, load
from sepbench.mixing import UnrenderableMixture, render
from sepbench.protocols.premixed import AUDIO_FLAG, audio_flag


@dataclass(frozen=True)
class Verification:
    """What was checked of one list.

    Attributes:
        rows: hashed.
        buildable: rows whose clips are all here.
        rendered: of these, a sample rendered again.
        refused: rows of the sample that the drawing rules turn down, in a list that was drawn without hearing audio.
        missing: one line per clip or corpus that is not here.
    """

    path: Path
    rows: int
    buildable: int
    rendered: int
    refused: int
    missing: tuple[str, ...]


def verify(path: Path, *, sample: int = 10) -> Verification:
    """Check a manifest.

    Args:
        path: the ``.jsonl``.
        sample: how many buildable rows to render again, chosen by hash; their SNR and gain must be the stated ones.

    Raises:
        InvalidRecord: an edited row, another hash, or a row that renders to something else; file and row are named.
        MissingData: no such file.
    """
    manifest = load(path)
    tell_folder(manifest)
    here = Availability()
    buildable = [mixture for mixture in manifest.mixtures if here.has_all(mixture)]
    chosen = sorted(buildable, key=lambda mixture: hashlib.sha256(mixture.id.encode()).digest())[:sample]
    refused = sum(not _renders(path, mixture) for mixture in chosen)
    return Verification(path, len(manifest.mixtures), len(buildable), len(chosen), refused, tuple(here.missing))


def _renders(path: Path, mixture: Mixture) -> bool:
    """Whether the row gives what it states; a row with gains to be solved states less, and may be refused."""
    found = recordings(mixture)
    _check_audio(path, mixture, found)
    try:
        render(mixture, found)
    except UnrenderableMixture as error:
        if mixture.premixed is None and any(source.gain_db is None for source in mixture.sources):
            return False
        raise InvalidRecord(
            f"{path}: {error.what}", given=error.given, wanted=error.wanted, remedy=error.remedy
        ) from error
    return True


def _check_audio(path: Path, mixture: Mixture, found: Sequence[Recording]) -> None:
    """Rows of somebody's own pairs state the hash of their samples: file names alone would not tell others apart."""
    stated = [flag for flag in mixture.flags if flag.startswith(AUDIO_FLAG)]
    if stated and stated != [audio_flag(found)]:
        raise InvalidRecord(
            f"{path}: the audio of mixture {mixture.id} is not what the list was made with",
            given=audio_flag(found),
            wanted=stated[0],
            remedy="restore the files, or import the list again",
        )
