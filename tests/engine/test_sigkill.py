"""A hundred SIGKILLs at random moments of one run: no row is lost, none is there twice, the summary is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sepbench.protocols.build import build
from sepbench.protocols.recipe import Recipe
from sepbench.results.rows import Row, read_rows

PROJECT = Path(__file__).parent.parent.parent
KILLS = 100
MODELS = "mixture,slow:quarter"


SUITE = """schema = 1
name = "many"
title = "Many short mixtures"
description = "For tests"
manifests = ["many"]
scoring_rate = 16000
metrics = ["si_sdr", "sdri"]
"""
RECIPE = Recipe(
    schema=1,
    name="many",
    seed=1,
    corpora=("synthetic",),
    split="test",
    rows=240,
    sample_rate=16000,
    seconds=1.0,
    snr_db=(0.0, 0.0),
    gains="solved",
)


def command(out: Path) -> list[str]:
    words = ["run", "--models", MODELS, "--suite", str(out.parent / "many.toml"), "--adapters", "tests/adapters"]
    return [sys.executable, "-m", "sepbench", *words, "--out", str(out)]


def lines(rows: Path) -> int:
    return rows.read_bytes().count(b"\n") if rows.exists() else 0


def one_life(out: Path, moment: float) -> int | None:
    """Start the run and kill it some time after it begins to write; its exit code if it came to its end."""
    rows = out / "rows.jsonl"
    before = lines(rows)
    process = subprocess.Popen(command(out), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while process.poll() is None and lines(rows) == before and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(moment)
    if process.poll() is not None:
        return process.returncode
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return None


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    build(RECIPE, tmp_path / "many.jsonl")
    (tmp_path / "many.toml").write_text(SUITE)
    moments = np.random.Generator(np.random.PCG64(0)).uniform(0, 0.3, KILLS)
    held: dict[tuple[str, str], Row] = {}
    kills = 0
    for moment in moments:
        ended = one_life(tmp_path / "killed", float(moment))
        found = read_rows(tmp_path / "killed" / "rows.jsonl")
        keys = [(row.model, row.item) for row in found]
        assert len(keys) == len(set(keys)), "a row twice"
        now = dict(zip(keys, found, strict=True))
        assert all(now.get(key) == row for key, row in held.items()), "a row lost or changed"
        held = now
        kills += ended is None
        if ended is not None:
            break
    assert kills == KILLS, "the run ended before it was killed often enough"
    for out in ("killed", "whole"):
        done = subprocess.run(command(tmp_path / out), cwd=PROJECT, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
    assert len(read_rows(tmp_path / "killed" / "rows.jsonl")) == 2 * RECIPE.rows
    assert (tmp_path / "killed" / "summary.json").read_bytes() == (tmp_path / "whole" / "summary.json").read_bytes()
