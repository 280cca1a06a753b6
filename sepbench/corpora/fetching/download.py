"""One file over HTTP, going on where an earlier attempt stopped: a downloader for pooch, whose own starts over.

What has arrived lies in ``<file>.partial``; beside it, ``<file>.partial.json`` says of which version of which file it
is the beginning. The server is asked for the rest on condition that it is still that version, and a server that cannot
is asked for the whole.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sepbench.corpora.fetching.answer import (
    PLAIN,
    Version,
    continued_version,
    length_of,
    resume_headers,
    whole_version,
)
from sepbench.corpora.fetching.tree import CHUNK, Report
from sepbench.errors import InvalidRecord, SepbenchError
from sepbench.manifest import pretty_json
from sepbench.paths import write_whole
from sepbench.records import parse_json, read_text

if TYPE_CHECKING:
    from requests import Response

BUSY = (408, 425, 429, 500, 502, 503, 504)
"""Answers of a server that may well give another one later."""

PIECE = 1 << 16
"""Bytes read at once; a connection that drops costs what it has brought of one piece."""


@dataclass(frozen=True)
class Patience:
    """How long a bad connection is put up with: tries in a row that brought less than a MiB, and seconds."""

    tries: int = 6
    first_pause: float = 1.0
    longest_pause: float = 60.0
    timeout: float = 60.0


PATIENCE = Patience()


def partial_path(path: Path) -> Path:
    """Where what has arrived of a file is kept until it is whole."""
    return path.with_name(path.name + ".partial")


class _Dropped(Exception):
    """The transfer stopped for a reason that may pass; `pause` is how long the server asks to wait."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        self.pause = pause
        super().__init__(why)


class Transfer:
    """A downloader as pooch wants it: called with a URL and the file to write.

    Args:
        partial: where the bytes are collected; it outlives this process.
        expected: the published length, if known.
        checked: whether a checksum will be compared: only then is a partial file trusted whose version is unknown.
        name: what progress and errors call the file.
    """

    def __init__(self, partial: Path, *, expected: int | None, checked: bool, name: str, report: Report) -> None:
        self._partial = partial
        self._facts = partial.with_name(partial.name + ".json")
        self._expected = expected
        self._checked = checked
        self._name = name
        self._report = report

    def __call__(self, url: str, output_file: str, pooch: object = None, check_only: bool = False) -> None:
        """Bring the whole file to `output_file`.

        Raises:
            SepbenchError: the server refuses, sends something else, or the connection drops too often; what has
                arrived is kept.
        """
        fruitless, farthest = 0, self._held()
        while not self._is_whole(url):
            try:
                self._fetch(url)
            except _Dropped as drop:
                fruitless = fruitless + 1 if self._held() < farthest + CHUNK else 0
                farthest = max(farthest, self._held())
                if fruitless >= PATIENCE.tries:
                    raise self._given_up(url, drop) from drop
                pause = max(drop.pause, PATIENCE.first_pause * 2.0 ** (fruitless - 1) if fruitless else 0.0)
                time.sleep(min(pause, PATIENCE.longest_pause))
        self._partial.replace(output_file)
        self._facts.unlink()

    def _is_whole(self, url: str) -> bool:
        version = self._version(url)
        return version is not None and version.total is not None and self._held() == version.total

    def _held(self) -> int:
        return self._partial.stat().st_size if self._partial.is_file() else 0

    def _version(self, url: str) -> Version | None:
        """Of the partial file; None where it is unknown or another file's."""
        if not self._facts.is_file():
            return None
        try:
            version = parse_json(Version, read_text(self._facts), place=str(self._facts))
        except InvalidRecord:
            return None
        return version if version.url == url else None

    def _fetch(self, url: str) -> None:
        """One request, and all that comes of it."""
        import requests

        held, version = self._held(), self._version(url)
        if held == 0 or (version is not None and version.condition is None and not self._checked):
            version = None  # nothing to go on from, or nothing that would show that the rest is another file's
        headers = PLAIN | (resume_headers(held, version) if version is not None else {})
        try:
            with requests.get(url, headers=headers, stream=True, timeout=PATIENCE.timeout) as response:
                self._check_status(response)
                self._receive(response, *self._extent(response, url, held, version))
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            raise _Dropped("the connection was closed early") from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _Dropped(str(error).rpartition("Caused by ")[2]) from error
        except requests.RequestException as error:
            raise SepbenchError(
                f"{self._name} cannot be downloaded", given=str(error), remedy=f"check the address {url}"
            ) from error

    def _check_status(self, response: Response) -> None:
        if response.status_code in BUSY:
            asked = response.headers.get("Retry-After", "")
            raise _Dropped(f"status {response.status_code}", float(asked) if asked.isdecimal() else 0.0)
        if response.status_code == 416:  # there is nothing after what is held: it is not the beginning of this file
            self._drop()
            raise _Dropped("status 416")
        if response.status_code not in (200, 206):
            raise SepbenchError(
                f"{self._name} cannot be downloaded",
                given=f"status {response.status_code} ({response.reason}) from {response.url}",
                remedy="see its publisher's page whether the file has moved",
            )

    def _extent(self, response: Response, url: str, held: int, version: Version | None) -> tuple[int, Version]:
        """Where the content of an answer begins, and which version it is of; `version` as it was asked for."""
        if response.status_code == 200:
            return 0, whole_version(url, response.headers)
        continued = continued_version(response.headers, held, version) if version is not None else None
        if continued is None:
            self._drop()
            asked = response.headers.get("Content-Range", "no Content-Range")
            raise _Dropped(f"an answer that does not fit what was asked ({asked})")
        return held, continued

    def _receive(self, response: Response, start: int, version: Version) -> None:
        self._check_length(version.total)
        if start == 0:
            self._drop()
        write_whole(self._facts, pretty_json(version))
        received = start
        with self._partial.open("ab") as file:
            for chunk in response.iter_content(PIECE):
                file.write(chunk)
                received += len(chunk)
                self._report(f"fetching {self._name}", received, version.total or self._expected)
        total = version.total or self._expected
        if total is not None and received < total:
            raise _Dropped(f"the connection was closed after {received} of {total} bytes")
        if total is not None and received > total:
            self._drop()
            raise _Dropped(f"{received} bytes of a file of {total}")
        # Where no length is known at all, the end of the answer is the end of the file.
        write_whole(self._facts, pretty_json(dataclasses.replace(version, total=received)))

    def _check_length(self, total: int | None) -> None:
        if total is not None and self._expected not in (None, total):
            raise SepbenchError(
                f"{self._name} is not the published file",
                given=f"{total} bytes on the server",
                wanted=f"{self._expected} bytes",
                remedy="see its publisher's page whether there is a new release",
            )

    def _drop(self) -> None:
        """Forget what has arrived: it is of no use for going on."""
        self._partial.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)

    def _given_up(self, url: str, drop: _Dropped) -> SepbenchError:
        return SepbenchError(
            f"the download of {self._name} broke off",
            given=f"{url}: {drop}",
            remedy=f"check the connection; the same command goes on from the {self._held()} bytes that have arrived",
        )


def published_bytes(url: str) -> int | None:
    """The length the server states for a file; None where it states none or does not answer."""
    import requests

    try:
        with requests.head(url, headers=PLAIN, allow_redirects=True, timeout=PATIENCE.timeout) as response:
            return length_of(response.headers) if response.ok else None
    except requests.RequestException:
        return None
