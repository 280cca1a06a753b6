"""Downloads that break off, resume, move, lie: what arrives is the published file, or the error says why not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.fetching.fetch import carry_out
from sepbench.corpora.fetching.plan import plan_fetch
from sepbench.errors import SepbenchError
from tests.corpora.fetching.server import FileServer, Published, Request

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


def quiet(what: str, done: int, total: int | None) -> None:
    """No progress shown."""


def fetch(
    server: FileServer, root: Path, *, checksum: str | None = MD5, length: int | None = None, path: str = "list.csv"
) -> list[str]:
    remote = RemoteFile(server.url(path), checksum, "meta/list.csv", bytes=length)
    about = About("fake", "Fake", "CC0-1.0", "", remote=(remote,))
    plan = plan_fetch(about, root, only="", keep_archives=False, report=quiet)
    return carry_out(plan, keep_archives=False, report=quiet)


def held(root: Path) -> dict[str, bytes]:
    """Everything below the corpus's folder but the records."""
    files = (path for path in root.rglob("*") if path.is_file() and ".sepbench" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("checksum", [MD5, SHA256, None])
def test_whole_file_arrives_and_is_not_fetched_again(server: FileServer, tmp_path: Path, checksum: str | None) -> None:
    server.files["list.csv"] = Published(CONTENT)
    assert fetch(server, tmp_path, checksum=checksum) == ["fetched meta/list.csv"]
    assert held(tmp_path) == {"meta/list.csv": CONTENT}
    assert fetch(server, tmp_path, checksum=checksum) == []
    assert server.gets() == [Request("GET", "list.csv", None, len(CONTENT))]


def test_truncated_transfer_goes_on_and_only_the_rest_is_sent(server: FileServer, tmp_path: Path) -> None:
    server.files["list.csv"] = Published(CONTENT, breaks=[70_000, 20_000])
    fetch(server, tmp_path)
    assert held(tmp_path) == {"meta/list.csv": CONTENT}
    assert server.gets() == [
        Request("GET", "list.csv", None, 70_000),
        Request("GET", "list.csv", "bytes=70000-", 20_000),
        Request("GET", "list.csv", "bytes=90000-", 12_400),
    ]


def test_server_that_dies_half_way_leaves_a_beginning_that_the_next_fetch_uses(
    server: FileServer, tmp_path: Path
) -> None:
    server.files["list.csv"] = Published(CONTENT, breaks=[60_000, 0, 0, 0])
    with pytest.raises(SepbenchError, match=r"the download of meta/list.csv broke off") as caught:
        fetch(server, tmp_path)
    assert "the connection was closed early" in str(caught.value)
    assert "goes on from the 60000 bytes" in caught.value.remedy
    assert held(tmp_path)["meta/list.csv.partial"] == CONTENT[:60_000]
    server.requests.clear()
    server.files["list.csv"] = Published(CONTENT)
    fetch(server, tmp_path)
    assert held(tmp_path) == {"meta/list.csv": CONTENT}
    assert server.gets() == [Request("GET", "list.csv", "bytes=60000-", 42_400)]


def test_refused_connection_is_tried_a_bounded_number_of_times(server: FileServer, tmp_path: Path) -> None:
    server.close()
    with pytest.raises(SepbenchError, match=r"broke off.*refused"):
        fetch(server, tmp_path)


def test_file_that_changed_on_the_server_is_fetched_from_its_start(server: FileServer, tmp_path: Path) -> None:
    older = bytes(len(CONTENT))
    server.files["list.csv"] = Published(older, etag='"v0"', breaks=[50_000, 0, 0, 0])
    with pytest.raises(SepbenchError):
        fetch(server, tmp_path)
    server.files["list.csv"] = Published(CONTENT, etag='"v1"')
    fetch(server, tmp_path)
    assert held(tmp_path) == {"meta/list.csv": CONTENT}
    assert server.gets()[-1] == Request("GET", "list.csv", "bytes=50000-", len(CONTENT))


@pytest.mark.parametrize(
    "published",
    [
        Published(CONTENT, ranges=False, breaks=[70_000]),
        Published(CONTENT, wrong_range=True, breaks=[70_000]),
        Published(CONTENT, busy=2),
        Published(CONTENT, etag=None, modified="Sat, 21 Nov 2026 08:00:00 GMT", breaks=[70_000]),
        Published(CONTENT, etag='W/"weak"', breaks=[70_000]),
        Published(CONTENT, etag=None, breaks=[70_000]),
        Published(CONTENT, announces=False),
    ],
    ids=["no ranges", "wrong range", "busy", "date only", "weak etag", "no version", "no length"],
)
def test_what_servers_do_differently(server: FileServer, tmp_path: Path, published: Published) -> None:
    server.files["list.csv"] = published
    fetch(server, tmp_path)
    assert held(tmp_path) == {"meta/list.csv": CONTENT}


def test_without_version_and_checksum_a_beginning_is_not_trusted(server: FileServer, tmp_path: Path) -> None:
    server.files["list.csv"] = Published(CONTENT, etag=None, breaks=[70_000])
    fetch(server, tmp_path, checksum=None)
    assert [request.range for request in server.gets()] == [None, None]
    assert held(tmp_path) == {"meta/list.csv": CONTENT}


def test_known_length_finds_a_cut_that_the_server_does_not_show(server: FileServer, tmp_path: Path) -> None:
    server.files["list.csv"] = Published(CONTENT, announces=False, breaks=[70_000])
    fetch(server, tmp_path, length=len(CONTENT))
    assert held(tmp_path) == {"meta/list.csv": CONTENT}
    assert server.gets()[-1] == Request("GET", "list.csv", "bytes=70000-", 32_400)


def test_redirect_is_followed(server: FileServer, tmp_path: Path) -> None:
    server.files["old"] = Published(moved_to=server.url("list.csv"))
    server.files["list.csv"] = Published(CONTENT, breaks=[70_000])
    fetch(server, tmp_path, path="old")
    assert held(tmp_path) == {"meta/list.csv": CONTENT}


def test_redirect_to_itself_is_an_error(server: FileServer, tmp_path: Path) -> None:
    server.files["old"] = Published(moved_to=server.url("old"))
    with pytest.raises(SepbenchError, match=r"cannot be downloaded.*redirects"):
        fetch(server, tmp_path, path="old")


@pytest.mark.parametrize("status", [403, 404, 410])
def test_refusal_is_an_error_at_once(server: FileServer, tmp_path: Path, status: int) -> None:
    server.files["list.csv"] = Published(status=status)
    with pytest.raises(SepbenchError, match=rf"meta/list.csv cannot be downloaded: given status {status} \("):
        fetch(server, tmp_path)
    assert len(server.gets()) == 1
    assert held(tmp_path) == {}


def test_server_that_stays_busy_is_given_up(server: FileServer, tmp_path: Path) -> None:
    server.files["list.csv"] = Published(CONTENT, busy=100)
    with pytest.raises(SepbenchError, match="status 503"):
        fetch(server, tmp_path)
    assert len(server.gets()) == 3


def test_wrong_checksum_names_both_and_keeps_nothing_of_it(server: FileServer, tmp_path: Path) -> None:
    other = CONTENT[:-1] + b"!"
    server.files["list.csv"] = Published(other)
    with pytest.raises(SepbenchError, match="is not the published file") as caught:
        fetch(server, tmp_path)
    assert hashlib.md5(other).hexdigest() in str(caught.value) and MD5 in str(caught.value)
    assert held(tmp_path) == {}


def test_wrong_length_is_found_before_anything_is_fetched(server: FileServer, tmp_path: Path) -> None:
    server.files["list.csv"] = Published(CONTENT)
    with pytest.raises(SepbenchError, match="given 102400 bytes on the server; wanted 99 bytes"):
        fetch(server, tmp_path, length=99)
    assert held(tmp_path) == {}


@pytest.mark.parametrize("length", [None, len(CONTENT)])
def test_file_of_the_users_own_under_that_name_is_left_alone(
    server: FileServer, tmp_path: Path, length: int | None
) -> None:
    server.files["list.csv"] = Published(CONTENT)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "list.csv").write_bytes(b"mine")
    with pytest.raises(SepbenchError, match=r"list\.csv is not the published file") as caught:
        fetch(server, tmp_path, length=length)
    assert "move it away" in caught.value.remedy
    assert held(tmp_path) == {"meta/list.csv": b"mine"}
    assert server.gets() == []


@pytest.mark.parametrize("facts", [b"", b"{", b'{"url": 1}', b"\xff"])
def test_damaged_note_of_a_partial_file_means_starting_over(server: FileServer, tmp_path: Path, facts: bytes) -> None:
    server.files["list.csv"] = Published(CONTENT)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "list.csv.partial").write_bytes(b"something else")
    (tmp_path / "meta" / "list.csv.partial.json").write_bytes(facts)
    fetch(server, tmp_path)
    assert held(tmp_path) == {"meta/list.csv": CONTENT}


def test_no_such_server_and_no_such_scheme(server: FileServer, tmp_path: Path) -> None:
    remote = RemoteFile("gopher://127.0.0.1/list.csv", MD5, "list.csv", bytes=1)
    plan = plan_fetch(About("fake", "", "", "", (remote,)), tmp_path, only="", keep_archives=False, report=quiet)
    with pytest.raises(SepbenchError, match=r"cannot be downloaded.*gopher"):
        carry_out(plan, keep_archives=False, report=quiet)
