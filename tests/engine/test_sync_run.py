"""Runs with a mirror: gone on with elsewhere to the same bytes, and never ended by a mirror that does not answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sepbench.engine.config import KeepAudio
from sepbench.engine.run import Outcome
from sepbench.errors import InvalidRecord, RunFolderError
from sepbench.results.rows import read_rows

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'sepbench[sync]'")
Score = Callable[..., Outcome]
MODELS = "mixture,half"
ROWS = 2 * 24


@pytest.fixture
def memory() -> Iterator[Any]:
    """fsspec's file system in memory, empty."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def summary_of(outcome: Outcome) -> bytes:
    return (outcome.folder / "summary.json").read_bytes()


def test_a_finished_run_is_there_whole_and_computes_nothing_elsewhere(score: Score, memory: Any) -> None:
    first = score(MODELS, sync="memory://bucket/run", keep_audio=KeepAudio("all"))
    assert first.unsynced == ""
    for path in first.folder.rglob("*.*"):
        name = path.relative_to(first.folder).as_posix()
        if path.is_file() and not name.startswith("."):
            assert memory.cat_file(f"/bucket/run/{name}") == path.read_bytes(), name
    assert "left" in memory.cat_file("/bucket/run/owner.json").decode()
    second = score(MODELS, out="elsewhere", sync="memory://bucket/run", keep_audio=KeepAudio("all"))
    assert second.computed == 0 and summary_of(second) == summary_of(first)
    rescored = score(MODELS, out="third", sync="memory://bucket/run", metrics=("sdr",), keep_audio=KeepAudio("all"))
    alone = score(MODELS, out="alone", metrics=("sdr",))
    assert summary_of(rescored) == summary_of(alone)


def test_half_a_run_is_gone_on_with_elsewhere_to_the_same_bytes(score: Score, tmp_path: Path) -> None:
    whole = score(MODELS, out="whole")
    there = str(tmp_path / "shared")
    score(MODELS, out="first", sync=there)
    rows = tmp_path / "shared" / "rows.jsonl"
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:31]))
    second = score(MODELS, out="second", sync=there)
    assert second.computed == ROWS - 31 and summary_of(second) == summary_of(whole)
    assert len(read_rows(rows)) == ROWS
    assert rows.read_bytes() == (second.folder / "rows.jsonl").read_bytes()


