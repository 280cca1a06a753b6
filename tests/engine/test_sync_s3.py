"""A mirror on a real S3 server of this machine: killed, stopped, and with a server that goes away and comes back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sepbench.results.rows import read_rows

moto_server = pytest.importorskip("moto.server", reason="needs an S3 server: pip install 's3fs' 'moto[server]'")
s3fs = pytest.importorskip("s3fs", reason="needs s3fs: pip install 'sepbench[sync]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

PROJECT = Path(__file__).parent.parent.parent
MIRROR = "s3://bucket/runs/mine"
MODELS = "mixture,slow:quarter"
ROWS = 48


class Server:
    """moto's server in a thread of this process; what it holds outlives a stop."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        self._server: Any = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()
        self.port = self._server.get_host_and_port()[1]

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    bucket().mkdir("bucket")
    yield server
    bucket().rm("bucket", recursive=True)
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


def bucket() -> Any:
    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


def there(name: str) -> bytes:
    content: bytes = bucket().cat_file(f"bucket/runs/mine/{name}")
    return content


def command(suite: Path, out: Path, *more: str) -> list[str]:
    words = ["run", "--models", MODELS, "--suite", str(suite), "--adapters", "tests/adapters", "--out", str(out)]
    return [sys.executable, "-m", "sepbench", *words, *more]


def start(suite: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(suite, out, "--sync", MIRROR, *more), cwd=PROJECT, stderr=subprocess.PIPE, text=True
    )


def wait_for_rows(count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if bucket().exists("bucket/runs/mine/rows.jsonl") and there("rows.jsonl").count(b"\n") >= count:
            return
        time.sleep(0.1)
    raise TimeoutError(f"the mirror never held {count} rows")


def test_killed_here_and_gone_on_with_elsewhere(server: Server, suite_file: Path, tmp_path: Path) -> None:
    process = start(suite_file, tmp_path / "first", "--sync-every", "1")
    wait_for_rows(3)
    process.kill()
    process.communicate()
    held = there("rows.jsonl")
    assert 3 <= held.count(b"\n") < ROWS
    refused = start(suite_file, tmp_path / "second")
    assert "another process works with this mirror" in refused.communicate()[1] and refused.returncode == 2
    second = start(suite_file, tmp_path / "second", "--take-over")
    said = second.communicate()[1]
    assert second.returncode == 0 and f"brought back {held.count(bytes([10]))} rows" in said, said
    rows = read_rows(tmp_path / "second" / "rows.jsonl")
    assert len(rows) == len({(row.model, row.item) for row in rows}) == ROWS
    assert there("rows.jsonl") == (tmp_path / "second" / "rows.jsonl").read_bytes()
    assert there("rows.jsonl").startswith(held)
    subprocess.run(command(suite_file, tmp_path / "whole"), cwd=PROJECT, check=True, capture_output=True)
    assert there("summary.json") == (tmp_path / "whole" / "summary.json").read_bytes()
    for path in (tmp_path / "second").rglob("*"):
        assert not (path.is_file() and b"s3cret" in path.read_bytes()), path


def test_a_stopped_run_pushes_before_it_ends(server: Server, suite_file: Path, tmp_path: Path) -> None:
    process = start(suite_file, tmp_path / "run", "--sync-every", "300")
    rows = tmp_path / "run" / "rows.jsonl"
    while not (rows.is_file() and rows.read_bytes().count(b"\n") >= 2):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[1]
    assert process.returncode == 128 + signal.SIGTERM, said
    assert 2 <= rows.read_bytes().count(b"\n") < ROWS and there("rows.jsonl") == rows.read_bytes()
    assert json.loads(there("owner.json"))["left"]


def test_a_server_that_goes_away_costs_nothing(server: Server, suite_file: Path, tmp_path: Path) -> None:
    rows = tmp_path / "run" / "rows.jsonl"
    process = start(suite_file, tmp_path / "run", "--sync-every", "1")
    wait_for_rows(3)
    server.stop()
    said = process.communicate()[1]
    assert process.returncode == 0, said
    assert said.count("warning: not synced") == 1 and said.count("error: not synced: the mirror does not answer") == 1
    assert rows.read_bytes().count(b"\n") == ROWS
    server.start()
    assert 3 <= there("rows.jsonl").count(b"\n") < ROWS
    again = start(suite_file, tmp_path / "run")
    said = again.communicate()[1]
    assert again.returncode == 0 and "not synced" not in said, said
    assert there("rows.jsonl") == rows.read_bytes()
