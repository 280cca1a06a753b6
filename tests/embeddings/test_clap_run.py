"""Whole runs with a tiny CLAP from a hub of this machine: the same values however they are computed, and only once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.cli.app import main
from sepbench.engine.config import RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.metrics.registry import select
from sepbench.results.rows import read_rows
from sepbench.separators.discovery import find_models
from sepbench.suite import find_suite, load_suite
from tests.corpora.fetching.server import FileServer
from tests.embeddings.hub import publish

FROM_HUB = "laion-clap:larger_clap_general"
METRICS = ("clap_aa@soloaudio", "clap_ta@own", "clap_ta")
MODELS = ("mixture", "silence", "ground-truth")
Values = dict[tuple[str, str, str], tuple[float | None, str, float | None]]


def sepbench(*words: str) -> None:
    """The program in this process; it must end well."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["sepbench", *words])
        main()
    assert end.value.code == 0


@pytest.fixture
def fetched(own_clap: str, clap_folder: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny CLAP published as one of LAION's folders, and brought by the command."""
    publish(server, "laion/larger_clap_general", clap_folder)
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    sepbench("weights", "fetch", FROM_HUB, "--yes")


@pytest.fixture
def score(tmp_path: Path) -> Callable[..., Outcome]:
    """Run the controls on a suite."""

    def start(suite: str, out: str, **changes: Any) -> Outcome:
        return run(
            RunConfig(
                suite=load_suite(find_suite(suite)),
                models=tuple(find_models(MODELS)),
                metrics=tuple(select(METRICS)),
                out=tmp_path / out,
                **changes,
            )
        )

    return start


def values(outcome: Outcome) -> Values:
    return {
        (row.model, row.item, name): (score.value, score.status, score.over_mixture)
        for row in read_rows(outcome.folder / "rows.jsonl")
        for name, score in row.metrics.items()
    }


def vectors(cache: Path) -> dict[Path, tuple[int, int]]:
    """Every vector kept, with what changes when it is written again."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (cache / "embeddings").rglob("*.npy")}


def check_runs(
    score: Callable[..., Outcome], suite: str, limit: int, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    first = score(suite, "first", limit=limit, on_missing="skip")
    assert first.failed == 0 and first.computed == limit * len(MODELS)
    found = values(first)
    models = first.summary["models"]
    assert models["ground-truth"]["metrics"]["clap_aa@soloaudio"]["value"] == pytest.approx(1, abs=1e-6)
    assert models["mixture"]["metrics"]["clap_ta@own"]["value"] is not None
    assert {value for (model, _, _), (value, _, _) in found.items() if model == "silence"} == {None}
    official = [outcome for (_, _, name), outcome in found.items() if name == "clap_ta"]
    assert {value for value, _, _ in official} == {None} and "unavailable" in {status for _, status, _ in official}

    monkeypatch.setenv("SEPBENCH_CACHE", str(cache.parent / "second"))
    (cache.parent / "second").mkdir()
    (cache.parent / "second" / "weights").symlink_to(cache / "weights")
    second = values(score(suite, "second", limit=limit, on_missing="skip", workers=2, batch=8))
    assert found.keys() == second.keys()
    for key, (value, status, change) in found.items():
        assert second[key] == (
            value if value is None else pytest.approx(value, abs=1e-5),
            status,
            change if change is None else pytest.approx(change, abs=2e-5),
        )

    monkeypatch.setenv("SEPBENCH_CACHE", str(cache))
    before = vectors(cache)
    assert score(suite, "first", limit=limit, on_missing="skip").computed == 0  # rows are kept
    assert values(score(suite, "again", limit=limit, on_missing="skip", batch=8)) == found
    assert before and vectors(cache) == before  # a vector that is computed is written


@pytest.mark.usefixtures("fetched")
def test_synthetic_sounds(score: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    check_runs(score, "demo", 3, monkeypatch, cache)


@pytest.mark.usefixtures("fetched")
def test_real_recordings(
    real_esc50: Path, score: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    check_runs(score, "esc50", 2, monkeypatch, cache)


def test_what_is_missing_is_said_once(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {"--models": "mixture", "--suite": "demo", "--limit": "3", "--metrics": "clap_ta,clap_aa,sdr"}
    words = [word for option in options.items() for word in option]
    sepbench("run", *words, "--out", str(tmp_path / "run"))
    said = capsys.readouterr()
    told = [line for line in said.err.splitlines() if "clap" in line]
    assert told == [
        f"unavailable: clap_ta, clap_aa: weights of laion-clap:630k-audioset-best are not here: given "
        f"{cache}/weights/laion-clap/630k-audioset-best.pt; wanted hf://lukewys/laion_clap@main/630k-audioset-best.pt",
        "  try: sepbench weights fetch laion-clap:630k-audioset-best",
    ]