def test_two_folders_with_other_halves_become_one_whole(score: Score, tmp_path: Path, memory: Any) -> None:
    whole = score(MODELS, out="whole")
    lines = (whole.folder / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_bytes((whole.folder / "run.json").read_bytes())
    (tmp_path / "mine" / "rows.jsonl").write_bytes(b"".join(lines[:40]))
    memory.pipe_file("/bucket/run.json", (whole.folder / "run.json").read_bytes())
    memory.pipe_file("/bucket/rows.jsonl", b"".join(lines[30:]))
    outcome = score(MODELS, out="mine", sync="memory://bucket")
    assert outcome.computed == 0 and summary_of(outcome) == summary_of(whole)
    assert memory.cat_file("/bucket/rows.jsonl") == b"".join(lines)


def test_fresh_forgets_the_mirror_too(score: Score, memory: Any) -> None:
    score(MODELS, sync="memory://bucket/run")
    again = score("mixture", out="other", sync="memory://bucket/run", fresh=True)
    assert again.computed == 24
    assert memory.cat_file("/bucket/run/rows.jsonl").count(b"\n") == 24


def test_fresh_rows_that_never_arrive_leave_no_old_ones(
    score: Score, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    score("mixture", sync="memory://bucket/run")
    monkeypatch.setattr("sepbench.results.sync.Mirror.push", refused)
    again = score("mixture", out="other", sync="memory://bucket/run", fresh=True)
    assert again.unsynced == "nobody answers"
    assert memory.find("/bucket/run") == ["/bucket/run/owner.json"]


def refused(mirror: object) -> None:
    raise ConnectionRefusedError("nobody answers")


def test_an_end_at_once_pushes_nothing_and_the_folder_goes_on(
    score: Score, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("sepbench.engine.run.summarise_run", interrupt)
        score(MODELS, sync="memory://bucket")
    assert not json.loads(memory.cat_file("/bucket/owner.json"))["left"]
    with pytest.raises(RunFolderError, match="another process works with this mirror"):
        score(MODELS, out="elsewhere", sync="memory://bucket")
    again = score(MODELS, sync="memory://bucket")
    assert again.computed == 0 and again.unsynced == ""
    assert memory.cat_file("/bucket/rows.jsonl").count(b"\n") == ROWS


def test_another_suites_mirror_is_refused_and_left_alone(score: Score, memory: Any) -> None:
    held = {"schema": 1, "suite": {"name": "other", "hash": "0" * 64}}
    memory.pipe_file("/bucket/run.json", json.dumps(held).encode())
    with pytest.raises(RunFolderError, match=r"the mirror memory://bucket belongs to another suite.*given other 0000"):
        score(MODELS, sync="memory://bucket")
    assert memory.find("/bucket") == ["/bucket/run.json"]


def test_a_damaged_mirror_is_left_free_for_the_next(score: Score, memory: Any) -> None:
    score("mixture", sync="memory://bucket")
    memory.pipe_file("/bucket/rows.jsonl", b"{}\n")
    with pytest.raises(InvalidRecord, match="damaged"):
        score("mixture", out="second", sync="memory://bucket")
    assert json.loads(memory.cat_file("/bucket/owner.json"))["left"]


def test_what_cannot_be_pushed_ends_no_run(
    score: Score, memory: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sepbench.results.remote.WAITS", ())
    put, broken = type(memory).pipe_file, True

    def refuse(self: Any, path: str, value: bytes, **more: Any) -> None:
        if broken and path.endswith("rows.jsonl"):
            raise ConnectionResetError(104, "reset by peer")
        put(self, path, value, **more)

    monkeypatch.setattr(type(memory), "pipe_file", refuse)
    first = score(MODELS, sync="memory://bucket", sync_seconds=0.01)
    assert first.computed == ROWS and "reset by peer" in first.unsynced
    assert capsys.readouterr().err.count("warning: not synced") == 1
    broken = False
    second = score(MODELS, sync="memory://bucket")
    assert second.computed == 0 and second.unsynced == ""
    assert memory.cat_file("/bucket/rows.jsonl") == (first.folder / "rows.jsonl").read_bytes()


def test_rows_do_not_wait_for_a_slow_mirror(
    score: Score, memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, rows = type(memory).pipe_file, tmp_path / "run" / "rows.jsonl"
    written: list[int] = []

    def hang(self: Any, path: str, value: bytes, **more: Any) -> None:
        deadline = time.monotonic() + 30
        while path.endswith("rows.jsonl") and time.monotonic() < deadline:
            written.append(rows.read_bytes().count(b"\n"))
            if written[-1] == ROWS:
                break
            time.sleep(0.01)
        put(self, path, value, **more)

    monkeypatch.setattr(type(memory), "pipe_file", hang)
    outcome = score(MODELS, sync="memory://bucket")
    assert written[0] < ROWS == written[-1] and outcome.unsynced == ""


def test_a_live_owners_mirror_is_used_only_when_told(score: Score, memory: Any) -> None:
    score("mixture", sync="memory://bucket")
    theirs = json.loads(memory.cat_file("/bucket/owner.json")) | {"host": "elsewhere", "left": False}
    memory.pipe_file("/bucket/owner.json", json.dumps(theirs).encode())
    with pytest.raises(RunFolderError, match="another process works with this mirror"):
        score("mixture", out="second", sync="memory://bucket")
    third = score("mixture", out="third", sync="memory://bucket", take_over=True)
    assert third.computed == 0 and third.unsynced == ""
