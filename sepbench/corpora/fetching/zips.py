"""Zip archives, whole and split."""

from __future__ import annotations

import lzma
import stat
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from sepbench.corpora.fetching.tree import Tree
from sepbench.corpora.fetching.zip_directory import open_zip

ENCRYPTED, UTF8 = 1, 0x800
UNIX_MODE = 16
DAMAGE = (
    BadZipFile,
    EOFError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    UnicodeDecodeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
"""What zipfile and the decompressors raise on bytes that are no zip archive, or one of a kind they do not know."""


def unpack_zip(parts: Sequence[Path], tree: Tree) -> None:
    """Write every file of the archive into the tree.

    Raises:
        SepbenchError: the archive is damaged, or a member breaks a rule of `Tree`.
    """
    try:
        with open_zip(parts) as stream:
            _unpack(stream, tree)
    except DAMAGE as error:
        raise tree.refusal(f"damaged: {error}") from error


def _unpack(stream: IO[bytes], tree: Tree) -> None:
    with ZipFile(stream) as archive:
        tree.expect(sum(member.file_size for member in archive.infolist()))
        for member in archive.infolist():
            tree.take(member.orig_filename)  # `filename` is what is left of it before a NUL
            _check_kind(member, tree)
            with archive.open(member) as content:
                if not member.is_dir():
                    tree.write(member.file_size, content)


def _check_kind(member: ZipInfo, tree: Tree) -> None:
    kind = stat.S_IFMT(member.external_attr >> UNIX_MODE)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise tree.refusal("a link or a device, and no file")
    if member.flag_bits & ENCRYPTED:
        raise tree.refusal("encrypted")
    if not member.flag_bits & UTF8 and not member.orig_filename.isascii():
        raise tree.refusal("its name does not say in which encoding it is")
    if member.is_dir() and member.file_size:
        raise tree.refusal("a folder with content")
