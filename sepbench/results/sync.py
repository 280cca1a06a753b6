"""Keeping a run folder and its mirror elsewhere in step: brought back before a run, pushed while it goes on.

An object store cannot append: ``rows.jsonl`` is put there whole, as it was at some line's end. A kept estimate always
follows its row: where another side's row is taken, so is its estimate, or none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sepbench.errors import InvalidRecord, RunFolderError
from sepbench.paths import write_whole
from sepbench.results.merging import Key, Merged, merge_rows
from sepbench.results.owner import LIVE_MINUTES, OWNER, Ownership
from sepbench.results.remote import RemoteFolder
from sepbench.results.rows import Row, read_rows, row_line
from sepbench.results.run_folder import (
    ESTIMATES,
    ROWS,
    RUN,
    STATS,
    SUMMARY,
    check_same_suite,
    estimate_path,
    parse_document,
)

THEIR_ROWS = ".theirs.jsonl"
AT_ONCE = 8
"""Files brought back side by side: small ones cost a round trip each."""
Stamp = tuple[int, int]
"""A file's size and time of change in nanoseconds."""

UNKNOWN: Stamp = (-1, -1)
"""No file's: what is there is not what is here."""


@dataclass(frozen=True)
class Pulled:
    """What was brought back: rows, other files, and the rows that differ on both sides."""

    rows: int
    files: int
    conflicts: int


