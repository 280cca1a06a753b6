"""Pieces of files read as one: what `cat` would write, without writing it."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Joined(io.RawIOBase):
    """A seekable stream over pieces, in order; each is a binary file read from its start and its length in bytes.

    The files are closed with the stream. Wrap it in `io.BufferedReader`: one raw read ends where a piece ends.
    """

    def __init__(self, pieces: Sequence[tuple[IO[bytes], int]]) -> None:
        super().__init__()
        self._files = [file for file, _ in pieces]
        self.starts = [0]
        for _, length in pieces:
            self.starts.append(self.starts[-1] + length)
        self._position = 0

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Joined:
        """The files one after the other."""
        return cls([(path.open("rb"), path.stat().st_size) for path in paths])

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, the position or the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.starts[-1]}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}, before the start")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position from the start of the first piece."""
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer, at most to the end of the piece the position is in."""
        if self._position >= self.starts[-1]:
            return 0
        piece = bisect_right(self.starts, self._position) - 1
        file = self._files[piece]
        file.seek(self._position - self.starts[piece])
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self.starts[piece + 1] - self._position)
        content = file.read(wanted)
        view[: len(content)] = content
        self._position += len(content)
        return len(content)

    def close(self) -> None:
        """Close every file."""
        for file in self._files:
            file.close()
        super().close()
