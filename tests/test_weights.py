"""Files of weights: found where they may be, fetched from a hub of this machine, refused when they are others."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sepbench.errors import MissingData, SepbenchError
from sepbench.weights import Weight, checked, fetch, find, hub_path, verify, web_address
from tests.corpora.fetching.server import FileServer
from tests.corpora.fetching.serving import serve  # noqa: F401 - the fixture "server"
from tests.embeddings.hub import COMMIT, publish, stored

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
WEIGHT = Weight("net:big", "hf://owner/net@main/net.pt", "net/net.pt", SHA256, len(CONTENT), "MIT")


def silent(what: str, done: int, total: int | None) -> None:
    """No progress shown."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty folders in place of the user's."""
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv("SEPBENCH_WEIGHTS", raising=False)
    return tmp_path


@pytest.fixture
def hub(home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """A hub with one repository."""
    (home / "net").mkdir()
    (home / "net" / "net.pt").write_bytes(CONTENT)
    (home / "net" / "vocab.json").write_text('{"a": 0}')
    publish(server, "owner/net", home / "net")
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    return server


def put(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (len(content), content[0]))  # not within one tick of the clock, by which a changed file is known
    return path


def test_looked_for_in_the_named_folder_then_the_cache_then_the_hubs_cache(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingData, match=r"weights of net:big are not here.*cache/weights/net/net\.pt") as error:
        find(WEIGHT)
    assert error.value.remedy == "sepbench weights fetch net:big"
    repository = home / "huggingface" / "hub" / "models--owner--net"
    put(repository / "refs" / "main", COMMIT.encode())
    in_hub = put(repository / "snapshots" / COMMIT / "net.pt")
    assert find(WEIGHT) == in_hub == hub_path(WEIGHT.url)
    in_cache = put(home / "cache" / "weights" / "net" / "net.pt")
    assert find(WEIGHT) == in_cache
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(home / "mine"))
    assert find(WEIGHT) == in_cache
    assert find(WEIGHT) != put(home / "mine" / "elsewhere.pt")
    assert put(home / "mine" / "net" / "net.pt") == find(WEIGHT)


def test_addresses_of_the_hub_and_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert web_address("hf://a/b@v1.0/c/d.pt") == "https://mirror.example/a/b/resolve/v1.0/c/d.pt"
    assert web_address("https://zenodo.org/x.pt") == "https://zenodo.org/x.pt"
    assert hub_path("https://zenodo.org/x.pt") is None


def test_fetched_once_into_its_place(hub: FileServer, home: Path) -> None:
    path = fetch(WEIGHT, silent)
    assert path == home / "cache" / "weights" / "net" / "net.pt"
    assert path.read_bytes() == CONTENT and checked(WEIGHT) == SHA256
    asked = len(hub.requests)
    assert fetch(WEIGHT, silent) == path
    assert len(hub.requests) == asked


def test_a_dropped_connection_goes_on_where_it_stopped(hub: FileServer) -> None:
    hub.files[stored(CONTENT)].breaks = [4000]
    assert fetch(WEIGHT, silent).read_bytes() == CONTENT
    sent = [request.sent for request in hub.gets() if request.path.startswith("store/")]
    assert sent == [4000, len(CONTENT) - 4000]


def test_another_process_goes_on_from_what_an_interrupted_one_left(hub: FileServer) -> None:
    hub.files[stored(CONTENT)].breaks = [4000, 0, 0]
    with pytest.raises(SepbenchError, match="broke off"):
        fetch(WEIGHT, silent)
    hub.requests.clear()
    assert fetch(WEIGHT, silent).read_bytes() == CONTENT
    assert [request.range for request in hub.gets() if request.path.startswith("store/")] == ["bytes=4000-"]


def test_other_bytes_than_published_are_refused_and_not_kept(hub: FileServer, home: Path) -> None:
    other = replace(WEIGHT, sha256="0" * 64)
    with pytest.raises(SepbenchError, match=r"not the published file.*sha256:0000"):
        fetch(other, silent)
    assert not (home / "cache" / "weights" / "net" / "net.pt").exists()


def test_without_a_published_hash_the_hubs_own_is_compared(hub: FileServer) -> None:
    unknown = replace(WEIGHT, sha256=None, bytes=None)
    hub.files[stored(CONTENT)].content = CONTENT[::-1]  # a store that gives another file than the hub lists
    with pytest.raises(SepbenchError, match=f"not the published file.*{SHA256}"):
        fetch(unknown, silent)
    hub.files[stored(CONTENT)].content = CONTENT
    assert checked(replace(unknown, file=fetch(unknown, silent).as_posix())) == SHA256


def test_small_files_and_files_that_are_not_there(hub: FileServer) -> None:
    small = Weight("net:big", "hf://owner/net@main/vocab.json", "net/vocab.json", None, None, "MIT")
    assert fetch(small, silent).read_text() == '{"a": 0}'
    with pytest.raises(SepbenchError, match="status 404"):
        fetch(replace(small, url="hf://owner/net@main/none.json", file="net/none.json"), silent)


def test_a_file_that_is_here_and_another_is_named_and_left_alone(hub: FileServer, home: Path) -> None:
    path = put(home / "cache" / "weights" / "net" / "net.pt", CONTENT[:-1])
    with pytest.raises(SepbenchError, match=r"not the official file of net:big.*10239 bytes.*10240 bytes"):
        verify(WEIGHT)
    put(path, b"x" + CONTENT[1:])
    for action in (verify, lambda weight: fetch(weight, silent)):
        with pytest.raises(SepbenchError, match=f"not the official file.*{SHA256}"):
            action(WEIGHT)
    assert path.read_bytes()[:1] == b"x"


def test_the_hubs_own_client_downloads_from_this_hub_and_its_file_is_found(hub: FileServer, home: Path) -> None:
    pytest.importorskip("huggingface_hub")
    from huggingface_hub import hf_hub_download

    path = Path(hf_hub_download("owner/net", "net.pt", endpoint=hub.address, cache_dir=home / "huggingface" / "hub"))
    assert find(WEIGHT) == path and verify(WEIGHT).read_bytes() == CONTENT
