"""``sepbench weights`` as a user meets it, with a hub of this machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sepbench.cli.app import main
from sepbench.embeddings.clap_published import HUB_FILES
from tests.corpora.fetching.server import FileServer
from tests.corpora.fetching.serving import serve  # noqa: F401 - the fixture "server"
from tests.embeddings.hub import publish

HUB = "laion/larger_clap_general"
EMBEDDER = "laion-clap:larger_clap_general"
FILES = {name: name.encode() for name in HUB_FILES}
ADAPTER = """title = "Net"
paradigm = "mask"
licence = "MIT"

[[weights]]
url = "hf://owner/net@main/net.pt"
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
bytes = 4
file = "net/net.pt"
licence = "MIT"
"""


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    output: str
    errors: str


@pytest.fixture
def weights(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, server: FileServer
) -> Callable[..., Said]:
    """The command, with an embedder's files and an adapter's published."""
    for name in ("SEPBENCH_WEIGHTS", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    for repository, files in ((HUB, FILES), ("owner/net", {"net.pt": b"test"})):
        folder = tmp_path / repository
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        publish(server, repository, folder)
    adapter = tmp_path / "adapters" / "net"
    adapter.mkdir(parents=True)
    (adapter / "adapter.toml").write_text(ADAPTER)

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["sepbench", "weights", *words, "--adapters", str(tmp_path / "adapters")])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return run


def test_list_fetch_list_verify(weights: Callable[..., Said], tmp_path: Path) -> None:
    listed = json.loads(weights("list", "--json").output)
    by_file = {entry["file"]: entry for entry in listed}
    assert by_file["net/net.pt"]["by"] == ["net"]
    assert {"laion-clap:630k-audioset-best", "audiosep"} <= set(by_file["roberta-base/vocab.json"]["by"])
    assert by_file["roberta-base/vocab.json"]["path"] is None and by_file["roberta-base/vocab.json"]["bytes"] == 898823
    fetched = weights("fetch", EMBEDDER, "net", "--yes")
    assert fetched.code == 0 and fetched.output.count("fetched ") == 6
    assert "here already" in weights("fetch", "net", "--yes").output
    (net,) = json.loads(weights("list", "net", "--json").output)
    assert net["path"] == str(tmp_path / "cache" / "weights" / "net" / "net.pt")
    verified = json.loads(weights("verify", "net", "--json").output)
    assert [entry["problem"] for entry in verified] == [""]
    assert str(tmp_path / "cache") in weights("list", "net").output


def test_verify_names_a_file_that_is_another_and_exits_with_two(weights: Callable[..., Said], tmp_path: Path) -> None:
    weights("fetch", "net", "--yes")
    path = tmp_path / "cache" / "weights" / "net" / "net.pt"
    path.write_bytes(b"tset")
    os.utime(path, (1, 1))  # not within one tick of the clock, by which a changed file is known
    said = weights("verify", "net")
    assert said.code == 2 and "wrong: " in said.output
    assert said.errors.splitlines() == [
        "error: not the published file: net/net.pt",
        "  try: delete it and run: sepbench weights fetch net",
    ]


def test_an_unknown_name(weights: Callable[..., Said]) -> None:
    said = weights("fetch", "laion-clap:630k-audioset")
    assert said.code == 2 and "no weights of that name" in said.errors and "630k-audioset-best" in said.errors


def test_a_fetch_of_an_embedder_brings_what_it_shares(weights: Callable[..., Said]) -> None:
    said = weights("fetch", "laion-clap:630k-best", "--yes")
    assert said.code == 2 and "status 404" in said.errors  # the checkpoint itself is not on this hub
    assert len(json.loads(weights("list", "laion-clap:630k-best", "--json").output)) == 3
