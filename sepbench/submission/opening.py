"""Unpacking an archive of somebody unknown: nothing leaves the folder, nothing swells, nothing is a link."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from sepbench.corpora.fetching.tree import Tree
from sepbench.corpora.fetching.zip_directory import open_zip
from sepbench.corpora.fetching.zips import DAMAGE, unpack_zip
from sepbench.errors import SepbenchError

MOST_FILES = 200_000
MOST_BYTES = 64 << 30
SWELLING = 100
"""What `sepbench submit pack` packs becomes hardly larger: waveforms are stored as they are. Rows shrink to a tenth."""
ALWAYS_BYTES = 64 << 20
"""So much may come out of any archive, however small."""


def unpacked(archive: Path, folder: Path) -> tuple[str, ...]:
    """Unpack into an empty folder; the files' names.

    Raises:
        SepbenchError: it is no zip archive, or a damaged or hostile one; nothing is outside the folder then either.
    """
    _check_size(archive)
    tree = Tree(archive.name, folder, strip=0, report=lambda doing, done, total: None)
    try:
        unpack_zip([archive], tree)
    except OSError as error:
        raise tree.refusal(str(error), remedy="look at the disk and its rights") from error
    return tuple(tree.files)


def _check_size(archive: Path) -> None:
    """Before anything is written, by what the archive says; while it is written, no file may exceed what was said."""
    try:
        with open_zip([archive]) as stream, ZipFile(stream) as opened:
            sizes = [member.file_size for member in opened.infolist()]
    except DAMAGE as error:
        raise SepbenchError(
            f"{archive.name} is not a zip archive", given=str(error), remedy="ask its sender for another"
        ) from error
    most = min(MOST_BYTES, max(ALWAYS_BYTES, SWELLING * archive.stat().st_size))
    if len(sizes) > MOST_FILES or sum(sizes) > most:
        raise SepbenchError(
            f"{archive.name} would become far too large",
            given=f"{len(sizes)} files of {sum(sizes)} bytes",
            wanted=f"at most {MOST_FILES} files of {most} bytes",
            remedy="do not unpack it; ask its sender for what sepbench submit pack writes",
        )