class Mirror:
    """One run folder's copy in another place. The caller holds the folder's lock."""

    def __init__(self, remote: RemoteFolder, folder: Path) -> None:
        self.shown = remote.shown
        self._remote = remote
        self._folder = folder
        self._ownership = Ownership(remote, folder)
        self._sent: dict[str, Stamp] = {}
        self._seen_at = 0.0
        _check_apart(remote, folder)

    def check_free(self) -> None:
        """Make sure that no other process works with the mirror; RunFolderError if one does."""
        self._ownership.check_free()

    def check_suite(self, name: str, suite_hash: str) -> None:
        """Make sure that the mirror is empty or this suite's; RunFolderError if it is not."""
        content = self._remote.read(RUN)
        if content is not None:
            held = parse_document(content, place=f"{self.shown}/{RUN}")
            check_same_suite(held, name, suite_hash, place=f"the mirror {self.shown}")
        elif self._remote.read(ROWS) is not None:
            raise RunFolderError(
                "the mirror holds rows but no run.json", given=self.shown, remedy="use --fresh or another --sync"
            )

    def take(self) -> None:
        """Be the process that works with the mirror."""
        self._ownership.take()
        self._seen_at = time.monotonic()

    def leave(self) -> None:
        """Let other processes work with the mirror."""
        self._ownership.leave()

    def start_over(self) -> None:
        """Forget the mirror's results, as ``--fresh`` does with the folder's."""
        for name in (ROWS, RUN, SUMMARY):  # rows without a run.json would be refused
            self._remote.remove(name)
        self._sent = {name: UNKNOWN for name in self._remote.sizes() if _is_of_rows(name)}

    def pull(self, stands: Callable[[Row], bool]) -> Pulled:
        """Bring back what the folder lacks; rows of both sides are joined, see `merge_rows`.

        Raises:
            RunFolderError: no answer.
            InvalidRecord: a damaged row.
        """
        merged = merge_rows(read_rows(self._folder / ROWS), self._rows_there(), stands)
        sizes = {name: size for name, size in self._remote.sizes().items() if _is_mirrored(name)}
        if RUN in sizes:
            self._bring([RUN])
        self._join(merged)
        theirs_too = set(self._estimate_names(merged.taken | merged.same))
        wanted = {name for name in sizes if name in theirs_too or not _is_estimate(name)}
        files = self._bring(wanted)
        for name in filter(_is_of_rows, sizes):
            here = _stamp(self._folder / name) if name in wanted else None
            self._sent[name] = here if here is not None and here[0] == sizes[name] else UNKNOWN
        return Pulled(len(merged.taken), files, len(merged.conflicts))

    def push(self) -> None:
        """Put there what has changed here since it was last put there.

        Raises:
            RunFolderError: no answer, or another process took the mirror over.
            OSError: a file here cannot be read.
        """
        self._renew()
        stamp, rows = self._snapshot()
        if ROWS not in self._sent:  # rows that were dropped go first: their estimates may be other ones by now
            self._upload(RUN)
            self._put_rows(stamp, rows)
        here = dict(self._files())
        for name, found in here.items():
            if self._sent.get(name) != found:
                self._upload(name)
        for name in [name for name in self._sent if _is_of_rows(name) and name not in here]:
            self._remote.remove(name)
            del self._sent[name]
        if self._sent[ROWS] != stamp:
            self._put_rows(stamp, rows)

    def _rows_there(self) -> list[Row]:
        copy = self._folder / THEIR_ROWS
        try:
            self._remote.download(ROWS, copy)
            return read_rows(copy)
        except FileNotFoundError:
            return []
        except InvalidRecord as error:
            remedy = f"mend {self.shown}/{ROWS}, or start over with --fresh"
            raise InvalidRecord(f"the mirror's {error.what}", given=error.given, remedy=remedy) from error
        finally:
            copy.unlink(missing_ok=True)

    def _join(self, merged: Merged) -> None:
        if merged.taken:
            for name in self._estimate_names(merged.taken):
                (self._folder / name).unlink(missing_ok=True)
            write_whole(self._folder / ROWS, "".join(row_line(row) + "\n" for row in merged.rows))

    def _bring(self, names: Iterable[str]) -> int:
        missing = sorted(name for name in names if not (self._folder / name).exists())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(missing), AT_ONCE):
                self._renew_sometimes()
                list(pool.map(self._bring_one, missing[start : start + AT_ONCE]))
        return len(missing)

    def _bring_one(self, name: str) -> None:
        with suppress(FileNotFoundError):  # gone since it was listed
            self._remote.download(name, self._folder / name)

    def _estimate_names(self, keys: Iterable[Key]) -> Iterator[str]:
        for model, item in keys:
            yield estimate_path(Path(ESTIMATES), model, item).as_posix()

    def _files(self) -> Iterator[tuple[str, Stamp]]:
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            if _is_mirrored(name) and path.is_file() and (stamp := _stamp(path)):
                yield name, stamp

    def _snapshot(self) -> tuple[Stamp, bytes]:
        """The rows up to the last whole one, and the file's stamp from before they were read."""
        path = self._folder / ROWS
        status = path.stat()
        content = path.read_bytes()
        return (status.st_size, status.st_mtime_ns), content[: content.rfind(b"\n") + 1]

    def _put_rows(self, stamp: Stamp, rows: bytes) -> None:
        self._remote.write(ROWS, rows)
        self._sent[ROWS] = stamp

    def _upload(self, name: str) -> None:
        self._renew_sometimes()
        if stamp := _stamp(self._folder / name):  # from before: what changes meanwhile is put again
            self._remote.upload(name, self._folder / name)
            self._sent[name] = stamp

    def _renew(self) -> None:
        self._ownership.renew()
        self._seen_at = time.monotonic()

    def _renew_sometimes(self) -> None:
        """Many or long transfers must not look like a dead process."""
        if time.monotonic() - self._seen_at > LIVE_MINUTES * 60 / 10:
            self._renew()


def _is_mirrored(name: str) -> bool:
    """Everything but rows, which go their own way, the owner's sign, and hidden files: the lock, files half written."""
    return name not in (ROWS, OWNER) and not any(part.startswith(".") for part in PurePosixPath(name).parts)


def _is_estimate(name: str) -> bool:
    return name.startswith(f"{ESTIMATES}/")


def _is_of_rows(name: str) -> bool:
    """What rows speak of, and what is deleted there when it is deleted here; statistics are named by their content."""
    return _is_estimate(name) or name.startswith(f"{STATS}/")


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


def _check_apart(remote: RemoteFolder, folder: Path) -> None:
    here = folder.resolve()
    if remote.local is not None and (here.is_relative_to(remote.local) or remote.local.is_relative_to(here)):
        raise RunFolderError(
            "the mirror and the run folder are one in the other",
            given=f"--sync {remote.shown}, --out {folder}",
            remedy="choose another --sync",
        )
