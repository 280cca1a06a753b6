"""Adapters that break every rule, clips that are damaged, a disk that is full: rows or one clear error, no hang."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sepbench import audio
from sepbench.corpora.corpus import open_corpus
from sepbench.engine.config import KeepAudio, RunConfig
from sepbench.engine.isolation import around_item
from sepbench.engine.run import Outcome, run
from sepbench.errors import RunFolderError, SepbenchError
from sepbench.metrics.registry import select
from sepbench.protocols.build import build
from sepbench.protocols.recipe import QueryShares, Recipe
from sepbench.results import provenance
from sepbench.results.row_store import RowStore
from sepbench.results.rows import Failure, Row, read_rows
from sepbench.separators.discovery import find_models
from sepbench.separators.files import model_of_files
from sepbench.separators.inline import InlineRunner
from sepbench.separators.separator import Request
from sepbench.suite import LoadedSuite, load_suite
from tests.engine.conftest import ADAPTERS, SUITE

TOML = """title = "Hostile"
paradigm = "mask"
licence = "MIT"
modes = ["extract"]
sample_rate = 16000
"""
CODE = """import sys
import numpy as np
from sepbench.separators.separator import Estimate

class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no")

class Adapter:
    def load(self, config, device):
        self.buffer = np.zeros(16000, np.float32)

    def separate(self, requests):
        return [self.one(request) for request in requests]

    def one(self, request):
        ANSWER
