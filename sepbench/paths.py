"""Names and paths that stand in files of others, and files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

LONGEST_NAME, LONGEST_PATH = 240, 1024
"""Bytes: what usual file systems take, with room for an extension and for the folder above."""


def is_inside(path: str) -> bool:
    """Whether a relative POSIX path stays inside its root, and can be a file's, on every system.

    >>> [is_inside(p) for p in ("audio/1.wav", "../1.wav", "/etc/passwd", "a/../../b", "C:/x", "a\\\\b")]
    [True, False, False, False, False, False]
    """
    if not path or "\\" in path or ":" in path.split("/")[0] or not is_short(path):
        return False
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and ".." not in parts and bool(parts)


def is_short(path: str) -> bool:
    """Whether the system can be asked for such a path at all: with a NUL, or names too long, it would refuse.

    >>> is_short("a/b"), is_short("a" * 300), is_short("a\\0b")
    (True, False, False)
    """
    sizes = [len(part.encode(errors="replace")) for part in path.split("/")]
    return "\0" not in path and max(sizes) <= LONGEST_NAME and sum(sizes) + len(sizes) <= LONGEST_PATH


def is_name(text: str) -> bool:
    """Whether a suite or a list may be called so: folders and variables are named after it.

    >>> [is_name(name) for name in ("open_domain", "hsm_tss/clotho", "..", "a=b", "a\\nb")]
    [True, True, False, False, False]
    """
    return is_inside(text) and text.isprintable() and "=" not in text


def write_whole(path: Path, text: str) -> None:
    """Replace a file atomically: a reader, or a crash, sees the old or the new one and nothing between."""
    write_whole_bytes(path, text.encode())


def write_whole_bytes(path: Path, content: bytes) -> None:
    """The same of bytes."""
    with whole(path) as partial, partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, which takes its name at the end; what was written goes if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Threads, and processes of several hosts, may write the same file at once: no process's number is a name.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # a full disk is to hold no halves
