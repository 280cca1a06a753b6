"""From a downloaded archive to files under their final names, and the record that says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sepbench.corpora.fetching.tree import Report, Tree, Unpacked, crc32_of
from sepbench.errors import InvalidRecord, SepbenchError
from sepbench.manifest import SCHEMA, STRICT, pretty_json
from sepbench.paths import write_whole
from sepbench.records import parse_json, read_text

if TYPE_CHECKING:
    from pydantic import ConfigDict

STATE = ".sepbench"
"""Folder in a corpus's own that holds records of what was unpacked, and what is being worked on."""

ArchiveKind = Literal["zip", "split-zip", "7z", "tar", "split-tar"]


@dataclass(frozen=True)
class Record:
    """What one unpacked archive became.

    Attributes:
        archive: its name.
        checksums: of its parts in order, as published; null where none is.
        files: length and CRC-32 by path, relative to the corpus's folder.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    archive: str
    checksums: tuple[str | None, ...]
    files: dict[str, Unpacked]


def record_path(root: Path, archive: str) -> Path:
    """Where the record of an archive is kept."""
    return root / STATE / (archive.replace("/", "__") + ".json")


def read_record(root: Path, archive: str) -> Record | None:
    """The record of an archive; None where there is none that can be read: then it is unpacked again."""
    path = record_path(root, archive)
    if not path.is_file():
        return None
    try:
        return parse_json(Record, read_text(path), place=str(path))
    except InvalidRecord:
        return None


def differing(root: Path, record: Record) -> list[str]:
    """Recorded files that are gone or have another length."""
    return [name for name, facts in record.files.items() if _size(root / name) != facts.bytes]


def unpack(
    archive: str,
    parts: Sequence[Path],
    *,
    kind: ArchiveKind,
    root: Path,
    into: str,
    strip: int,
    checksums: tuple[str | None, ...],
    report: Report,
) -> int:
    """Unpack an archive below ``root/into``; the number of its files.

    All of it is unpacked into a folder of its own first, and moved when it is whole; what an interrupted attempt left
    there is dropped. A file that is there already and equal is kept, and one that differs stops everything.

    Raises:
        SepbenchError: the archive is damaged or hostile, the disk is full, or a file that differs is in the way.
    """
    work = root / STATE / "unpacking"
    tree = Tree(archive, work / "files", strip=strip, report=report)
    try:
        shutil.rmtree(work, ignore_errors=True)
        tree.folder.mkdir(parents=True)
        _reader(kind)(parts, tree)
        if not tree.files:
            tree.member = ""
            raise tree.refusal("it holds no files")
        files = {(Path(into) / name).as_posix(): facts for name, facts in tree.files.items()}
        _move(tree, files, root, into)
        write_whole(record_path(root, archive), pretty_json(Record(SCHEMA, archive, checksums, files)))
    except OSError as error:
        raise tree.refusal(
            str(error), remedy="look at the disk and its rights; the same command then tries again"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return len(files)


def _reader(kind: ArchiveKind) -> Callable[[Sequence[Path], Tree], None]:
    from sepbench.corpora.fetching.seven_zip import unpack_7z
    from sepbench.corpora.fetching.tars import unpack_tar
    from sepbench.corpora.fetching.zips import unpack_zip

    if kind == "7z":
        return lambda parts, tree: unpack_7z(parts[0], tree)
    return unpack_tar if kind in ("tar", "split-tar") else unpack_zip


def _move(tree: Tree, files: dict[str, Unpacked], root: Path, into: str) -> None:
    for name, facts in files.items():
        path = root / name
        if name.split("/")[0] == STATE:
            tree.member = name
            raise tree.refusal(f"{STATE} is where the records of what was fetched are kept")
        if path.exists() and (_size(path) != facts.bytes or crc32_of(path) != facts.crc32):
            raise SepbenchError(
                "a file is in the way of an archive's",
                given=f"{path}, which is not the one in {tree.archive}",
                remedy="move it away or delete it, then run the same command again",
            )
    for name in tree.files:
        path = root / into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (tree.folder / name).replace(path)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
