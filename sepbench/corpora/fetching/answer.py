"""What a server says of the file it sends: which version it is, how long, and which part of it comes now.

Source: RFC 9110, sections 8.8 (validators), 13.1.5 (If-Range) and 14 (ranges).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sepbench.manifest import STRICT

if TYPE_CHECKING:
    from pydantic import ConfigDict

PLAIN = {"Accept-Encoding": "identity"}
"""The file as it is: lengths and checksums are those of the published bytes."""


@dataclass(frozen=True)
class Version:
    """Which file some bytes are the beginning of, by what its server said; `total` is its length if that was stated."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    url: str
    etag: str | None
    modified: str | None
    total: int | None

    @property
    def condition(self) -> str | None:
        """For If-Range: a strong ETag, else the date; None where the server gave neither."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


def resume_headers(held: int, version: Version) -> dict[str, str]:
    """Ask for what follows the first `held` bytes, if the file is still that version.

    >>> resume_headers(100, Version("http://a/b", '"v1"', None, 300))
    {'Range': 'bytes=100-', 'If-Range': '"v1"'}
    """
    condition = {"If-Range": version.condition} if version.condition else {}
    return {"Range": f"bytes={held}-"} | condition


def whole_version(url: str, headers: Mapping[str, str]) -> Version:
    """The version that an answer with the whole file is of."""
    return Version(url, headers.get("ETag"), headers.get("Last-Modified"), length_of(headers))


def continued_version(headers: Mapping[str, str], held: int, version: Version) -> Version | None:
    """The version held, if the answer's part goes on exactly where it stops; None for any other part.

    >>> held = Version("http://a/b", '"v1"', None, None)
    >>> continued_version({"Content-Range": "bytes 100-299/300"}, 100, held).total
    300
    >>> continued_version({"Content-Range": "bytes 101-299/300"}, 100, held) is None
    True
    """
    match = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", headers.get("Content-Range", "").strip())
    if match is None:
        return None
    first, last, total = int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3])
    fits = (
        first == held
        and length_of(headers) in (None, last - first + 1)
        and (total is None or version.total in (None, total))
        and (headers.get("ETag") is None or version.etag in (None, headers.get("ETag")))
    )
    return Version(version.url, version.etag, version.modified, version.total or total) if fits else None


def length_of(headers: Mapping[str, str]) -> int | None:
    """Bytes of content that an answer states; None for none, or where it is packed for the way.

    >>> length_of({"Content-Length": "12"}), length_of({"Content-Length": "12", "Content-Encoding": "gzip"})
    (12, None)
    """
    stated = headers.get("Content-Length", "")
    plain = headers.get("Content-Encoding", "identity") == "identity"
    return int(stated) if plain and re.fullmatch(r"[0-9]{1,18}", stated) else None
