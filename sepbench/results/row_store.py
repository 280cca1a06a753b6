"""The row store: one JSON line per model and item, appended and flushed as soon as it is scored.

A row once written is never lost. A process killed in the middle of a line leaves a torn last line, which is cut off
when the store is opened again; that item is then simply not done.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sepbench.errors import RunFolderError
from sepbench.paths import write_whole
from sepbench.results.columns import Places
from sepbench.results.key_index import KeyIndex
from sepbench.results.row_table import RowTable
from sepbench.results.rows import Key, Row, iter_rows, row_line, twice
from sepbench.results.writing import writing

BLOCK = 1 << 16


class RowStore:
    """The rows of one run folder, open for appending. The caller holds the folder's lock.

    Attributes:
        table: all rows, in the file's order.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise RunFolderError(
                "rows would be written outside the run folder, or into what is no file",
                given=str(path),
                wanted="a file of its own",
                remedy="remove it, or choose another --out",
            )
        self._repair()
        self.table = RowTable(iter_rows(path))
        self._index = KeyIndex(self.table)
        with writing("a result", path):
            self._file = path.open("ab")

    def __len__(self) -> int:
        return len(self.table)

    def __contains__(self, key: object) -> bool:
        return self._index.place(key) is not None

    def place(self, key: Key) -> int | None:
        """Where in the table a model's row of an item is; None where there is none."""
        return self._index.place(key)

    def places(self, keys: Iterable[Key]) -> Places:
        """The places of several, -1 where there is none."""
        found = (self.place(key) for key in keys)
        return np.fromiter((-1 if place is None else place for place in found), dtype=np.int64)

    def get(self, key: Key) -> Row | None:
        """A model's row of an item; None where there is none."""
        place = self.place(key)
        return None if place is None else self.table[place]

    def _repair(self) -> None:
        """Cut a torn last line off, or the next row would be glued to it."""
        if self._path.exists():
            whole = _end_of_last_line(self._path)
            if whole != self._path.stat().st_size:
                os.truncate(self._path, whole)

    def append(self, row: Row) -> None:
        """Write one row and flush it to the operating system: it survives this process's death.

        Raises:
            RunFolderError: the disk is full or the folder not writable; nothing written before is harmed.
            InvalidRecord: the item has a row already; nothing is written.
        """
        if (key := (row.model, row.item)) in self:
            raise twice(key)
        with writing("a result", self._path):
            self._file.write(row_line(row).encode() + b"\n")
            self._file.flush()
        self.table.append(row)
        self._index.update()

    def drop(self, keys: Iterable[Key]) -> None:
        """Forget rows that no longer count (another model revision, other metrics); the file is replaced whole."""
        dropped = set(keys)
        if not dropped:
            return
        self.table = RowTable(row for row in self.table.all() if (row.model, row.item) not in dropped)
        self._index = KeyIndex(self.table)
        with writing("the results that still stand", self._path):
            write_whole(self._path, "".join(row_line(row) + "\n" for row in self.table.all()))
            self._file.close()
            self._file = self._path.open("ab")

    def close(self) -> None:
        """Flush to disk and close.

        Raises:
            RunFolderError: the disk is full still; closed all the same.
        """
        with writing("a result", self._path), self._file:
            self._file.flush()
            os.fsync(self._file.fileno())


def _end_of_last_line(path: Path) -> int:
    """The number of bytes up to the last line's end; 0 without any."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - BLOCK)
            file.seek(start)
            if found := file.read(end - start).rfind(b"\n") + 1:
                return start + found
            end = start
    return 0
