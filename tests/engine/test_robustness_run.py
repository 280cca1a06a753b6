"""Robustness suites from end to end: closed forms of a separator with a known leak, and who must win and lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.engine.config import RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.metrics.registry import select
from sepbench.protocols.robustness.build import build_recipe
from sepbench.results.rows import read_rows
from sepbench.separators.discovery import find_models
from sepbench.suite import find_suite, load_suite

ADAPTERS = Path(__file__).parent.parent / "adapters"
CONTROLS = ("mixture", "silence", "noise-matched")
ORACLES = ("oracle-irm", "oracle-ibm", "oracle-wiener")
BASELINES = ("template", "nmf")
METRICS = (
    "sdri",
    "si_sdri",
    "sdr",
    "output_level",
    "absent_output_level",
    "false_activation_30_rate",
    "false_activation_40_rate",
    "remix_consistency",
    "swap_sensitivity",
    "off_interval_level",
    "on_interval_recall_rate",
    "seam_error",
)
RECIPE = """schema = 1
protocol = "{kind}"
name = "{kind}"
seed = 3
corpora = ["synthetic"]
split = "test"
pairs = 3
sample_rate = 16000
seconds = {seconds}
snr_db = {snr_db}
gains = "frozen"
{more}
"""
LISTS = {
    "absent": (1.0, "[-5.0, 5.0]", ""),
    "removal": (1.0, "[-5.0, 5.0]", ""),
    "paraphrase": (1.0, "[0.0, 0.0]", "paraphrases = 1"),
    "snr_sweep": (1.0, "[-10.0, 10.0]", "step_db = 10.0"),
    "source_count": (1.0, "[0.0, 0.0]", "source_counts = [2, 3]"),
    "level": (1.0, "[-5.0, 5.0]", ""),
    "long_form": (9.0, "[0.0, 6.0]", "events = 2\nclip_seconds = 2.0"),
}
SUITE = f"""schema = 1
name = "all"
title = "All"
description = "A few rows of every kind"
manifests = {list(LISTS)}
scoring_rate = 16000
metrics = {list(METRICS)}
slices = ["list", "variant", "mode"]
analyses = ["activation", "variants", "snr_curve"]
"""
LEAK_DB = -20.0


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A few rows of every kind, scored once for all tests."""
    folder = tmp_path_factory.mktemp("robustness")
    for kind, (seconds, snr_db, more) in LISTS.items():
        path = folder / f"{kind}.recipe.toml"
        path.write_text(RECIPE.format(kind=kind, seconds=seconds, snr_db=snr_db, more=more))
        build_recipe(path, folder / f"{kind}.jsonl")
    (folder / "all.toml").write_text(SUITE)
    config = RunConfig(
        suite=load_suite(folder / "all.toml"),
        models=tuple(find_models(["mixture", "silence", "oracle-irm", "leaky"], [ADAPTERS])),
        metrics=tuple(select(METRICS)),
        out=folder / "run",
    )
    return run(config)


def values(outcome: Outcome, model: str, metric: str, **wanted: object) -> list[float | None]:
    """A model's values of a metric over the rows that are as wanted."""
    rows = [row for row in read_rows(outcome.folder / "rows.jsonl") if row.model == model and metric in row.metrics]
    return [row.metrics[metric].value for row in rows if all(getattr(row, k) == v for k, v in wanted.items())]


