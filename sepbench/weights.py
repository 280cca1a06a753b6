"""Files of weights: where they are looked for, how they are brought, and whether they are the published ones.

Nothing is ever downloaded unasked: `find` looks, `fetch` brings. ``hf://owner/repo@revision/path`` addresses a file of
the Hugging Face hub, or of the mirror that ``HF_ENDPOINT`` names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sepbench.errors import MissingData, SepbenchError
from sepbench.paths import write_whole
from sepbench.records import read_text
from sepbench.search_path import cache_folder

if TYPE_CHECKING:
    from sepbench.corpora.fetching.tree import Report

HUB = "https://huggingface.co"
SHA256 = re.compile(r"[0-9a-f]{64}")
HUB_URL = re.compile(r"hf://(?P<repo>[\w.-]+/[\w.-]+)@(?P<revision>[\w.-]+)/(?P<path>.+)")


@dataclass(frozen=True)
class Weight:
    """One published file.

    Attributes:
        name: what ``sepbench weights fetch`` calls it.
        url: ``https://…`` or ``hf://owner/repo@revision/path``.
        file: where it goes, relative to the folder of weights.
        sha256: as its publisher states it; None where none is known, and then its own hash stands in signatures.
        bytes: its length; None where it is not known.
        licence: of the file.
        by_hand: how a person comes by a file that no program can fetch; empty for all others.
    """

    name: str
    url: str
    file: str
    sha256: str | None
    bytes: int | None
    licence: str
    by_hand: str = ""


def weights_folder() -> Path:
    """Where fetched weights go: ``SEPBENCH_WEIGHTS``, else ``weights`` in the cache."""
    given = os.environ.get("SEPBENCH_WEIGHTS")
    return Path(given) if given else cache_folder() / "weights"


def find(weight: Weight) -> Path:
    """The file on this machine: in ``SEPBENCH_WEIGHTS``, in the cache, or in the cache of the Hugging Face hub.

    Raises:
        MissingData: it is in none of them; the remedy is the command that brings it.
    """
    for path in (weights_folder() / weight.file, cache_folder() / "weights" / weight.file, hub_path(weight.url)):
        if path is not None and path.is_file():
            return path
    raise MissingData(
        f"weights of {weight.name} are not here",
        given=str(weights_folder() / weight.file),
        wanted=weight.url,
        remedy=weight.by_hand
        or ("check the folder" if weight.url.startswith("file:") else f"sepbench weights fetch {weight.name}"),
    )


def fetch(weight: Weight, report: Report) -> Path:
    """Bring the file, going on where an earlier attempt stopped; one that is here is only checked.

    Raises:
        MissingData: only a person can bring it; the remedy is how.
        SepbenchError: the server refuses, the connection drops too often, or it is not the published file.
    """
    from sepbench.corpora.about import RemoteFile
    from sepbench.corpora.fetching.fetch import bring

    try:
        return verify(weight)
    except MissingData:
        if weight.by_hand:
            raise
        address = web_address(weight.url)
        sha256 = weight.sha256 or (_hub_sha256(address) if HUB_URL.fullmatch(weight.url) else None)
        checksum = f"sha256:{sha256}" if sha256 else None
        bring(RemoteFile(address, checksum, weight.file, weight.bytes), weights_folder(), report)
    return verify(weight)


def _hub_sha256(address: str) -> str | None:
    """What the hub itself states for a large file, so that at least the way here is checked; None for small ones."""
    import requests

    try:
        with requests.head(address, allow_redirects=False, timeout=60) as answer:
            stated = answer.headers.get("X-Linked-Etag", "").strip('"')
    except requests.RequestException:  # the download itself says what is wrong
        return None
    return stated if SHA256.fullmatch(stated) else None


def verify(weight: Weight) -> Path:
    """The file's path, once its length and hash are found to be the published ones.

    Raises:
        MissingData: it is not here.
        SepbenchError: it is another file.
    """
    path = find(weight)
    if weight.bytes not in (None, path.stat().st_size):
        raise _another(weight, path, f"{path.stat().st_size} bytes", f"{weight.bytes} bytes")
    checked(weight)
    return path


def checked(weight: Weight) -> str:
    """The sha256 of the file that is here.

    Raises:
        MissingData: it is not here.
        SepbenchError: a hash is published, and this is not it.
    """
    path = find(weight)
    actual = _hashed(path)
    if weight.sha256 not in (None, actual):
        raise _another(weight, path, f"sha256 {actual}", f"sha256 {weight.sha256}")
    return actual


def web_address(url: str) -> str:
    """Where a file is downloaded from.

    >>> web_address("hf://owner/repo@main/sub/model.pt")
    'https://huggingface.co/owner/repo/resolve/main/sub/model.pt'
    """
    if hub := HUB_URL.fullmatch(url):
        return f"{os.environ.get('HF_ENDPOINT', HUB).rstrip('/')}/{hub['repo']}/resolve/{hub['revision']}/{hub['path']}"
    return url


def hub_path(url: str) -> Path | None:
    """Where the Hugging Face cache would hold a file of the hub; None for other addresses, and for unknown revisions.

    Source: the cache layout that huggingface_hub documents, ``models--owner--repo/{refs,snapshots}``.
    """
    hub = HUB_URL.fullmatch(url)
    if hub is None:
        return None
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    root = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{hub['repo'].replace('/', '--')}"
    ref = root / "refs" / hub["revision"]
    commit = ref.read_text(encoding="utf-8").strip() if ref.is_file() else hub["revision"]
    return root / "snapshots" / commit / hub["path"]


def _hashed(path: Path) -> str:
    stat = path.stat()
    return _hash_of(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _hash_of(path: Path, size: int, changed: int) -> str:
    """Files of gigabytes are read for this once, unless they change: what was found is kept in the cache."""
    key = hashlib.sha256(f"{path.absolute()}\n{size}\n{changed}".encode()).hexdigest()
    kept = cache_folder() / "hashes" / key
    if kept.is_file() and SHA256.fullmatch(found := read_text(kept)):
        return found
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    with contextlib.suppress(OSError):  # where nothing may be written it is computed again next time
        write_whole(kept, found)
    return found


def _another(weight: Weight, path: Path, given: str, wanted: str) -> SepbenchError:
    return SepbenchError(
        f"{path} is not the official file of {weight.name}",
        given=given,
        wanted=wanted,
        remedy=f"delete it and run: sepbench weights fetch {weight.name}",
    )
