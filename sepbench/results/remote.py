"""A folder somewhere else, through fsspec: an object store, a server, a shared disk.

Files are put there whole or not at all. What fails is tried again, with longer and longer waits, before it is an error;
no error shows the address's user, password or query.
"""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from sepbench.errors import MissingExtra, RunFolderError
from sepbench.paths import is_inside, whole

Answer = TypeVar("Answer")

WAITS = (1.0, 3.0)
"""Seconds before each further try; the drivers of object stores try some times themselves."""
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oci", "memory"})
"""Here a put is seen whole or not at all; elsewhere a file is written beside the old one and renamed."""
FAILURES = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp", "ClientError"),
    ("gcsfs.retry", "HttpError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("azure.core.exceptions", "AzureError"),
    ("paramiko", "SSHException"),
)
"""What drivers raise beside OSError when a server does not answer or refuses."""


def masked(url: str) -> str:
    """The address without user, password and query.

    >>> masked("sftp://anna:secret@host/runs"), masked("s3://bucket/runs"), masked("https://host/runs?sig=secret")
    ('sftp://***@host/runs', 's3://bucket/runs', 'https://host/runs?***')
    """
    return re.sub(r"\?.*", "?***", re.sub(r"//[^?]*@", "//***@", url))


def _secrets(url: str) -> set[str]:
    """Password and query, as written and as meant."""
    found = re.search(r"//[^?/:@]*:([^?]*)@", url), re.search(r"\?(.+)", url)
    written = {match[1] for match in found if match}
    return (written | {unquote(secret) for secret in written}) - {""}


class RemoteFolder:
    """One folder, its files named by POSIX paths relative to it.

    Attributes:
        shown: its address as it may be printed.
        local: where it is, for a folder of this machine; else None.
    """

    def __init__(self, url: str, filesystem: Any, root: str) -> None:
        protocols = {filesystem.protocol} if isinstance(filesystem.protocol, str) else set(filesystem.protocol)
        self.shown = masked(url)
        self.local = Path(root).resolve() if "file" in protocols else None
        self._url = url
        self._system = filesystem
        self._root = root.rstrip("/")
        self._puts_whole = bool(protocols & OBJECT_STORES)

    def sizes(self) -> dict[str, int]:
        """Bytes of every file, by name; empty where there is no such folder.

        Raises:
            RunFolderError: no answer, or a name that leaves the folder.
        """
        try:
            self._system.invalidate_cache()
            found = self._ask(lambda: self._system.find(self._root, detail=True))
        except FileNotFoundError:
            return {}
        sizes = {
            path.removeprefix(f"{self._root}/"): info.get("size", 0)
            for path, info in found.items()
            if info.get("type") != "directory"
        }
        for name in sizes:
            if not is_inside(name):
                raise RunFolderError(
                    "not a mirror of a run folder", given=f"{self.shown} holds {name}", remedy="choose another --sync"
                )
        return dict(sorted(sizes.items()))

    def read(self, name: str) -> bytes | None:
        """A file's content; None where there is none."""
        try:
            content: bytes = self._ask(lambda: self._system.cat_file(self._path(name)))
        except FileNotFoundError:
            return None
        return content

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all."""
        self._put(name, lambda path: self._system.pipe_file(path, content))

    def upload(self, name: str, source: Path) -> None:
        """Put a file of this machine there, whole or not at all."""
        self._put(name, lambda path: self._system.put_file(str(source), path))

    def download(self, name: str, target: Path) -> None:
        """Bring a file here, whole or not at all.

        Raises:
            FileNotFoundError: it is not there any more.
        """
        with whole(target) as partial:
            self._ask(lambda: self._system.get_file(self._path(name), str(partial)))

    def remove(self, name: str) -> None:
        """Delete a file, if it is there."""
        try:
            self._ask(lambda: self._system.rm_file(self._path(name)))
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _put(self, name: str, put: Callable[[str], None]) -> None:
        path = self._path(name)
        try:
            self._ask(lambda: put(path) if self._puts_whole else self._put_beside(path, put))
        except FileNotFoundError as error:  # no such bucket
            raise self._unreachable(error) from error

    def _put_beside(self, path: str, put: Callable[[str], None]) -> None:
        folder, _, name = path.rpartition("/")
        partial = f"{folder}/.{name}.{secrets.token_hex(4)}.partial"
        self._system.makedirs(folder, exist_ok=True)
        put(partial)
        self._system.mv(partial, path)

    def _ask(self, action: Callable[[], Answer]) -> Answer:
        """Do it, again where that may help; a missing file is the caller's matter."""
        waits = iter(WAITS)
        while True:
            try:
                return action()
            except FileNotFoundError:
                raise
            except failures() as error:
                wait = None if isinstance(error, (PermissionError, NotImplementedError)) else next(waits, None)
                if wait is None:
                    raise self._unreachable(error) from error
                time.sleep(wait)

    def _unreachable(self, error: Exception) -> RunFolderError:
        reason = str(error).replace(self._url, self.shown) or type(error).__name__
        for secret in _secrets(self._url):
            reason = reason.replace(secret, "***")
        return RunFolderError(
            "the mirror does not answer, or refuses",
            given=f"{self.shown}: {reason}",
            remedy="check its address, your credentials and the network, then run the same command again",
        )


def _no_address(url: str) -> RunFolderError:
    wanted = "the address of a folder that fsspec knows, as s3://bucket/run"
    return RunFolderError("--sync", given=masked(url), wanted=wanted, remedy="correct it")


def failures() -> tuple[type[Exception], ...]:
    """What a file system's driver may raise; a driver that is not loaded raises nothing."""
    loaded = (getattr(sys.modules.get(module), name, None) for module, name in FAILURES)
    return (OSError, NotImplementedError, *(kind for kind in loaded if kind is not None))


def open_remote(url: str) -> RemoteFolder:
    """The folder at an address that fsspec understands, or at a plain path. Nothing is asked of it yet.

    Raises:
        MissingExtra: fsspec, or the driver for this kind of address, is not installed.
        RunFolderError: no such kind of address.
    """
    remedy = 'pip install "sepbench[sync]"'
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra("fsspec is not installed", remedy=remedy) from error
    try:
        filesystem, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        drivers = f"{remedy} for S3, else the package that is named"
        raise MissingExtra("a driver is not installed", given=f"{masked(url)}: {error}", remedy=drivers) from error
    except ValueError as error:
        raise _no_address(url) from error
    if not root.strip("/"):
        raise _no_address(url)
    return RemoteFolder(url, filesystem, root)
