"""Carrying out a plan: download, check, unpack, one parcel after the other."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sepbench.corpora.about import RemoteFile
from sepbench.corpora.fetching.download import Transfer, partial_path
from sepbench.corpora.fetching.parcel import Parcel
from sepbench.corpora.fetching.plan import FetchPlan
from sepbench.corpora.fetching.tree import Report
from sepbench.corpora.fetching.unpack import STATE, unpack
from sepbench.errors import SepbenchError


def carry_out(plan: FetchPlan, *, keep_archives: bool, report: Report) -> list[str]:
    """Do what was planned; a line for every parcel that was completed.

    Raises:
        SepbenchError: a download, a checksum or an archive is at fault; what was complete before stays.
    """
    lines = []
    with _writing_to(plan.root):
        for task in plan.tasks:
            for needed in task.downloads:
                _download(needed.file, plan.root, report)
            lines.append(_finish(task.parcel, plan.root, keep_archives, report))
    return lines


def bring(file: RemoteFile, root: Path, report: Report) -> None:
    """Download one file into its place below `root` and leave it packed; goes on where an earlier attempt stopped.

    Raises:
        SepbenchError: the server refuses, the connection drops too often, it is not the published file, or another
            process is fetching into the folder.
    """
    with _writing_to(root):
        _download(file, root, report)


@contextmanager
def _writing_to(root: Path) -> Iterator[None]:
    """Keep a second process from fetching into the same folder, and say so where it cannot be written."""
    try:
        (root / STATE).mkdir(parents=True, exist_ok=True)
        with (root / STATE / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SepbenchError(
                    "another process is fetching into this folder", given=str(root), remedy="wait until it is done"
                ) from None
            yield
    except OSError as error:
        raise SepbenchError(
            "the folder cannot be written", given=str(error), remedy="check its rights and the free space"
        ) from error


def _download(file: RemoteFile, root: Path, report: Report) -> None:
    import logging

    import pooch

    path = root / file.file
    path.parent.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel(logging.WARNING)  # progress is reported here, in one way for all
    transfer = Transfer(
        partial_path(path),
        expected=file.bytes,
        checked=file.checksum is not None,
        name=file.file,
        report=report,
    )
    try:
        pooch.retrieve(file.url, file.checksum, fname=path.name, path=path.parent, downloader=transfer)
    except ValueError as error:  # pooch has deleted the download
        raise SepbenchError(
            f"the download of {file.file} is not the published file",
            given=str(error).partition(" Deleted ")[0],
            wanted=str(file.checksum),
            remedy=f"run the same command again; if it stays so, {file.url} has changed: see its publisher's page",
        ) from error


def _finish(parcel: Parcel, root: Path, keep_archives: bool, report: Report) -> str:
    first = parcel.files[0]
    if first.unpack == "keep":
        return f"fetched {parcel.name}"
    paths = [root / file.file for file in parcel.files]
    count = unpack(
        parcel.name,
        paths,
        kind=first.unpack,
        root=root,
        into=first.into,
        strip=first.strip,
        checksums=parcel.checksums,
        report=report,
    )
    if not keep_archives:
        for path in paths:
            path.unlink()
    return f"unpacked {count} files of {parcel.name}"
