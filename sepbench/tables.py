"""Reading CSV files whose columns are known: every line is checked, and a wrong one is named.

Published lists and corpora's indexes come with either line end, with or without a header, and now and then with two
columns of one name; so columns are taken by position and called what the caller calls them.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import InvalidRecord
from sepbench.records import read_text

SHOWN = 120


@dataclass(frozen=True)
class Line:
    """One row: its values by column, and its number in the file, for errors."""

    number: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


def read_table(
    path: Path,
    columns: Sequence[str],
    *,
    header: Sequence[str] | None,
    source: str,
    may_be_empty: Iterable[str] = (),
    encoding: str = "utf-8",
) -> list[Line]:
    """Every row of a CSV file, in file order.

    Args:
        columns: names for the columns, in order.
        header: what the first line must hold; None for a file without one.
        source: where the right file comes from; ends every error's remedy.
        may_be_empty: columns that may hold nothing.

    Raises:
        MissingData: no such file.
        InvalidRecord: another header, another number of values, an empty value; file and line are named.
    """
    text = read_text(path, encoding=encoding)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    optional = frozenset(may_be_empty)
    lines: list[Line] = []
    try:
        if header is not None and (first := next(reader, [])) != list(header):
            raise unlike(path, 1, first, ",".join(header), source)
        for row in reader:
            values = dict(zip(columns, row, strict=False))
            empty = [column for column in columns if not values.get(column) and column not in optional]
            if len(row) != len(columns) or empty:
                raise unlike(path, reader.line_num, row, f"{len(columns)} values ({', '.join(columns)})", source)
            lines.append(Line(reader.line_num, values))
    except csv.Error as error:
        raise InvalidRecord(
            f"{path}, line {reader.line_num}: not CSV", given=str(error), remedy=f"use {source}"
        ) from None
    return lines


def unlike(path: Path, number: int, row: Sequence[str], wanted: str, source: str) -> InvalidRecord:
    """The error for a line that is not what the published file has there."""
    given = ",".join(row)[:SHOWN] or "nothing"
    return InvalidRecord(f"{path}, line {number}", given=given, wanted=wanted, remedy=f"use {source}")


def index_version(lines: Iterable[str]) -> str:
    """A corpus's version: hash of its index in a form that line ends and row order do not change.

    >>> index_version(["b", "a"]) == index_version(["a", "b"])
    True
    """
    return "index-sha256:" + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
