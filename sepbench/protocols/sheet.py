"""The lines of a list that is imported, and the errors for what they hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import InvalidRecord
from sepbench.records import read_text
from sepbench.tables import Line, read_table, unlike

NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Sheet:
    """A list's file as read.

    Attributes:
        source: where the right file comes from; ends every error's remedy.
        sha256: of the text with LF as line end: copies in use differ in line ends alone.
    """

    path: Path
    lines: tuple[Line, ...]
    source: str
    sha256: str

    def wrong(self, line: Line, given: str, wanted: str) -> InvalidRecord:
        """The error for a value of a line."""
        return unlike(self.path, line.number, [given], wanted, self.source)

    def matched(self, line: Line, column: str, pattern: re.Pattern[str], wanted: str) -> re.Match[str]:
        """The value's parts."""
        if (found := pattern.fullmatch(line[column])) is None:
            raise self.wrong(line, line[column], wanted)
        return found

    def text(self, line: Line, column: str) -> str:
        """The value, which must be one line of text."""
        if line[column].splitlines() != [line[column]]:
            raise self.wrong(line, line[column], "text on one line")
        return line[column]

    def numbered(self) -> Iterator[tuple[str, Line]]:
        """Every line with its ``idx``, which no two may share."""
        seen: set[str] = set()
        for line in self.lines:
            number = self.matched(line, "idx", NUMBER, "a row number").group()
            if number in seen:
                raise self.wrong(line, number, "a row number that no other row has")
            seen.add(number)
            yield number, line

    def names(self, keyed: Iterable[tuple[Line, str, str]]) -> dict[str, str]:
        """What each key is called in the column given with it, which must be the same in every line."""
        names: dict[str, str] = {}
        for line, key, column in keyed:
            if names.setdefault(key, self.text(line, column)) != line[column]:
                raise self.wrong(line, line[column], f"{names[key]}, as {key} is called above")
        return names


def read_sheet(
    path: Path,
    columns: Sequence[str],
    *,
    header: Sequence[str] | None,
    source: str,
    may_be_empty: Iterable[str] = (),
    encoding: str = "utf-8",
) -> Sheet:
    """A list's file; arguments and errors are those of `sepbench.tables.read_table`, and it has at least one row."""
    lines = read_table(path, columns, header=header, source=source, may_be_empty=may_be_empty, encoding=encoding)
    if not lines:
        raise unlike(path, 1 if header is None else 2, [], "at least one row", source)
    text = read_text(path, encoding=encoding)  # which turns every line end into LF
    return Sheet(path, tuple(lines), source, hashlib.sha256(text.encode()).hexdigest())
