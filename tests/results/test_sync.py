"""The mirror of a run folder: what is joined, what is put where, who may, and what is said when nothing answers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingExtra, RunFolderError
from sepbench.results import remote as remote_module
from sepbench.results.merging import merge_rows
from sepbench.results.remote import RemoteFolder, masked, open_remote
from sepbench.results.rows import Row, Score, read_rows, row_line
from sepbench.results.sync import Mirror

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'sepbench[sync]'")


def row(item: str, *, value: float = 1.0, code: str = "now", status: str = "ok", seconds: float = 0.5) -> Row:
    return Row(
        model="m:v",
        item=item,
        status=status,  # type: ignore[arg-type]
        separation_key=code,
        score_key="k",
        metrics={"sdr": Score(value, "ok")},
        mode="extract",
        kind="label",
        absent=False,
        corpus="test",
        label="dog",
        cluster="rec:1",
        source_count=2,
        snr_db=0.0,
        seconds=seconds,
    )


def stands(found: Row) -> bool:
    return found.separation_key == "now"


def write_rows(folder: Path, *rows: Row) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(row_line(found) + "\n" for found in rows))
    (folder / "run.json").write_text(json.dumps({"schema": 1, "suite": {"name": "s", "hash": "h1"}}))


def keep(folder: Path, item: str, content: bytes) -> Path:
    path = folder / "estimates" / "m+v" / f"{item}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(params=["memory", "file", "path"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    fsspec.filesystem("memory").store.clear()
    there = tmp_path / "there" / "run"
    yield {"memory": "memory://there/run", "file": there.as_uri(), "path": str(there)}[request.param]
    fsspec.filesystem("memory").store.clear()


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_module, "WAITS", (0.0, 0.0))


def test_rows_of_both_sides_are_joined_once_each() -> None:
    mine, both, theirs = row("a"), row("b"), row("c")
    merged = merge_rows([mine, both], [replace(both, seconds=9.0), theirs], stands)
    assert merged.rows == [mine, both, theirs]
    assert merged.taken == {("m:v", "c")} and merged.same == {("m:v", "b")} and not merged.conflicts


def test_of_two_rows_the_standing_one_stays_then_the_unfailed_then_ours() -> None:
    old, new, failed = row("a", code="old"), row("a"), row("a", status="failed")
    assert merge_rows([old], [new], stands).rows == [new]
    assert merge_rows([new], [old], stands).rows == [new]
    assert merge_rows([failed], [new], stands).rows == [new]
    assert merge_rows([new], [failed], stands).rows == [new]
    other = row("a", value=2.0)
    merged = merge_rows([new], [other], stands)
    assert merged.rows == [new] and merged.conflicts == {("m:v", "a")}
    assert not merge_rows([new], [old], stands).conflicts  # other code: nothing to wonder at


def test_a_side_with_an_item_twice_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="twice"):
        merge_rows([], [row("a"), row("a")], stands)


def test_everything_but_locks_and_halves_comes_back_elsewhere(tmp_path: Path, url: str) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    write_rows(here, row("a"), row("b"))
    keep(here, "a", b"wave")
    (here / "logs").mkdir()
    (here / "logs" / "m+v.log").write_text("said")
    (here / "stats").mkdir()
    (here / "stats" / "x.npz").write_bytes(b"\0\1")
    (here / ".lock").touch()
    (here / ".summary.json.7.partial").write_text("{")
    first = Mirror(open_remote(url), here)
    first.take()
    first.push()
    names = set(open_remote(url).sizes())
    assert names == {"rows.jsonl", "run.json", "logs/m+v.log", "stats/x.npz", "estimates/m+v/a.wav", "owner.json"}
    first.leave()
    second = Mirror(open_remote(url), elsewhere)
    second.take()
    pulled = second.pull(stands)
    assert (pulled.rows, pulled.files, pulled.conflicts) == (2, 3, 0)
    for name in names - {"owner.json"}:
        assert (elsewhere / name).read_bytes() == (here / name).read_bytes()
    (elsewhere / "stats" / "x.npz").unlink()
    (elsewhere / "logs" / "m+v.log").unlink()
    second.push()
    assert set(open_remote(url).sizes()) == names - {"stats/x.npz"}


def test_rows_are_put_up_to_a_lines_end(tmp_path: Path, url: str) -> None:
    write_rows(tmp_path / "run", row("a"))
    whole = (tmp_path / "run" / "rows.jsonl").read_bytes()
    with (tmp_path / "run" / "rows.jsonl").open("ab") as file:
        file.write(row_line(row("b")).encode()[:40])
    Mirror(open_remote(url), tmp_path / "run").push()
    assert open_remote(url).read("rows.jsonl") == whole


def test_only_what_changed_is_put_again(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[str] = []
    whole = RemoteFolder._put

    def noted(self: RemoteFolder, name: str, action: object) -> None:
        put.append(name)
        whole(self, name, action)  # type: ignore[arg-type]

    monkeypatch.setattr(RemoteFolder, "_put", noted)
    write_rows(tmp_path / "run", row("a"))
    kept = keep(tmp_path / "run", "a", b"wave")
    mirror = Mirror(open_remote(url), tmp_path / "run")
    mirror.push()
    assert sorted(put) == ["estimates/m+v/a.wav", "owner.json", "rows.jsonl", "run.json"]
    put.clear()
    mirror.push()
    assert put == ["owner.json"]
    put.clear()
    kept.unlink()
    with (tmp_path / "run" / "rows.jsonl").open("a") as file:
        file.write(row_line(row("b")) + "\n")
    mirror.push()
    assert put == ["owner.json", "rows.jsonl"] and "estimates/m+v/a.wav" not in open_remote(url).sizes()


def test_an_estimate_follows_its_row_on_both_sides(tmp_path: Path, url: str) -> None:
    there, here = tmp_path / "other", tmp_path / "here"
    write_rows(there, row("theirs"), row("ours", code="old"), row("both"), row("bare"))
    for item in ("theirs", "ours", "both", "orphan"):
        keep(there, item, b"theirs")
    first = Mirror(open_remote(url), there)
    first.push()
    first.leave()
    write_rows(here, row("theirs", code="old"), row("ours"), row("both"), row("bare", code="old"))
    for item in ("theirs", "both", "bare"):
        keep(here, item, b"ours!!")
    mirror = Mirror(open_remote(url), here)
    mirror.take()
    assert mirror.pull(stands).rows == 2
    assert {found.separation_key for found in read_rows(here / "rows.jsonl")} == {"now"}
    kept = {path.stem: path.read_bytes() for path in (here / "estimates" / "m+v").iterdir()}
    assert kept == {"theirs": b"theirs", "both": b"ours!!"}
    mirror.push()
    names = {Path(name).stem for name in open_remote(url).sizes() if name.startswith("estimates/")}
    assert names == {"theirs", "both"}


def test_another_suites_mirror_and_one_without_run_json_are_refused(tmp_path: Path, url: str) -> None:
    write_rows(tmp_path / "run", row("a"))
    mirror = Mirror(open_remote(url), tmp_path / "run")
    mirror.check_suite("s", "h1")  # nothing is there
    mirror.push()
    mirror.check_suite("s", "h1")
    with pytest.raises(RunFolderError, match="belongs to another suite"):
        mirror.check_suite("s", "h2")
    open_remote(url).remove("run.json")
    with pytest.raises(RunFolderError, match=r"no run\.json"):
        mirror.check_suite("s", "h1")
    mirror.start_over()
    mirror.check_suite("s", "h2")


def test_a_damaged_mirror_is_an_error_that_names_it(tmp_path: Path, url: str) -> None:
    open_remote(url).write("rows.jsonl", row_line(row("a")).replace("dog", "cat").encode() + b"\n")
    with pytest.raises(InvalidRecord, match=r"the mirror's .* line 1: the row is damaged") as error:
        Mirror(open_remote(url), tmp_path / "run").pull(stands)
    assert "rows.jsonl" in error.value.remedy
    assert not list((tmp_path / "run").glob("*rows*"))


def owner(*, minutes: float, host: str = "elsewhere", left: bool = False) -> bytes:
    seen = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")
    return json.dumps({"schema": 1, "folder": "f", "host": host, "pid": 1, "time": seen, "left": left}).encode()


def test_a_live_owner_keeps_others_out_a_silent_or_gone_one_does_not(tmp_path: Path, url: str) -> None:
    remote, mirror = open_remote(url), Mirror(open_remote(url), tmp_path / "run")
    mirror.check_free()
    remote.write("owner.json", owner(minutes=8))
    with pytest.raises(RunFolderError, match="process 1 of elsewhere") as error:
        mirror.check_free()
    assert "--take-over" in error.value.remedy
    remote.write("owner.json", owner(minutes=12))
    mirror.check_free()
    remote.write("owner.json", owner(minutes=1, left=True))
    mirror.check_free()
    mirror.take()  # a former process of this very folder is dead: the folder has a lock
    Mirror(open_remote(url), tmp_path / "run").check_free()
    with pytest.raises(RunFolderError, match=f"process {os.getpid()} of"):
        Mirror(open_remote(url), tmp_path / "second").check_free()
    mirror.leave()
    Mirror(open_remote(url), tmp_path / "second").check_free()


def test_after_a_take_over_the_first_process_puts_nothing_more(tmp_path: Path, url: str) -> None:
    write_rows(tmp_path / "run", row("a"))
    mirror = Mirror(open_remote(url), tmp_path / "run")
    mirror.take()
    open_remote(url).write("owner.json", owner(minutes=0))
    with pytest.raises(RunFolderError, match="took the mirror over"):
        mirror.push()
    assert set(open_remote(url).sizes()) == {"owner.json"}


def test_what_fails_for_a_moment_is_tried_again_and_the_secret_stays_one() -> None:
    answers = iter([OSError("busy"), ConnectionResetError(104, "reset"), b"there"])

    class Flaky:
        protocol = ("sftp", "ssh")

        def cat_file(self, path: str) -> bytes:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    remote = RemoteFolder("sftp://anna:s3cret%2F@host/runs", Flaky(), "/runs")
    assert remote.read("rows.jsonl") == b"there"
    answers = iter([OSError("login s3cret/ refused by sftp://anna:s3cret%2F@host/runs")] * 3)
    with pytest.raises(RunFolderError, match="does not answer") as error:
        remote.read("rows.jsonl")
    assert "s3cret" not in str(error.value) and "login *** refused" in str(error.value)


def test_addresses_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bad in ("nosuch://there", "memory://", "/"):
        with pytest.raises(RunFolderError, match="--sync"):
            open_remote(bad)
    for inside in (tmp_path, tmp_path / "run" / "mirror", tmp_path / "run"):
        with pytest.raises(RunFolderError, match="one in the other"):
            Mirror(open_remote(str(inside)), tmp_path / "run")
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(MissingExtra) as error:
        open_remote("s3://bucket/run")
    assert error.value.remedy == 'pip install "sepbench[sync]"'


def test_a_mirror_whose_names_lead_out_is_refused(tmp_path: Path) -> None:
    fsspec.filesystem("memory").store.clear()
    fsspec.filesystem("memory").pipe_file("/there/a/../../b", b"")
    with pytest.raises(RunFolderError, match="not a mirror"):
        Mirror(open_remote("memory://there"), tmp_path / "run").pull(stands)
    fsspec.filesystem("memory").store.clear()


@pytest.mark.parametrize(
    "url", ["ftp://u:p%40w@h/x", "ftp://u:p@w@h/x", "ftp://u:p/w@h/x", "abfs://c@a/x?sig=s", "http://h/x?a=u:p@q"]
)
def test_masked_shows_no_user_password_or_query(url: str) -> None:
    shown = masked(url)
    assert not any(part in shown for part in ("u:", "p@", "p%40", "sig", "w@", "@q"))
