"""What is said when the disk is full, or a run's folder takes no more files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sepbench.errors import RunFolderError


@contextmanager
def writing(what: str, path: Path) -> Iterator[None]:
    """Write something of a run inside.

    Raises:
        RunFolderError: the system refuses to; what was written before stands.
    """
    try:
        yield
    except OSError as error:
        raise RunFolderError(
            f"{what} cannot be written",
            given=f"{path}: {error.strerror}",
            remedy="make room or mend the permissions, then run the same command again; nothing is lost",
        ) from error
