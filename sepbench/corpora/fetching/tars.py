"""Tar archives: plain, gzip, bzip2 or xz; whole, or in parts that `cat` would join.

Read from front to back and never held whole. Python's tarfile takes a damaged header for the end of the archive, and
its streaming mode does not check gzip's CRC; so headers are checked here, the decompressor is one that checks, and
everything after the end mark is read and must be zero.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Self

from sepbench.corpora.fetching.parts import Joined
from sepbench.corpora.fetching.tree import CHUNK, Tree

LONGEST_HEADER = 16 << 20
DAMAGE = (
    EOFError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    OverflowError,
    tarfile.TarError,
    ValueError,
    zlib.error,
)
"""What tarfile and the decompressors raise on bytes that are no tar archive."""


class _Checked(tarfile.TarInfo):
    """A header that is damaged is an error, wherever it stands."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read one header block; one of zeros is the end mark."""
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):
                raise tarfile.ReadError(f"a damaged header ({error})") from None
            raise


class _Forward(io.RawIOBase):
    """A stream that cannot go back: headers of negative length otherwise make tarfile loop for ever."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._position = 0

    def tell(self) -> int:
        """Bytes read or passed over so far."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for, fewer only at the end."""
        if size > LONGEST_HEADER:  # content is read in smaller pieces; a header of this length would fill the memory
            raise tarfile.ReadError(f"a header of {size} bytes")
        content = self._stream.read(size)
        self._position += len(content)
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Pass over what lies before `offset`."""
        if whence != io.SEEK_SET or offset < self._position:
            raise tarfile.ReadError("a header that points back")
        while self._position < offset and self.read(min(CHUNK, offset - self._position)):
            pass
        return self._position


def unpack_tar(parts: Sequence[Path], tree: Tree) -> None:
    """Write every file of the archive, its parts in the given order, into the tree.

    Raises:
        SepbenchError: the archive is damaged, or a member breaks a rule of `Tree`.
    """
    try:
        with io.BufferedReader(Joined.of(parts)) as packed, _decompressed(packed) as stream:
            _unpack(stream, tree)
    except DAMAGE as error:
        raise tree.refusal(f"damaged: {error}") from error


def _decompressed(packed: IO[bytes]) -> IO[bytes]:
    start = packed.read(6)
    packed.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return gzip.open(packed, "rb")  # type: ignore[return-value]  # reads like any binary file
    if start.startswith(b"BZh"):
        return bz2.open(packed, "rb")
    if start.startswith(b"\xfd7zXZ\0"):
        return lzma.open(packed, "rb")
    return packed


def _unpack(stream: IO[bytes], tree: Tree) -> None:
    forward = _Forward(stream)
    with tarfile.open(fileobj=forward, mode="r:", tarinfo=_Checked) as archive:
        while (member := archive.next()) is not None:
            if member.isdir() and not PurePosixPath(member.name).parts:
                continue  # "./", the folder that was packed
            tree.take(member.name)
            if member.isdir():
                continue
            content = archive.extractfile(member) if member.isreg() and not member.issparse() else None
            if content is None:
                raise tree.refusal("a link, a device or a sparse file")
            with content:
                tree.write(member.size, content)
    tree.member = ""
    _check_end(forward, tree)


def _check_end(forward: _Forward, tree: Tree) -> None:
    """tarfile stops at the first block of zeros; a second must follow, and nothing else."""
    length = 0
    while rest := forward.read(CHUNK):
        length += len(rest)
        if any(rest):
            raise tree.refusal("damaged: there is more after its end mark")
    if length < tarfile.BLOCKSIZE:
        raise tree.refusal("damaged: it has no end mark, so the rest of it is missing")
