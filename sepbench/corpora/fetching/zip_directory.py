"""The directory of a zip archive in parts (``name.z01``, ``name.z02``, ..., ``name.zip``), which zipfile cannot read.

In a split archive every position is a pair of part ("disk") and offset in it. `open_zip` reads the central directory,
rewrites the pairs as offsets into the joined parts, and puts a directory of the new kind in the old one's place: what
``zip -s 0`` does, without the copy of the whole. An archive in one piece goes the same way, because zipfile does not
compare the number of entries with what the archive says, and would miss some of a damaged one.

Source: PKWARE, .ZIP File Format Specification (APPNOTE.TXT) 6.3.10, sections 4.3.12 to 4.3.16, 4.5.3 and 8.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import BadZipFile

from sepbench.corpora.fetching.parts import Joined

END = struct.Struct("<4s4H2LH")
END_MARK = b"PK\5\6"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_MARK = b"PK\6\6"
LOCATOR = struct.Struct("<4sLQL")
LOCATOR_MARK = b"PK\6\7"
ENTRY = struct.Struct("<4s6H3L5H2L")
ENTRY_MARK = b"PK\1\2"
EXTRA = struct.Struct("<2H")
ZIP64 = 1
LONGEST_COMMENT = 0xFFFF
IN_ZIP64_2, IN_ZIP64_4 = 0xFFFF, 0xFFFFFFFF
"""Values of 2 and 4 bytes that stand for "look into the zip64 record"."""


@dataclass(frozen=True)
class Directory:
    """Where the central directory is: `start` in the joined parts, `size` in bytes, and how many entries it has."""

    start: int
    size: int
    entries: int


def in_order(parts: Sequence[Path]) -> list[Path]:
    """The parts by number, whose last is the one called ``.zip``.

    >>> [part.suffix for part in in_order([Path("a.zip"), Path("a.z100"), Path("a.z02")])]
    ['.z02', '.z100', '.zip']
    """

    def number(part: Path) -> float:
        digits = part.suffix[2:]
        return int(digits) if digits.isdecimal() else float("inf")

    return sorted(parts, key=number)


def open_zip(parts: Sequence[Path]) -> IO[bytes]:
    """The parts, one or many, as one ordinary zip archive, ready for `zipfile.ZipFile`.

    Raises:
        BadZipFile: the last part has no directory, parts are missing, or the directory contradicts itself.
    """
    with ExitStack() as stack:
        joined = stack.enter_context(Joined.of(in_order(parts)))
        whole = io.BufferedReader(joined)
        directory = _find_directory(whole, joined.starts)
        whole.seek(directory.start)
        tail = _end_records(_rewritten(whole.read(directory.size), directory, joined.starts), directory)
        stack.pop_all()  # from here on the files are closed with the stream that is returned
    return io.BufferedReader(Joined([(whole, directory.start), (io.BytesIO(tail), len(tail))]))


def _find_directory(whole: IO[bytes], starts: Sequence[int]) -> Directory:
    last, end = starts[-2], starts[-1]
    begin = max(last, end - END.size - LONGEST_COMMENT)
    whole.seek(begin)
    tail = whole.read()
    position = tail.rfind(END_MARK)
    while position >= 0 and not _is_end(tail, position):
        position = tail.rfind(END_MARK, 0, position)
    if position < 0:
        raise BadZipFile("its last part has no end record")
    _, disk, cd_disk, _, entries, size, offset, _ = END.unpack_from(tail, position)
    before = begin + position - LOCATOR.size
    whole.seek(max(before, 0))
    locator = whole.read(LOCATOR.size)
    if before >= last and locator.startswith(LOCATOR_MARK):
        _, at_disk, at, _ = LOCATOR.unpack(locator)
        whole.seek(_absolute(at_disk, at, starts))
        record = whole.read(END64.size)
        if len(record) < END64.size or not record.startswith(END64_MARK):
            raise BadZipFile("its zip64 end record is not where it should be")
        _, _, _, _, disk, cd_disk, _, entries, size, offset = END64.unpack(record)
    alone = begin + position == last  # Info-ZIP 3.0 then writes the number of the part before, where it began
    if disk + 1 not in (len(starts) - 1, len(starts) - 2 if alone else 0):
        raise BadZipFile(f"it has {disk + 1} parts, and {len(starts) - 1} are here")
    start = _absolute(cd_disk, offset, starts)
    if start + size > begin + position:
        raise BadZipFile("its directory reaches beyond its end")
    return Directory(start, size, entries)


def _is_end(tail: bytes, position: int) -> bool:
    """Whether an end record begins there whose comment ends with the file."""
    if len(tail) - position < END.size:
        return False
    comment = END.unpack_from(tail, position)[-1]
    return position + END.size + int(comment) == len(tail)


def _absolute(disk: int, offset: int, starts: Sequence[int]) -> int:
    """A position in the joined parts."""
    if disk >= len(starts) - 1 or starts[disk] + offset >= starts[disk + 1]:
        raise BadZipFile(f"it points to byte {offset} of part {disk + 1}, which is not there")
    return starts[disk] + offset


def _rewritten(content: bytes, directory: Directory, starts: Sequence[int]) -> list[bytes]:
    """The directory's entries with absolute offsets, all of them in zip64 form, on disk 0."""
    entries: list[bytes] = []
    position = 0
    while position < len(content):
        if content[position : position + 4] != ENTRY_MARK or len(content) - position < ENTRY.size:
            raise BadZipFile(f"entry {len(entries) + 1} of its directory is damaged")
        fields = list(ENTRY.unpack_from(content, position))
        name_length, extra_length, comment_length = fields[10:13]
        name_end = position + ENTRY.size + name_length
        extra_end = name_end + extra_length
        position, name = extra_end + comment_length, content[position + ENTRY.size : name_end]
        if position > len(content):
            raise BadZipFile(f"entry {len(entries) + 1} of its directory is cut short")
        entries.append(_entry(fields, name, content[name_end:extra_end], starts))
    if len(entries) != directory.entries:
        raise BadZipFile(f"its directory has {len(entries)} entries, and should have {directory.entries}")
    return entries