"""
ANSWERS = {
    "leaves": "sys.exit(0)",
    "mute": "raise Unprintable",
    "surrogate": 'raise OSError("no file \\udcff")',
    "rate-float": "return Estimate(request.item, request.mixture, 16000.0)",
    "rate-nan": "return Estimate(request.item, request.mixture, float('nan'))",
    "rate-huge": "return Estimate(request.item, request.mixture, 5_000_000_000)",
    "scribbles": "request.mixture[:] = 0; return Estimate(request.item, request.mixture, 16000)",
    "reuses": "self.buffer[:] = request.mixture / 2; return Estimate(request.item, self.buffer, 16000)",
}


def test_what_inline_adapters_do_stays_theirs(suite: LoadedSuite, tmp_path: Path) -> None:
    for name, answer in ANSWERS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter.toml").write_text(TOML)
        (tmp_path / name / "adapter.py").write_text(CODE.replace("ANSWER", answer))
    models = (*find_models(list(ANSWERS), [tmp_path]), *find_models(["mixture", "half"], [ADAPTERS]))
    metrics = tuple(select(["sdr", "si_sdr"]))
    outcome = run(RunConfig(suite, models, metrics, tmp_path / "run", keep_audio=KeepAudio("all")))
    rows = read_rows(outcome.folder / "rows.jsonl")
    errors = {row.model: f"{row.error.type}: {row.error.message}" for row in rows if row.error}
    assert {name for name in errors if all(row.error for row in rows if row.model == name)} == errors.keys()
    assert errors["leaves"] == "SystemExit: 0"
    assert errors["mute"] == "Unprintable: <exception str() failed>"
    assert errors["surrogate"] == "OSError: no file ?"
    for name, given in (("rate-float", "16000.0"), ("rate-nan", "nan"), ("rate-huge", "5000000000")):
        assert f"has no sample rate: given {given}; wanted a whole number" in errors[name]
    assert errors.keys() == ANSWERS.keys() - {"scribbles", "reuses"}
    scores = {name: [row.metrics for row in rows if row.model == name] for name in ("mixture", "half", "reuses")}
    assert scores["reuses"] == scores["half"]  # a buffer that is used again while its last content is scored
    # What another wrote into the mixture is not heard by those that come after it: plain SDR of the mixture is its SNR.
    asked = [row for row in rows if row.model == "mixture" and row.mode == "extract" and row.snr_db is not None]
    assert asked and all(row.metrics["sdr"].value == pytest.approx(row.snr_db, abs=1e-3) for row in asked)


def test_an_inline_estimate_is_what_is_read_again_where_it_was_kept(tmp_path: Path) -> None:
    (tmp_path / "fine").mkdir()
    (tmp_path / "fine" / "adapter.toml").write_text(TOML)
    answer = "return Estimate(request.item, request.mixture / np.float64(3), 16000)"
    (tmp_path / "fine" / "adapter.py").write_text(CODE.replace("ANSWER", answer))
    runner = InlineRunner(*find_models(["fine"], [tmp_path]), {}, "cpu")
    (given,) = runner.separate([Request("0.0", np.full(2000, 0.7, np.float32), 16000, "dog", "extract")])
    audio.write(tmp_path / "0.0.wav", given.audio, given.sample_rate)
    assert np.array_equal(audio.read(tmp_path / "0.0.wav").audio, given.audio)


def test_git_that_does_not_answer_is_no_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(provenance, "GIT_SECONDS", 0.1)
    assert provenance.git_state(tmp_path) is None


def test_a_stopped_program_inside_an_item_is_its_failure() -> None:
    def leave() -> None:
        sys.exit("enough")

    assert around_item(leave) == Failure("SystemExit", "enough")


@pytest.fixture
def own_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[np.ndarray], Outcome]]:
    """Six clips of somebody's own, a frozen list of them, and a run after the first clip was written anew."""
    clips = tmp_path / "clips"
    clips.mkdir()
    time, lines = np.arange(16000) / 16000, ["path,label,caption,group"]
    for number in range(6):
        audio.write(clips / f"{number}.wav", (0.3 * np.sin(400 * (number + 1) * time)).astype(np.float32), 16000)
        lines.append(f"{number}.wav,label{number},,")
    (clips / "clips.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("SEPBENCH_DATA_FOLDER", str(clips))
    open_corpus.cache_clear()
    recipe = Recipe(
        schema=1, name="small", seed=1, corpora=("folder",), split="test", rows=6, sample_rate=16000, seconds=1.0,
        snr_db=(-5.0, 5.0), gains="frozen", queries=QueryShares(label=1.0),
    )  # fmt: skip
    build(recipe, tmp_path / "small.jsonl")
    (tmp_path / "small.toml").write_text(SUITE)
    suite = load_suite(tmp_path / "small.toml")

    def start(first: np.ndarray) -> Outcome:
        audio.write(clips / "0.wav", first.astype(np.float32), 16000)
        models = tuple(find_models(["mixture"], [ADAPTERS]))
        return run(RunConfig(suite, models, tuple(select(["sdr"])), tmp_path / "run"))

    yield start
    open_corpus.cache_clear()


def test_a_clip_with_samples_that_are_no_numbers_fails_its_items(own_clips: Callable[[np.ndarray], Outcome]) -> None:
    clip = np.full(16000, 0.1)
    clip[77] = np.nan
    outcome = own_clips(clip)
    rows = read_rows(outcome.folder / "rows.jsonl")
    failed = [row.error.message for row in rows if row.status == "failed" and row.error]
    assert 0 < len(failed) < len(rows) == 6 and outcome.failed == len(failed)
    assert all("source folder/0.wav holds samples that are no numbers" in message for message in failed)
    assert {row.status for row in rows} == {"ok", "failed"}


@pytest.mark.parametrize("clip", [np.full(16000, 0.1), np.zeros(16000)], ids=["another", "silent"])
def test_a_clip_that_a_frozen_list_was_not_made_with_is_this_machines_fault(
    own_clips: Callable[[np.ndarray], Outcome], clip: np.ndarray
) -> None:
    """Not the list's: as ``refused`` its items would leave every average without a word of failure."""
    outcome = own_clips(clip)
    rows = read_rows(outcome.folder / "rows.jsonl")
    failed = [row.error for row in rows if row.status == "failed"]
    assert failed and {row.status for row in rows} == {"ok", "failed"}
    assert all(error and error.type == "OtherAudio" and "manifest verify" in error.message for error in failed)


@pytest.mark.parametrize(("kibibytes", "keep"), [(1, "none"), (4, "none"), (4, "all")])
def test_a_full_disk_is_an_error_and_the_same_command_goes_on(
    suite_file: Path, tmp_path: Path, kibibytes: int, keep: str
) -> None:
    """No file may grow further: first none but the smallest, then not the rows, then not the estimates."""
    words = [sys.executable, "-m", "sepbench", "run", "--models", "mixture", "--suite", str(suite_file)]
    words += ["--out", str(tmp_path / "run"), "--device", "cpu", "--keep-audio", keep]
    most = 1024 * kibibytes
    full = subprocess.run(
        words, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )  # fmt: skip
    assert full.returncode == 2 and "Traceback" not in full.stderr
    assert "cannot be written: given" in full.stderr and "make room" in full.stderr
    assert not list((tmp_path / "run").rglob("*.partial"))
    again = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["suite"]["scored_items"] == 24


def test_a_store_on_a_full_disk_closes_with_an_error_that_names_it(tmp_path: Path) -> None:
    facts = ("s", "k", {}, "extract", "label", False, "folder", "dog", "bench", 2, 0.0)
    store = RowStore(tmp_path / "rows.jsonl")
    kept = store._file
    store._file = Path("/dev/full").open("ab")  # noqa: SIM115 - the store closes it
    with pytest.raises(RunFolderError, match="a result cannot be written"):
        store.append(Row("m", "0.0", "ok", *facts))
    with pytest.raises(RunFolderError, match="a result cannot be written"):
        store.close()
    assert store._file.closed
    kept.close()
    assert (tmp_path / "rows.jsonl").stat().st_size == 0


@pytest.mark.parametrize("name", ["../../evil", "", "a\nb", "a=b"])
def test_a_folder_of_estimates_has_a_name_that_stays_in_the_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(SepbenchError, match="a system's name"):
        model_of_files(name, tmp_path)
