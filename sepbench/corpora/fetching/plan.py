"""What is to be done to complete a corpus's folder, and whether the disk holds it. Nothing is changed to find out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.fetching.download import partial_path, published_bytes
from sepbench.corpora.fetching.parcel import Parcel, parcels, select
from sepbench.corpora.fetching.seven_zip import check_reader
from sepbench.corpora.fetching.tree import RESERVE, Report
from sepbench.errors import SepbenchError

GIGA = 1e9


@dataclass(frozen=True)
class Download:
    """A file that is not here yet; `bytes` None where nobody says how long it is."""

    file: RemoteFile
    bytes: int | None


@dataclass(frozen=True)
class Task:
    """A parcel that is not complete, and those of its files that have to be downloaded."""

    parcel: Parcel
    downloads: tuple[Download, ...]


@dataclass(frozen=True)
class FetchPlan:
    """What is to be done in a corpus's folder.

    Attributes:
        done: names of what is there already.
        peak_bytes: the most disk space that will be used on top of what is used now, as far as lengths are known;
            unpacked files are taken to be as long as their archive.
    """

    root: Path
    tasks: tuple[Task, ...]
    done: tuple[str, ...]
    peak_bytes: int

    @property
    def download_bytes(self) -> int:
        """Length of all downloads together, as far as it is known."""
        return sum(download.bytes or 0 for task in self.tasks for download in task.downloads)


def plan_fetch(about: About, root: Path, *, only: str, keep_archives: bool, report: Report) -> FetchPlan:
    """Compare a folder with what is published; files that are there are checked, nothing is changed.

    Args:
        only: shell pattern; empty for everything.

    Raises:
        MissingExtra: there is a 7z archive, and nothing that reads it.
        SepbenchError: a file is there under a published name and is not the published one, or the disk is too small.
    """
    tasks: list[Task] = []
    done: list[str] = []
    for parcel in select(parcels(about), only):
        if parcel.is_unpacked(root):
            done.append(parcel.name)
            continue
        absent = [file for file in parcel.files if not _is_here(file, root, report)]
        if absent or parcel.is_archive:
            if parcel.files[0].unpack == "7z":
                check_reader(parcel.name)  # now, and not after gigabytes
            tasks.append(Task(parcel, tuple(Download(file, _length(file)) for file in absent)))
        else:
            done.append(parcel.name)
    plan = FetchPlan(root, tuple(tasks), tuple(done), _peak(tasks, root, keep_archives))
    _check_disk(plan)
    return plan


def _is_here(file: RemoteFile, root: Path, report: Report) -> bool:
    path = root / file.file
    if not path.exists():
        return False
    length = path.stat().st_size
    if file.bytes not in (None, length):
        raise _not_published(path, f"{length} bytes", f"{file.bytes} bytes")
    if file.checksum is not None:
        report(f"checking {file.file}", 0, length)
        found = checksum_of(path, file.checksum)
        report(f"checking {file.file}", length, length)
        if found != file.checksum:
            raise _not_published(path, found, file.checksum)
    return True


def checksum_of(path: Path, like: str) -> str:
    """The file's checksum, of the kind of the given one (``md5:...``, ``sha256:...``)."""
    import pooch

    algorithm = like.partition(":")[0]
    return f"{algorithm}:{pooch.file_hash(str(path), algorithm)}"


def _not_published(path: Path, given: str, wanted: str) -> SepbenchError:
    return SepbenchError(
        f"{path} is not the published file",
        given=given,
        wanted=wanted,
        remedy="move it away or delete it, then run the same command again",
    )


def _length(file: RemoteFile) -> int | None:
    return file.bytes if file.bytes is not None else published_bytes(file.url)


def _peak(tasks: Sequence[Task], root: Path, keep_archives: bool) -> int:
    used = peak = 0
    for task in tasks:
        paths = [root / file.file for file in task.parcel.files]
        present = sum(path.stat().st_size for path in paths if path.is_file())
        begun = sum(path.stat().st_size for path in map(partial_path, paths) if path.is_file())
        arriving = max(0, sum(download.bytes or 0 for download in task.downloads) - begun)
        unpacked = present + begun + arriving if task.parcel.is_archive else 0
        peak = max(peak, used + arriving + unpacked)
        used += unpacked if unpacked and not keep_archives else arriving + unpacked
    return peak


def _check_disk(plan: FetchPlan) -> None:
    existing = next(folder for folder in (plan.root, *plan.root.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(existing).free
    if plan.tasks and plan.peak_bytes + RESERVE > free:
        raise SepbenchError(
            "not enough disk space",
            given=f"{free / GIGA:.1f} GB free at {existing}",
            wanted=f"about {plan.peak_bytes / GIGA:.1f} GB for downloads and what they hold",
            remedy="free space, choose another folder with --to, or fetch a part with --only",
        )
