"""AudioSep's six evaluation lists (Liu et al., arXiv 2308.05037), read and checked line by line.

The audio of these lists is published ready-mixed; the lists hold no level and no offset. What is wrong with a row (a
clip mixed with itself, two clips of one class ...) is stated beside it: published numbers include such rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import SepbenchError
from sepbench.manifest import QueryKind
from sepbench.protocols import audiosep_rows as rows
from sepbench.protocols.audiosep_rows import ListRow
from sepbench.protocols.sheet import Sheet, read_sheet
from sepbench.search_path import closest

UPSTREAM = "Audio-AGI/AudioSep@944583f evaluation/metadata"
HASH_DIGITS = 16
INDEXED = ("idx", "caption", "src_wav", "noise_wav")
CAPTIONS_BY_REFERENCE = "Captions are not in this list: it points to the lists that come with AudioSep's evaluation."
ROWS_FROM_0 = "Rows are counted from 0: the list has no numbers of its own."


@dataclass(frozen=True)
class ListFormat:
    """What is known of one of the lists.

    Attributes:
        corpus: where its clips come from; also the list's name, ``<corpus>_eval.csv``.
        columns: names for the columns, by position.
        header: the file's first line.
        sha256: first 16 hex digits of the published file's hash, line ends LF.
        query_kind: what its texts are; captions may not be passed on and are pointed to.
        licence: of the audio.
        rows: reads the rows.
        seconds: length of a pair that is rebuilt; None where the list names no noise.
        notes: for the meta file, on rows and texts; `pair_notes` on rebuilt pairs only.
    """

    corpus: str
    columns: tuple[str, ...]
    header: tuple[str, ...]
    sha256: str
    query_kind: QueryKind
    licence: str
    rows: Callable[[Sheet], list[ListRow]]
    seconds: int | None
    notes: tuple[str, ...] = ()
    pair_notes: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Where the published file is."""
        return f"{UPSTREAM}/{self.corpus}_eval.csv"


@dataclass(frozen=True)
class AudioSepList:
    """A list that was read.

    Attributes:
        sha256: of the file, line ends LF: copies in use differ in these alone.
        warning: says so when the file is not the published one; else empty.
    """

    format: ListFormat
    rows: tuple[ListRow, ...]
    sha256: str
    warning: str


FORMATS = {
    one.corpus: one
    for one in (
        ListFormat(
            corpus="audiocaps",
            columns=("idx", "caption", "labels", "src_wav", "noise_wav"),
            header=("idx", "caption", "labels", "src_wav", "noise_wav"),
            sha256="d30b52d957bd2f63",
            query_kind="caption",
            licence="audio from YouTube, under its uploaders' terms; captions for academic use",
            rows=rows.audiocaps,
            seconds=10,
            notes=(
                CAPTIONS_BY_REFERENCE,
                "No labels: the list joins class names that hold blanks and commas by blanks.",
            ),
        ),
        ListFormat(
            corpus="clotho",
            columns=("idx", "caption", "src_wav", "noise_wav1", "noise_wav2"),
            header=("idx", "caption", "src_wav", "noise_wav1", "noise_wav1"),  # sic
            sha256="b3308c1fd02c5a6d",
            query_kind="caption",
            licence="CC by clip (Freesound); captions under Tampere University's licence, non-commercial",
            rows=rows.clotho,
            seconds=10,
            notes=(CAPTIONS_BY_REFERENCE,),
            pair_notes=(
                "The first 10 s of every clip; clips are 15 to 30 s long, and the list names no part.",
                "Two noises: each is brought to the target's level, then their sum to the stated ratio.",
            ),
        ),
        ListFormat(
            corpus="esc50",
            columns=INDEXED,
            header=INDEXED,
            sha256="5835b1bb3ca4e126",
            query_kind="label",
            licence="CC BY-NC 3.0 (as a whole)",
            rows=rows.esc50,
            seconds=5,
        ),
        ListFormat(
            corpus="music",
            columns=INDEXED,
            header=INDEXED,
            sha256="d8586310b6245983",
            query_kind="label",
            licence="audio from YouTube, under its uploaders' terms",
            rows=rows.music,
            seconds=10,
            pair_notes=(
                "Assumed, not published: Y{video}_{k}.wav is the ten seconds of the video that begin at 10 k seconds.",
            ),
        ),
        ListFormat(
            corpus="vggsound",
            columns=("file_id", "mix_wav", "s0_wav", "s0_text", "s1_wav", "s1_text"),
            header=("file_id", "mix_wav", "s0_wav", "s0_text", "s1_wav", "s1_text"),
            sha256="741dfb8069ca5a2d",
            query_kind="label",
            licence="audio from YouTube, under its uploaders' terms; labels CC BY 4.0",
            rows=rows.vggsound,
            seconds=10,
            notes=(ROWS_FROM_0,),
        ),
        ListFormat(
            corpus="audioset",
            columns=INDEXED,
            header=INDEXED,
            sha256="eb7f4ba6c89d2ce0",
            query_kind="label",
            licence="audio from YouTube, under its uploaders' terms; labels CC BY 4.0",
            rows=rows.audioset,
            seconds=None,
            notes=(ROWS_FROM_0, "The list names no recordings: every row is a cluster of its own."),
        ),
    )
}


def read_list(name: str, path: Path) -> AudioSepList:
    """Read one of the six lists.

    Args:
        name: a key of `FORMATS`.
        path: the file as published, or with other line ends.

    Raises:
        MissingData: no such file.
        InvalidRecord: another header, or a row that is none of this list's; file and line are named.
    """
    if name not in FORMATS:
        raise SepbenchError("no such list of AudioSep", given=name, remedy=closest(name, list(FORMATS)))
    form = FORMATS[name]
    sheet = read_sheet(path, form.columns, header=form.header, source=form.source)
    warning = "" if sheet.sha256.startswith(form.sha256) else _another(form, sheet.sha256)
    return AudioSepList(form, tuple(form.rows(sheet)), sheet.sha256, warning)


def _another(form: ListFormat, digest: str) -> str:
    return (
        f"Not the published file: sha256 {digest[:HASH_DIGITS]} where {form.source} has {form.sha256} (line ends LF)."
    )