def analysis(outcome: Outcome, model: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = outcome.summary["models"][model]["analyses"][name]
    return found


def test_nothing_fails_and_every_kind_has_rows(outcome: Outcome) -> None:
    assert outcome.failed == 0
    for model in outcome.summary["models"].values():
        assert set(model["slices"]["list"]) == set(LISTS)


def test_a_leak_of_a_tenth_is_20_db_of_improvement_on_every_sound_that_is_there(outcome: Outcome) -> None:
    found = values(outcome, "leaky", "sdri")
    assert len(found) == 111 and found == pytest.approx([20.0] * len(found), abs=1e-3)


def test_absent_sounds_are_answered_by_the_leak_alone(outcome: Outcome) -> None:
    metrics = outcome.summary["models"]["leaky"]["metrics"]
    levels = values(outcome, "leaky", "output_level", list="absent", absent=True)
    assert levels == pytest.approx([LEAK_DB] * 6, abs=1e-4)
    assert metrics["absent_output_level"]["ci95"] == pytest.approx([LEAK_DB, LEAK_DB], abs=1e-4)
    assert [metrics[f"false_activation_{n}_rate"]["value"] for n in (30, 40)] == [1.0, 1.0]
    assert analysis(outcome, "leaky", "activation")["auc"]["value"] == 1.0


@pytest.mark.parametrize(
    ("model", "level", "rate", "auc"),
    [("mixture", 0.0, 1.0, 0.5), ("silence", -100.0, 0.0, 0.5), ("oracle-irm", -100.0, 0.0, 1.0)],
)
def test_on_absent_sounds_silence_is_perfect_and_the_mixture_worst(
    outcome: Outcome, model: str, level: float, rate: float, auc: float
) -> None:
    metrics = outcome.summary["models"][model]["metrics"]
    assert metrics["absent_output_level"]["value"] == level
    for name in ("false_activation_30_rate", "false_activation_40_rate"):
        assert (metrics[name]["value"], metrics[name]["ci95"]) == (rate, [rate, rate])
    assert analysis(outcome, model, "activation")["auc"]["value"] == auc


def test_extract_and_remove_leave_the_leak_over(outcome: Outcome) -> None:
    for model, value in {"leaky": -LEAK_DB, "mixture": 0.0, "silence": 0.0}.items():
        found = values(outcome, model, "remix_consistency", list="removal", mode="remove")
        assert len(found) == 6 and found == pytest.approx([value] * 6, abs=1e-3)
    assert min(value or 0 for value in values(outcome, "oracle-irm", "remix_consistency", mode="remove")) > 120


def test_the_right_prompt_is_worth_twice_the_leak_and_nothing_to_who_does_not_listen(outcome: Outcome) -> None:
    found = np.array(values(outcome, "leaky", "swap_sensitivity", list="paraphrase"), dtype=float)
    assert len(found) == 3 * 2 * 9 and np.abs(found - 40).max() < 5  # sounds are nearly orthogonal
    assert set(values(outcome, "mixture", "swap_sensitivity", list="paraphrase")) == {0.0}
    assert set(values(outcome, "silence", "swap_sensitivity", list="paraphrase")) == {None}


def test_the_answer_does_not_depend_on_wording_level_polarity_or_time(outcome: Outcome) -> None:
    for name in ("range", "std"):
        entry = analysis(outcome, "leaky", "variants")["sdri"][name]
        assert entry["value"] == pytest.approx(0, abs=1e-3) and entry["ci95"] == pytest.approx([0, 0], abs=1e-3)
    assert analysis(outcome, "leaky", "variants")["sdri"]["worst"]["value"] == pytest.approx(20, abs=1e-3)


def test_the_curve_is_flat_at_the_leak_and_silence_ends_at_zero(outcome: Outcome) -> None:
    leaky, silence = (analysis(outcome, model, "snr_curve")["sdri"] for model in ("leaky", "silence"))
    assert leaky["snr_db"] == [-10.0, 0.0, 10.0]
    assert [point["value"] for point in leaky["points"]] == pytest.approx([20.0] * 3, abs=1e-3)
    assert leaky["area"]["ci95"] == pytest.approx([20.0, 20.0], abs=1e-3)
    assert leaky["crossing"]["reason"] == "still above 0 at 10 dB"
    assert [point["value"] for point in silence["points"]] == pytest.approx([10.0, 0.0, -10.0], abs=1e-3)
    assert silence["area"]["value"] == pytest.approx(0, abs=1e-3)
    assert silence["crossing"]["snr_db"] == pytest.approx(0, abs=1e-3)


def test_long_recordings_leak_where_nothing_is_wanted_and_seams_need_chunks(outcome: Outcome) -> None:
    for model, level, recall in (("leaky", LEAK_DB, 1.0), ("mixture", 0.0, 1.0), ("silence", -100.0, 0.0)):
        found = values(outcome, model, "off_interval_level", list="long_form")
        assert len(found) == 3 and found == pytest.approx([level] * 3, abs=1e-3)
        assert values(outcome, model, "on_interval_recall_rate", list="long_form") == [recall] * 3
    assert set(values(outcome, "mixture", "seam_error")) == {None}
    assert all(abs(value or 99) < 15 for value in values(outcome, "leaky", "seam_error", list="long_form"))


def test_the_oracle_wins_and_silence_loses(outcome: Outcome) -> None:
    models = outcome.summary["models"]
    for name in LISTS:
        oracle, mixture = (
            models[model]["slices"]["list"][name]["si_sdri"]["value"] for model in ("oracle-irm", "mixture")
        )
        assert oracle > 5 > mixture == 0
        assert models["silence"]["slices"]["list"][name]["si_sdri"]["value"] is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["absent", "removal", "paraphrase", "snr_sweep", "source_count", "level", "long_form"])
def test_the_shipped_suites_rank_controls_baselines_and_oracles(name: str, tmp_path: Path) -> None:
    suite = load_suite(find_suite(f"robustness/{name}"))
    config = RunConfig(
        suite=suite,
        models=tuple(find_models([*CONTROLS, *ORACLES, *BASELINES], [])),
        metrics=tuple(select(suite.suite.metrics)),
        out=tmp_path / "run",
    )
    outcome = run(config)
    tables = {model: part["metrics"] for model, part in outcome.summary["models"].items()}
    assert outcome.failed == 0 and outcome.computed == 8 * len(suite.items())
    improvements = {model: table["si_sdri"]["value"] for model, table in tables.items()}
    assert improvements["silence"] is None and improvements["noise-matched"] < -20
    for oracle in ORACLES:
        for baseline in BASELINES:
            assert improvements[oracle] > improvements[baseline] + 5 > 5 > improvements["mixture"] == 0
    if name == "absent":
        rates = {model: table["false_activation_30_rate"]["value"] for model, table in tables.items()}
        assert rates["silence"] == 0 and rates["mixture"] == max(rates.values()) == 1
        areas = {model: analysis(outcome, model, "activation")["auc"]["value"] for model in tables}
        assert areas["mixture"] == areas["silence"] == 0.5 and min(areas[baseline] for baseline in BASELINES) > 0.75
