"""Runs from end to end: closed-form scores, failures as rows, resuming, and the same bytes whatever the workers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from sepbench.engine.config import KeepAudio, RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.errors import MissingData, NothingComparable, RunFolderError
from sepbench.metrics.registry import select
from sepbench.results.rows import read_rows
from sepbench.results.run_folder import load_run
from sepbench.separators.discovery import find_models
from sepbench.suite import LoadedSuite
from tests.engine.conftest import ADAPTERS

Score = Callable[..., Outcome]


def rows_of(outcome: Outcome) -> dict[tuple[str, str], object]:
    return {(row.model, row.item): row for row in read_rows(outcome.folder / "rows.jsonl")}


def test_controls_have_their_closed_form_scores(score: Score) -> None:
    outcome = score("mixture,silence,half")
    models = outcome.summary["models"]
    assert outcome.failed == 0 and outcome.computed == 3 * 24
    assert models["mixture"]["metrics"]["si_sdri"]["value"] == 0
    assert models["mixture"]["metrics"]["absent_output_level"]["value"] == 0
    assert models["silence"]["metrics"]["absent_output_level"]["value"] == -100
    assert models["silence"]["metrics"]["silent_output_rate"]["value"] == 1
    assert models["silence"]["metrics"]["si_sdr"] | {"undefined": 0, "over_mixture": 0} == {
        "value": None, "ci95": None, "median": None, "n": 0, "n_undefined": 16, "undefined": 0, "over_mixture": 0,
    }  # fmt: skip
    assert models["silence"]["metrics"]["sdr"]["value"] == 0
    # Half the mixture, 6.02 dB down; a removal is then mixture minus half of it: the same half.
    assert models["half"]["metrics"]["si_sdri"]["value"] == pytest.approx(0, abs=1e-5)
    assert models["half"]["metrics"]["absent_output_level"]["value"] == pytest.approx(20 * np.log10(0.5), abs=1e-5)
    assert {"removal:subtracted", "control"} <= set(models["half"]["flags"])


def test_plain_sdri_pays_silence_minus_the_items_snr(score: Score) -> None:
    outcome = score("silence", metrics=("sdri",))
    found = [row for row in read_rows(outcome.folder / "rows.jsonl") if "sdri" in row.metrics]
    assert len(found) == 16
    for row in found:
        assert row.snr_db is not None
        assert row.metrics["sdri"].value == pytest.approx(-row.snr_db, abs=1e-4)


def test_oracle_wins_and_says_what_it_needs(score: Score) -> None:
    models = score("oracle-irm,mixture").summary["models"]
    assert models["oracle-irm"]["metrics"]["si_sdri"]["value"] > 5
    assert models["oracle-irm"]["flags"][:2] == ["oracle", "needs:references"]


def test_workers_and_batches_change_no_byte_of_the_summary(score: Score) -> None:
    one = score("mixture,oracle-irm,half", out="one", workers=1)
    two = score("mixture,oracle-irm,half", out="two", workers=2, batch=4)
    assert (one.folder / "summary.json").read_bytes() == (two.folder / "summary.json").read_bytes()


def test_second_run_computes_nothing_and_a_torn_one_what_is_missing(score: Score) -> None:
    first = score("mixture,silence")
    summary = (first.folder / "summary.json").read_bytes()
    again = score("mixture,silence")
    assert again.computed == 0 and (first.folder / "summary.json").read_bytes() == summary
    rows = first.folder / "rows.jsonl"
    lines = rows.read_bytes().splitlines(keepends=True)
    rows.write_bytes(b"".join(lines[:20]) + lines[20][:37])
    third = score("mixture,silence")
    assert third.computed == 48 - 20
    assert (first.folder / "summary.json").read_bytes() == summary
    assert len(rows.read_bytes().splitlines()) == 48


def test_more_models_are_added_to_a_folder_and_more_metrics_score_anew(score: Score) -> None:
    score("mixture")
    assert score("mixture,silence").computed == 24
    assert score("mixture,silence", metrics=("sdr",)).computed == 48


def test_kept_audio_is_scored_again_without_the_model(score: Score, tmp_path: Path) -> None:
    first = score("half", keep_audio=KeepAudio("all"))
    kept = sorted((first.folder / "estimates" / "half").glob("*.wav"))
    assert len(kept) == 24
    again = score("half", keep_audio=KeepAudio("all"), metrics=("si_sdr",))
    rows = read_rows(again.folder / "rows.jsonl")
    assert again.computed == 24 and all(row.seconds is None for row in rows)  # nothing was separated
    fresh = score("half", out="fresh", metrics=("si_sdr",))
    assert fresh.summary["models"] == again.summary["models"]


def test_an_estimate_that_outlived_its_row_is_never_scored(suite: LoadedSuite, tmp_path: Path) -> None:
    def score(gain: str, keep: Literal["all", "none"], *metrics: str, out: str = "run") -> Outcome:
        shutil.copytree(ADAPTERS / "half", tmp_path / "half", dirs_exist_ok=True)
        adapter = tmp_path / "half" / "adapter.py"
        adapter.write_text(
            adapter.read_text().replace("self._gain,", f"np.float32({gain}),") + "\n\nimport numpy as np\n"
        )
        models = tuple(find_models(["half"], [tmp_path]))
        return run(RunConfig(suite, models, tuple(select(metrics)), tmp_path / out, keep_audio=KeepAudio(keep)))

    score("0.5", "all", "sdr")
    changed = score("0.9", "none", "sdr")
    assert changed.computed == 24 and not list((tmp_path / "run" / "estimates").rglob("*.wav"))
    rescored, clean = score("0.9", "none", "sdr", "sdri"), score("0.9", "none", "sdr", "sdri", out="clean")
    assert rescored.summary["models"] == clean.summary["models"]


def test_failures_become_rows_with_their_reason(score: Score) -> None:
    outcome = score("broken-load,broken-item,wrong-order,needs-missing-package,mixture")
    models = outcome.summary["models"]
    assert models["mixture"]["coverage"]["ok"] == 24
    assert models["broken-load"]["coverage"]["errors"] == {"RuntimeError: no weights on this planet": 24}
    assert models["broken-item"]["coverage"] == {
        "items": 24, "ok": 16, "failed": 8, "errors": {"ValueError: this item is too much": 8},
    }  # fmt: skip
    assert "estimates do not answer the requests" in next(iter(models["wrong-order"]["coverage"]["errors"]))
    assert 'pip install "sepbench[models]"' in next(iter(models["needs-missing-package"]["coverage"]["errors"]))
    assert outcome.failed == 24 + 8 + 24 + 24
    assert models["broken-load"]["metrics"]["sdr"]["undefined"] == {"failed": 16}


def test_a_batch_that_fails_costs_only_the_guilty_item(score: Score) -> None:
    assert score("broken-item", batch=8).summary["models"]["broken-item"]["coverage"]["failed"] == 8


def test_nan_in_an_estimate_is_a_status_and_never_a_number(score: Score) -> None:
    outcome = score("late-nan")
    metrics = outcome.summary["models"]["late-nan"]["metrics"]
    assert all(entry["value"] is None for entry in metrics.values())
    assert metrics["sdr"]["undefined"] == {"not_finite": 16}
    assert "NaN" not in (outcome.folder / "rows.jsonl").read_text()


def test_variants_are_other_models(score: Score) -> None:
    models = score("half,half:loud").summary["models"]
    assert models["half:loud"]["metrics"]["absent_output_level"]["value"] == pytest.approx(6.0206, abs=1e-4)


def test_command_adapter_is_scored_like_any_other(score: Score) -> None:
    models = score("by-command,half", metrics=("sdr", "absent_output_level")).summary["models"]
    assert models["by-command"]["coverage"]["failed"] == 0
    assert models["by-command"]["slices"]["mode"]["extract"] == models["half"]["slices"]["mode"]["extract"]


def test_limit_marks_the_run_partial(score: Score) -> None:
    outcome = score("mixture", limit=5)
    assert outcome.summary["suite"]["partial"] and outcome.summary["suite"]["scored_items"] == 5
    assert load_run(outcome.folder).run["partial"] is True


def test_missing_clips_fail_or_are_skipped_with_coverage(
    score: Score, monkeypatch: pytest.MonkeyPatch, suite: LoadedSuite
) -> None:
    from sepbench.corpora.corpus import open_corpus

    gone = suite.items()[0].mixture.sources[0].clip
    monkeypatch.setattr(type(open_corpus("synthetic")), "has", lambda self, clip: clip != gone)
    with pytest.raises(MissingData, match=r"of 24 items cannot be built here") as caught:
        score("mixture")
    assert gone in caught.value.given and "--on-missing skip" in caught.value.remedy
    summary = score("mixture", on_missing="skip").summary
    assert summary["suite"]["missing_items"] >= 3
    assert summary["suite"]["scored_items"] + summary["suite"]["missing_items"] == 24
    monkeypatch.setattr(type(open_corpus("synthetic")), "has", lambda self, clip: False)
    with pytest.raises(NothingComparable):
        score("mixture", on_missing="skip", out="other")


def test_folder_of_another_suite_is_refused_and_fresh_starts_over(score: Score, tmp_path: Path) -> None:
    outcome = score("mixture")
    run = json.loads((outcome.folder / "run.json").read_text())
    run["suite"]["hash"] = "0" * 64
    (outcome.folder / "run.json").write_text(json.dumps(run))
    with pytest.raises(RunFolderError, match="the run folder belongs to another suite"):
        score("mixture")
    assert score("mixture", fresh=True).computed == 24


def test_run_json_names_versions_and_machine_and_no_environment(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET_TOKEN", "hunter2")
    outcome = score("mixture")
    text = (outcome.folder / "run.json").read_text()
    run = json.loads(text)
    assert "hunter2" not in text
    assert run["packages"]["numpy"] == np.__version__
    assert run["counts"] == {"ok": 24} and run["finished"] and run["metrics"]["sdr"].startswith("sdr|v1|")


def test_run_loads_as_a_long_table(score: Score) -> None:
    frame = load_run(score("mixture,silence").folder).to_frame()
    silent = frame[(frame.model == "silence") & (frame.metric == "sdr")]
    assert len(silent) == 16 and silent.value.abs().max() < 1e-9


def test_failed_items_stand_until_they_are_to_be_done_again(score: Score, tmp_path: Path) -> None:
    first = score("broken-item,mixture")
    assert first.failed > 0
    assert score("broken-item,mixture").computed == 0
    again = score("broken-item,mixture", retry_failed=True)
    assert (again.computed, again.failed) == (first.failed, first.failed)
