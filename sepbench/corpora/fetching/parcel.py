"""What is fetched as one: a file to keep, or all the parts of an archive."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.fetching.unpack import differing, read_record
from sepbench.errors import SepbenchError
from sepbench.search_path import closest


@dataclass(frozen=True)
class Parcel:
    """A name, and the published files behind it in the order they are published."""

    name: str
    files: tuple[RemoteFile, ...]

    @property
    def is_archive(self) -> bool:
        """Whether it is unpacked."""
        return self.files[0].unpack != "keep"

    @property
    def checksums(self) -> tuple[str | None, ...]:
        """Of every file, as published."""
        return tuple(file.checksum for file in self.files)

    def is_unpacked(self, root: Path) -> bool:
        """Whether this very archive was unpacked there, and all of its files are still there."""
        record = read_record(root, self.name) if self.is_archive else None
        return record is not None and record.checksums == self.checksums and not differing(root, record)


def parcels(about: About) -> list[Parcel]:
    """The corpus's published files, those of one archive together, in order of first mention."""
    groups: dict[str, list[RemoteFile]] = {}
    for file in about.remote:
        groups.setdefault(file.archive or file.file, []).append(file)
    return [Parcel(name, tuple(files)) for name, files in groups.items()]


def select(found: Sequence[Parcel], pattern: str) -> list[Parcel]:
    """Those whose name, or one of whose files, matches a shell pattern; all for an empty one.

    Raises:
        SepbenchError: none does.
    """
    if not pattern:
        return list(found)
    chosen = [
        parcel
        for parcel in found
        if any(fnmatch.fnmatchcase(name, pattern) for name in (parcel.name, *(file.file for file in parcel.files)))
    ]
    if not chosen:
        raise SepbenchError("option --only", given=pattern, remedy=closest(pattern, [parcel.name for parcel in found]))
    return chosen
