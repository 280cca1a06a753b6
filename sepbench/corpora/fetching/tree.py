"""The folder that one archive is unpacked into, and the rules every member must keep.

Nothing of an archive gets its final name before all of it has been read, so what is written here lies in a folder of
its own: plain files only, under names that stay inside it, each as long as it was said to be.
"""

from __future__ import annotations

import shutil
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from sepbench.errors import SepbenchError
from sepbench.paths import is_inside

CHUNK = 1 << 20
RESERVE = 64 << 20
"""Bytes left free on the disk whatever an archive wants."""

NOT_TEXT = ("Cc", "Cs")
"""Unicode categories: controls, and the lone surrogates that stand for bytes that were no UTF-8."""

Report = Callable[[str, int, int | None], None]
"""Told of progress: what is being done, bytes so far, bytes in all where they are known."""


class Readable(Protocol):
    """What a member's content is read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Unpacked:
    """What is remembered of one unpacked file: its length, and the CRC-32 of its content."""

    bytes: int
    crc32: int


class Tree:
    """Files of one archive on their way to their final names.

    Args:
        archive: its name, for errors.
        folder: an empty folder that nobody else uses.
        strip: leading folders dropped from every member's name.
        report: told of every file.
    """

    def __init__(self, archive: str, folder: Path, *, strip: int, report: Report) -> None:
        self.folder = folder
        self.files: dict[str, Unpacked] = {}
        self.member = ""
        self.archive = archive
        self._strip = strip
        self._report = report
        self._written = 0
        self._total: int | None = None

    def refusal(self, why: str, *, remedy: str = "") -> SepbenchError:
        """The error for the archive, and for the member that is being read if there is one."""
        return SepbenchError(
            f"{self.archive} cannot be unpacked",
            given=f"member {self.member!r}: {why}" if self.member else why,
            remedy=remedy or "delete the archive and fetch it again; if it is the published one, do not use it",
        )

    def expect(self, total: int) -> None:
        """Refuse, before anything is written, an archive that would not fit on the disk."""
        self.member = ""
        self._total = total
        self._check_room(total)

    def take(self, name: str) -> None:
        """Start on the next member; refuse a name that leads outside, or that no file system can hold.

        `name` is as the archive spells it, a folder's with or without a slash at its end.
        """
        self.member = name
        if not is_inside(name):
            raise self.refusal("its name leads outside the folder")
        if any(unicodedata.category(character) in NOT_TEXT for character in name):
            raise self.refusal("its name holds characters that no file name should")

    def write(self, size: int, content: Readable) -> None:
        """Write the member begun with `take`; it must be exactly `size` bytes long."""
        path = self._new_path()
        if size < 0:
            raise self.refusal(f"declared as {size} bytes")
        self._check_room(size)
        written = crc = 0
        with path.open("xb") as file:
            while chunk := content.read(min(CHUNK, size - written + 1)):
                written += len(chunk)
                if written > size:
                    break
                crc = zlib.crc32(chunk, crc)
                file.write(chunk)
                self._show(len(chunk))
        if written != size:
            raise self.refusal(f"declared as {size} bytes, and holds {'more' if written > size else written}")
        self.files[self._final_name()] = Unpacked(size, crc)

    def adopt(self, size: int, file: Path) -> None:
        """Like `write`, for a file that a program has unpacked already; it is moved."""
        if file.is_symlink() or not file.is_file() or file.stat().st_size != size:
            raise self.refusal(f"declared as a file of {size} bytes, and unpacked as something else")
        path = self._new_path()
        crc = crc32_of(file)
        file.replace(path)
        self._show(size)
        self.files[self._final_name()] = Unpacked(size, crc)

    def _new_path(self) -> Path:
        name = self._final_name()
        if name in self.files:
            raise self.refusal("a second file of that name")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _final_name(self) -> str:
        parts = PurePosixPath(self.member).parts[self._strip :]
        if not parts or not is_inside(name := "/".join(parts)):
            raise self.refusal(f"not below the archive's {self._strip} top folder(s)")
        return name

    def _check_room(self, size: int) -> None:
        free = shutil.disk_usage(self.folder).free - RESERVE
        if size > free:
            raise self.refusal(
                f"{size} bytes do not fit into the {max(free, 0)} that are free",
                remedy="free space on that disk, or choose another folder (--to)",
            )

    def _show(self, more: int) -> None:
        self._written += more
        self._report(f"unpacking {self.archive}", self._written, self._total)


def crc32_of(path: Path) -> int:
    """CRC-32 of a file's content."""
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
