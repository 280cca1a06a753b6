"""Anybody's own pairs: a CSV file with a header, and per line where a mixture and its target are."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.paths import is_inside
from sepbench.protocols.sheet import Sheet, read_sheet
from sepbench.records import read_text
from sepbench.search_path import closest
from sepbench.tables import Line, unlike

COLUMN = re.compile(r"\{([^{}]*)\}")
ENCODING = "utf-8-sig"  # spreadsheets put a mark before the header
SOURCE = "a CSV file with a header and one pair per line"
LONGEST_NAME = 255  # bytes, on the usual file systems
SHOWN = 3


@dataclass(frozen=True)
class PairTable:
    """Which pairs there are.

    Attributes:
        table: a CSV file with a header.
        root: folder of the audio.
        mixture: path of a line's mixture below `root`, with names of columns in braces; so `target`.
        query: column of the prompt.
        group: column that names the recording a pair was made from; None: every target is one of its own.
        label: column of the target's class; None: no classes.
    """

    table: Path
    root: Path
    mixture: str
    target: str
    query: str
    group: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Pair:
    """One line: its two files, relative to the table's `root`, and what is said of them."""

    line: Line
    mixture: str
    target: str
    query: str
    group: str | None
    label: str | None


@dataclass(frozen=True)
class ReadPairs:
    """The table's pairs, in its order."""

    sheet: Sheet
    pairs: tuple[Pair, ...]


def read_pairs(wanted: PairTable) -> ReadPairs:
    """Read the table and look for every file.

    Raises:
        MissingData: the table or audio files are not here.
        InvalidRecord: no such table, or a line that names no two files; file and line are named.
        SepbenchError: a column the table has not.
    """
    header = _header(wanted.table)
    named = [column for column in (wanted.query, wanted.group, wanted.label) if column is not None]
    used = {*COLUMN.findall(wanted.mixture), *COLUMN.findall(wanted.target), *named}
    for column in sorted(used.difference(header)):
        raise SepbenchError(f"{wanted.table} has no such column", given=column, remedy=closest(column, header))
    unused = set(header) - used
    sheet = read_sheet(wanted.table, header, header=header, source=SOURCE, may_be_empty=unused, encoding=ENCODING)
    pairs = tuple(_pair(wanted, sheet, line) for line in sheet.lines)
    _check_here(wanted.root, pairs)
    return ReadPairs(sheet, pairs)


def _header(path: Path) -> list[str]:
    try:
        header = next(csv.reader(io.StringIO(read_text(path, encoding=ENCODING), newline=""), strict=True), [])
    except csv.Error as error:
        raise InvalidRecord(f"{path}, line 1: not CSV", given=str(error), remedy=f"use {SOURCE}") from None
    if not header or len(set(header)) != len(header):
        raise unlike(path, 1, header, "names of columns, each once", SOURCE)
    return header


def _pair(wanted: PairTable, sheet: Sheet, line: Line) -> Pair:
    return Pair(
        line,
        _path(sheet, line, wanted.mixture),
        _path(sheet, line, wanted.target),
        sheet.text(line, wanted.query),
        sheet.text(line, wanted.group) if wanted.group else None,
        sheet.text(line, wanted.label) if wanted.label else None,
    )


def _path(sheet: Sheet, line: Line, template: str) -> str:
    """The template with the line's values. Lists hold names in NFC: a file of another spelling would not be found."""
    path = COLUMN.sub(lambda found: sheet.text(line, found[1]), template)
    short = all(len(part.encode()) <= LONGEST_NAME for part in path.split("/"))
    if not short or not is_inside(path) or unicodedata.normalize("NFC", path) != path:
        raise sheet.wrong(line, path, "a file below the folder, its name in NFC")
    return path


def _check_here(root: Path, pairs: Sequence[Pair]) -> None:
    paths = dict.fromkeys(path for pair in pairs for path in (pair.mixture, pair.target))
    missing = [path for path in paths if not (root / path).is_file()]
    if missing:
        raise MissingData(
            f"{len(missing)} of {len(paths)} audio files are not here",
            given=", ".join(missing[:SHOWN]) + (" ..." if len(missing) > SHOWN else ""),
            wanted=f"files below {root}",
            remedy="check --root, --mixture and --target",
        )