def _entry(fields: list[int], name: bytes, extra: bytes, starts: Sequence[int]) -> bytes:
    wide, others = _split_extra(extra)
    packed, unpacked, disk, offset = fields[8], fields[9], fields[13], fields[16]
    values = []
    for value, sentinel, layout in (
        (unpacked, IN_ZIP64_4, "<Q"),
        (packed, IN_ZIP64_4, "<Q"),
        (offset, IN_ZIP64_4, "<Q"),
        (disk, IN_ZIP64_2, "<L"),
    ):
        width = struct.calcsize(layout)
        if value == sentinel:
            if len(wide) < width:
                raise BadZipFile(f"the zip64 record of {name!r} is cut short")
            value, wide = struct.unpack_from(layout, wide)[0], wide[width:]
        values.append(value)
    unpacked, packed, offset, disk = values
    zip64 = EXTRA.pack(ZIP64, 24) + struct.pack("<3Q", unpacked, packed, _absolute(disk, offset, starts))
    fields[8] = fields[9] = fields[16] = IN_ZIP64_4
    fields[11], fields[12], fields[13] = len(zip64) + len(others), 0, 0
    if fields[11] > LONGEST_COMMENT:
        raise BadZipFile(f"the extra fields of {name!r} are too long")
    return ENTRY.pack(*fields) + name + zip64 + others


def _split_extra(extra: bytes) -> tuple[bytes, bytes]:
    """The content of the zip64 record, and the other records as they are."""
    wide, others = b"", b""
    while len(extra) >= EXTRA.size:
        kind, length = EXTRA.unpack_from(extra)
        record, extra = extra[: EXTRA.size + length], extra[EXTRA.size + length :]
        if len(record) < EXTRA.size + length:
            raise BadZipFile("an extra field of its directory is cut short")
        if kind == ZIP64:
            wide = record[EXTRA.size :]
        else:
            others += record
    return wide, others


def _end_records(entries: list[bytes], directory: Directory) -> bytes:
    content = b"".join(entries)
    count = len(entries)
    end64 = END64.pack(END64_MARK, END64.size - 12, 45, 45, 0, 0, count, count, len(content), directory.start)
    locator = LOCATOR.pack(LOCATOR_MARK, 0, directory.start + len(content), 1)
    end = END.pack(END_MARK, 0, 0, IN_ZIP64_2, IN_ZIP64_2, IN_ZIP64_4, IN_ZIP64_4, 0)
    return content + end64 + locator + end
