"""Small archives with true layouts, and hostile ones, written for tests."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from sepbench.corpora.fetching.unpack import ArchiveKind, unpack

Files = Mapping[str, bytes]


def unpacked(kind: ArchiveKind, parts: list[Path], root: Path, *, into: str = ".", strip: int = 0) -> int:
    """Unpack without showing progress."""
    return unpack(
        "a.archive",
        parts,
        kind=kind,
        root=root,
        into=into,
        strip=strip,
        checksums=(None,) * len(parts),
        report=lambda what, done, total: None,
    )


def held(root: Path) -> dict[str, bytes]:
    """Every file below a folder but the records, by path; links are followed nowhere."""
    files = (path for path in root.rglob("*") if not path.is_dir() and ".sepbench" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def split(content: bytes, folder: Path, names: list[str]) -> list[Path]:
    """The content cut into as many pieces of about equal length."""
    length = -(-len(content) // len(names))
    for index, name in enumerate(names):
        (folder / name).write_bytes(content[index * length : (index + 1) * length])
    return [folder / name for name in names]


def zip_bytes(files: Files, *, change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    """A zip archive; `change` may spoil the headers before they are written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, content)
    return stream.getvalue()


def split_zip_parts(files: Files, *, part_length: int, zip64: bool = False) -> list[bytes]:
    """A split zip archive by the specification: parts of at most `part_length` bytes, headers never cut in two.

    With `zip64` the directory's offsets, lengths and disks stand in zip64 records, as in archives above 4 GB.
    """
    parts = [bytearray(b"PK\7\x08")]

    def put(content: bytes, whole: bool) -> tuple[int, int]:
        if len(parts[-1]) + (len(content) if whole else 1) > part_length:
            parts.append(bytearray())
        place = len(parts) - 1, len(parts[-1])
        while content:
            room = len(content) if whole else part_length - len(parts[-1])
            parts[-1] += content[:room]
            content = content[room:]
            if content:
                parts.append(bytearray())
        return place

    entries = []
    for name, content in files.items():
        squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = squeezer.compress(content) + squeezer.flush()
        sizes = struct.pack("<3L", zlib.crc32(content), len(packed), len(content))
        head = struct.pack("<5H", 20, 0, 8, 0, 33) + sizes
        disk, offset = put(b"PK\3\4" + head + struct.pack("<2H", len(name), 0) + name.encode(), whole=True)
        put(packed, whole=False)
        extra = b""
        if zip64:
            extra = struct.pack("<2H3QL", 1, 28, len(content), len(packed), offset, disk)
            head = head[:14] + b"\xff" * 8
            disk, offset = 0xFFFF, 0xFFFFFFFF
        tail = struct.pack("<5H2L", len(name), len(extra), 0, disk, 0, 0, offset)
        entries.append(b"PK\1\2" + struct.pack("<H", 20) + head + tail + name.encode() + extra)
    start_disk, start = put(entries[0], whole=True)
    for entry in entries[1:]:
        put(entry, whole=True)
    size, count = sum(map(len, entries)), len(entries)
    if zip64:  # its three end records stay in one part
        record = struct.pack("<Q2H2L4Q", 44, 45, 45, 0, start_disk, count, count, size, start)
        end_disk, end_offset = put(b"PK\6\6" + record + bytes(20 + 22), whole=True)
        del parts[-1][-42:]
        last = len(parts) - 1
        parts[-1][end_offset + 16 : end_offset + 20] = struct.pack("<L", last)
        parts[-1] += b"PK\6\7" + struct.pack("<LQL", end_disk, end_offset, len(parts))
        parts[-1] += b"PK\5\6" + struct.pack("<4H2LH", *(0xFFFF,) * 4, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    else:
        put(bytes(22), whole=True)
        del parts[-1][-22:]
        last = len(parts) - 1
        parts[-1] += b"PK\5\6" + struct.pack("<4H2LH", last, start_disk, count, count, size, start, 0)
    return [bytes(part) for part in parts]


def write_split_zip(parts: list[bytes], folder: Path, stem: str) -> list[Path]:
    """The parts under their usual names, in the order that FSD50K's page lists them: the last one first."""
    names = [f"{stem}.z{number:02d}" for number in range(1, len(parts))] + [f"{stem}.zip"]
    for name, content in zip(names, parts, strict=True):
        (folder / name).write_bytes(content)
    return [folder / name for name in (names[-1], *names[:-1])]


def tar_bytes(files: Files, mode: str = "w:gz", *, members: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    """A tar archive of files, followed by headers without content."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return stream.getvalue()


def tar_member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A header of a kind: a link, a device ..."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info
