"""Who works with a mirror: ``owner.json``, a sign beside its files, since an object store knows no locks.

The sign is renewed with every push. One that is younger than `LIVE_MINUTES` keeps others out; an older one was left by
a process that died. Two processes that start in the same instant may both see no sign: the one that wrote first finds
the other's at its next push and pushes no more. Nothing of a run's own folder depends on this: that has a real lock.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sepbench.errors import InvalidRecord, RunFolderError
from sepbench.manifest import SCHEMA, STRICT
from sepbench.paths import write_whole
from sepbench.records import canonical_json, parse_json, read_text
from sepbench.results import provenance
from sepbench.results.remote import RemoteFolder

if TYPE_CHECKING:
    from pydantic import ConfigDict

OWNER = "owner.json"
FOLDER_ID = ".folder-id"
LIVE_MINUTES = 10


@dataclass(frozen=True)
class Owner:
    """A process that works with a mirror, when it last said so, and whether it left in good order.

    `folder` is a random name that the run folder keeps: an owner of the same folder on the same host is a former
    process, since the folder's lock lets one in at a time.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    folder: str
    host: str
    pid: int
    time: str
    left: bool = False

    def same_place(self, other: Owner) -> bool:
        """Whether both work in one folder of one host."""
        return (self.folder, self.host) == (other.folder, other.host)

    def same_process(self, other: Owner) -> bool:
        """Whether both are one process."""
        return self.same_place(other) and self.pid == other.pid

    def age(self) -> timedelta:
        """Since the last sign of life; the clocks of the hosts are believed."""
        return datetime.fromisoformat(provenance.now()) - datetime.fromisoformat(self.time)


class Ownership:
    """This process's claim to a mirror. The caller holds the run folder's lock."""

    def __init__(self, remote: RemoteFolder, folder: Path) -> None:
        self._remote = remote
        self._me = Owner(SCHEMA, _folder_id(folder), socket.gethostname(), os.getpid(), provenance.now())

    def check_free(self) -> None:
        """Make sure that nobody else is at work.

        Raises:
            RunFolderError: somebody is, or was less than `LIVE_MINUTES` ago.
        """
        owner = self._read()
        if owner is None or owner.left or owner.same_place(self._me) or owner.age() > timedelta(minutes=LIVE_MINUTES):
            return
        raise RunFolderError(
            "another process works with this mirror",
            given=f"{self._remote.shown}: process {owner.pid} of {owner.host}, last seen {owner.time}",
            wanted=f"one that left, or was silent for {LIVE_MINUTES} minutes",
            remedy="wait for it, or if it is dead add --take-over",
        )

    def take(self) -> None:
        """Be the owner, whoever was."""
        self._me = replace(self._me, time=provenance.now())
        self._remote.write(OWNER, f"{canonical_json(asdict(self._me))}\n".encode())

    def renew(self) -> None:
        """Give a sign of life.

        Raises:
            RunFolderError: another process took the mirror over.
        """
        owner = self._read()
        if owner is not None and not owner.same_process(self._me):
            raise RunFolderError(
                "another process took the mirror over",
                given=f"{self._remote.shown}: process {owner.pid} of {owner.host}, since {owner.time}",
                remedy="let one of them end, then run the same command again: rows of both are joined",
            )
        self.take()

    def leave(self) -> None:
        """Let others in at once."""
        self._me = replace(self._me, left=True)
        self.renew()

    def _read(self) -> Owner | None:
        content = self._remote.read(OWNER)
        return None if content is None else parse_json(Owner, content, place=f"{self._remote.shown}/{OWNER}")


def _folder_id(folder: Path) -> str:
    path = folder / FOLDER_ID
    if not path.exists():
        write_whole(path, secrets.token_hex(8) + "\n")
    found = read_text(path).strip()
    if not found:
        raise InvalidRecord(f"{path}: empty", remedy="delete it")
    return found
