"""The static facts of a corpus: what it is, under which licence, and where its files come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unpack = Literal["keep", "zip", "split-zip", "7z", "tar", "split-tar"]
"""What becomes of a downloaded file. ``split-…``: the parts of one archive, named one after the other; the archive is
unpacked once the last of them is there."""


@dataclass(frozen=True)
class RemoteFile:
    """One published file.

    Attributes:
        url: where it is.
        checksum: ``md5:<hex>`` or ``sha256:<hex>`` as its publisher states it; None where none is published, and
            then the length is all that can be checked.
        file: where it goes, relative to the corpus's folder; archives go there before they are unpacked.
        bytes: its length; None where it is not published.
        unpack: what becomes of it.
        into: folder, relative to the corpus's, that an archive is unpacked into.
        strip: leading folders of an archive's members that are dropped: 1 where all is below one top folder.
        archive: for parts of a split archive, the name they share.
    """

    url: str
    checksum: str | None
    file: str
    bytes: int | None = None
    unpack: Unpack = "keep"
    into: str = "."
    strip: int = 0
    archive: str = ""


@dataclass(frozen=True)
class About:
    """What is known of a corpus without any of its files.

    Attributes:
        name: what manifests call it, and the module's name.
        licence: of the whole; single clips may state their own.
        homepage: where it is published.
        remote: files that `sepbench data fetch` can bring.
        instructions: what to do for what cannot be fetched, exact enough to be followed; empty where `remote` is all.
        captions: ``by reference`` where captions may not be passed on: lists then point to them and hold their hash.
    """

    name: str
    title: str
    licence: str
    homepage: str
    remote: tuple[RemoteFile, ...] = ()
    instructions: str = ""
    captions: Literal["free", "by reference"] = "free"
