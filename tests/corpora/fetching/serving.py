"""The fixture that serves files; tests of several folders import it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sepbench.corpora.fetching import download
from tests.corpora.fetching.server import FileServer


@pytest.fixture(name="server")
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server with no files yet."""
    monkeypatch.setattr(download, "PATIENCE", download.Patience(tries=3, first_pause=0.001, timeout=5.0))
    monkeypatch.setattr(download, "PIECE", 1000)  # what is cut at a multiple of it can be counted exactly
    server = FileServer()
    yield server
    server.close()
