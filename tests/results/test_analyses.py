"""Analyses against closed forms, an independent rank test, and brute force over the same draws of recordings."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.manifest import Manifest, Meta
from sepbench.metrics.registry import get, select
from sepbench.records import canonical_json
from sepbench.results.analyses import analyse
from sepbench.results.analyses.activation import roc
from sepbench.results.analyses.scored import Scored
from sepbench.results.entries import Ground
from sepbench.results.rows import Row, Score
from sepbench.results.summary import Extent, summarise_run
from sepbench.separators.discovery import find_models
from sepbench.stats import resampling, summarise
from sepbench.suite import Analysis, LoadedSuite, Suite, load_suite

RATIOS = [-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0]
Values = dict[str, float | None]


def row(number: int, values: Values, *, cluster: str, **changes: Any) -> Row:
    facts = {
        "model": "mixture",
        "item": f"{number:016x}.0",
        "status": "ok",
        "separation_key": "",
        "score_key": "",
        "metrics": {name: Score(value, "ok" if value is not None else "perfect") for name, value in values.items()},
        "mode": "extract",
        "kind": "label",
        "absent": False,
        "corpus": "test",
        "label": "dog",
        "cluster": cluster,
        "source_count": 2,
        "snr_db": 0.0,
    }
    return Row(**(facts | changes))  # type: ignore[arg-type]


def analysed(name: Analysis, rows: list[Row], *metrics: str) -> dict[str, Any]:
    draws = resampling([one.cluster for one in rows], seed="x", resamples=2000)
    scored = [Scored(get(metric), rows) for metric in metrics]
    found: dict[str, Any] = analyse([name], scored, Ground("mean", draws))[name]
    json.dumps(found, allow_nan=False)
    return found


def answers(present: list[float], absent: list[float], clusters: int = 1000) -> list[Row]:
    """Rows of outputs' levels, each pair of a present and an absent one of one recording."""
    levels = [(False, level) for level in present] + [(True, level) for level in absent]
    return [
        row(i, {"output_level": level}, cluster=f"r{i % len(present) % clusters}", absent=gone)
        for i, (gone, level) in enumerate(levels)
    ]


@pytest.mark.parametrize(
    ("present", "absent", "auc"),
    [([-3.0, -6.0], [-40.0, -50.0], 1), ([-40.0, -50.0], [-3.0, -6.0], 0), ([0.0, 0.0], [0.0, 0.0], 0.5)],
)
def test_levels_that_tell_always_never_or_nothing(present: list[float], absent: list[float], auc: float) -> None:
    found = analysed("activation", answers(present, absent), "output_level")
    assert found["auc"] == {"value": auc, "ci95": [auc, auc], "median": None, "n": 4, "n_undefined": 0}
    assert (found["n_present"], found["n_absent"]) == (2, 2)


def test_area_is_the_rank_statistic_of_mann_and_whitney_with_ties() -> None:
    from scipy.stats import mannwhitneyu

    rng = np.random.Generator(np.random.PCG64(5))
    present, absent = rng.normal(-5, 4, 80).round(), rng.normal(-9, 6, 80).round()
    found = analysed("activation", answers(list(present), list(absent)), "output_level")
    wanted = mannwhitneyu(present, absent).statistic / (80 * 80)
    assert found["auc"]["value"] == pytest.approx(wanted, abs=1e-6)
    curve = roc(present, absent)
    under = np.trapezoid([0.0, *curve["present"]], [0.0, *curve["absent"]])
    assert under == pytest.approx(wanted, abs=1e-3)  # shares are rounded


def test_interval_of_the_area_is_that_of_recordings_drawn_again() -> None:
    from scipy.stats import mannwhitneyu, norm, t

    rng = np.random.Generator(np.random.PCG64(6))
    rows = answers(list(rng.normal(-5, 4, 24)), list(rng.normal(-9, 6, 24)), clusters=8)
    draws = resampling([one.cluster for one in rows], seed="x", resamples=2000)
    areas = []
    for counts in draws.counts:
        times = dict(zip(draws.clusters, counts, strict=True))
        drawn = [one for one in rows for _ in range(times[one.cluster])]
        parts = [[one.metrics["output_level"].value for one in drawn if one.absent == gone] for gone in (False, True)]
        areas.append(mannwhitneyu(*parts).statistic / (len(parts[0]) * len(parts[1])))
    interval = analysed("activation", rows, "output_level")["auc"]["ci95"]
    beyond = norm.sf(t.isf(0.025, 7) * np.sqrt(8 / 7))  # eight recordings
    assert interval == pytest.approx(list(np.quantile(areas, [beyond, 1 - beyond])), abs=1e-6)


def test_only_extractions_that_have_a_level_count() -> None:
    rows = answers([-3.0, -6.0], [-40.0, -50.0])
    rows.append(row(9, {"output_level": -90.0}, cluster="r0", mode="remove"))
    rows.append(row(10, {}, cluster="r1", status="failed"))
    found = analysed("activation", rows, "output_level")["auc"]
    assert (found["value"], found["n"], found["n_undefined"]) == (1, 4, 1)


@pytest.mark.parametrize("rows", [[], answers([-3.0, -6.0], [])])
def test_nothing_to_tell_apart_is_no_area(rows: list[Row]) -> None:
    found = analysed("activation", rows, "output_level")
    assert found["auc"]["value"] is None and found["auc"]["ci95"] is None and found["curve"]["level_db"] == []


def test_without_the_metric_there_is_no_area() -> None:
    assert analysed("activation", answers([-3.0], [-40.0]), "sdr")["auc"]["n"] == 0


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    levels = np.linspace(-90, -1, 1000)
    curve = roc(levels, levels - 5)
    assert len(curve["level_db"]) == 101
    assert (curve["level_db"][0], curve["level_db"][-1]) == (-1, -95)
    assert (curve["present"][0], curve["absent"][-1]) == (0.001, 1)
    assert curve["present"] == sorted(curve["present"]) and curve["absent"] == sorted(curve["absent"])


def wordings(values: dict[str, list[float | None]], metric: str = "sdr", **changes: Any) -> list[Row]:
    """Rows of pairs: name -> values of its variants; every pair a recording of its own."""
    return [
        row(100 * p + v, {metric: value}, cluster=f"r-{pair}", pair=pair, variant=f"v{v}", **changes)
        for p, (pair, of_pair) in enumerate(values.items())
        for v, value in enumerate(of_pair)
    ]


def test_variants_by_hand() -> None:
    found = analysed("variants", wordings({"a": [1.0, 2.0, 6.0], "b": [4.0, 4.0, 4.0]}), "sdr")["sdr"]
    values = {name: found[name]["value"] for name in ("mean", "worst", "range", "std")}
    # Deviations of 1, 2, 6 from 3 are -2, -1, 3: a variance of 14 / 3.
    assert values == pytest.approx({"mean": 3.5, "worst": 2.5, "range": 2.5, "std": np.sqrt(14 / 3) / 2}, abs=1e-6)
    assert found["sizes"] == [3, 3] and found["worst"]["ci95"] == [1.0, 4.0]


def test_worst_is_the_highest_where_lower_is_better() -> None:
    found = analysed("variants", wordings({"a": [1.0, 2.0], "b": [5.0, 3.0]}, "lsd"), "lsd")["lsd"]
    assert found["worst"]["value"] == 3.5


def test_equal_variants_have_neither_range_nor_width() -> None:
    found = analysed("variants", wordings({name: [2.0] * 5 for name in "abcd"}), "sdr")["sdr"]
    for name, value in {"mean": 2.0, "worst": 2.0, "range": 0.0, "std": 0.0}.items():
        assert (found[name]["value"], found[name]["ci95"]) == (value, [value, value])


def test_a_pair_without_a_value_for_one_variant_is_left_out_whole_and_counted() -> None:
    found = analysed("variants", wordings({"a": [1.0, None], "b": [4.0, 6.0], "c": [2.0, 2.0]}), "sdr")["sdr"]
    assert (found["mean"]["value"], found["mean"]["n"], found["mean"]["n_undefined"]) == (3.5, 2, 1)


def test_pairs_of_two_lists_are_not_one_and_a_single_row_is_no_pair() -> None:
    rows = wordings({"a": [1.0, 3.0]}, list="one") + wordings({"a": [10.0, 10.0], "b": [99.0]}, list="two")
    found = analysed("variants", rows, "sdr")["sdr"]
    assert (found["range"]["value"], found["range"]["n"]) == (1.0, 2)
    assert analysed("variants", wordings({"b": [99.0]}), "sdr") == {}


def swept(heights: list[float], slope: float, metric: str = "sdri") -> list[Row]:
    """Pairs whose metric is a height plus a slope times the ratio."""
    return [
        row(100 * p + i, {metric: height + slope * snr}, cluster=f"r{p}", pair=f"p{p}", variant=f"snr {snr:g}")
        for p, height in enumerate(heights)
        for i, snr in enumerate(RATIOS)
    ]


def test_silence_earns_minus_the_ratio_and_nothing_on_the_whole() -> None:
    found = analysed("snr_curve", swept([0.0] * 6, -1.0), "sdri")["sdri"]
    assert found["snr_db"] == RATIOS
    assert [point["value"] for point in found["points"]] == [-snr for snr in RATIOS]
    assert (found["area"]["value"], found["area"]["ci95"]) == (0, [0, 0])
    assert found["crossing"] == {"snr_db": 0, "ci95": [0, 0], "reason": "", "n": 6, "n_undefined": 0}


def test_straight_lines_have_the_area_of_their_middle_and_cross_where_the_mean_line_does() -> None:
    heights = [float(height) for height in np.random.Generator(np.random.PCG64(7)).normal(2.0, 1.5, 30)]
    rows = swept(heights, -0.5)
    found = analysed("snr_curve", rows, "sdri")["sdri"]
    clusters = [f"r{p}" for p in range(30)]
    draws = resampling([one.cluster for one in rows], seed="x", resamples=2000)
    middle = summarise(heights, clusters, ["dog"] * 30, "mean", draws)
    assert middle.value is not None and middle.ci95 is not None
    assert found["area"]["value"] == pytest.approx(middle.value, abs=1e-6)
    assert found["area"]["ci95"] == pytest.approx(middle.ci95, abs=1e-6)
    assert found["crossing"]["snr_db"] == pytest.approx(2 * middle.value, abs=1e-6)
    assert found["crossing"]["ci95"] == pytest.approx([2 * bound for bound in middle.ci95], abs=1e-6)


@pytest.mark.parametrize(
    ("height", "slope", "reason"),
    [
        (0.0, 0.0, "never above 0"),
        (-20.0, 1.0, "never above 0"),
        (20.0, -1.0, "still above 0 at 15 dB"),
        (0.0, 1.0, "still above 0 at 15 dB"),
    ],
)
def test_a_curve_that_does_not_end_says_why(height: float, slope: float, reason: str) -> None:
    crossing = analysed("snr_curve", swept([height] * 4, slope), "sdri")["sdri"]["crossing"]
    assert crossing == {"snr_db": None, "ci95": None, "reason": reason, "n": 4, "n_undefined": 0}


def test_a_crossing_that_many_draws_lack_has_no_interval() -> None:
    # The mean ends at 14 dB; without the two low pairs it does not end at all.
    crossing = analysed("snr_curve", swept([16.0] * 6 + [8.0] * 2, -1.0), "sdri")["sdri"]["crossing"]
    assert crossing["snr_db"] == pytest.approx(14.0) and crossing["ci95"] is None


def test_a_pair_that_lacks_a_ratio_counts_in_points_alone() -> None:
    rows = swept([2.0, 4.0, 60.0], 0.0)[:-1]  # the third pair was not scored at 15 dB
    found = analysed("snr_curve", rows, "sdri")["sdri"]
    assert [point["value"] for point in found["points"]] == [22.0] * 6 + [3.0]
    assert (found["area"]["value"], found["area"]["n"], found["area"]["n_undefined"]) == (3.0, 2, 1)
    assert (found["crossing"]["n"], found["crossing"]["n_undefined"]) == (2, 1)


def test_only_improvements_end_and_rows_without_a_stated_ratio_make_no_curve() -> None:
    assert "crossing" not in analysed("snr_curve", swept([1.0, 2.0], 0.0, "sdr"), "sdr")["sdr"]
    assert analysed("snr_curve", wordings({"a": [1.0, 2.0]}), "sdr") == {}


def test_a_summary_holds_what_its_suite_asks_for() -> None:
    settings = Suite(1, "s", "s", "s", ("a",), ("sdr",), 16000, analyses=("variants",), slices=())
    suite = LoadedSuite(settings, (Manifest(Path("a"), Meta(1, "a", "t", 0, 0, "", {}, {}, {}), ()),))
    models = find_models(["mixture"], [])
    whole = summarise_run(suite, Extent(4, 0, None), models, select(["sdr"]), wordings({"a": [1, 2], "b": [3, 5]}))
    assert whole["suite"]["analyses"] == ["variants"]
    assert whole["models"]["mixture"]["analyses"]["variants"]["sdr"]["range"]["value"] == 1.5
    plain = LoadedSuite(dataclasses.replace(settings, analyses=()), suite.manifests)
    assert summarise_run(plain, Extent(0, 0, None), models, select(["sdr"]), [])["models"]["mixture"]["analyses"] == {}


def test_a_suite_without_analyses_keeps_the_hash_it_had_before_there_were_any(project: Path) -> None:
    suite = load_suite(project / "manifests" / "demo.toml")
    settings = {
        k: v for k, v in dataclasses.asdict(suite.suite).items() if k not in ("title", "description", "analyses")
    }
    content = {"settings": settings, "lists": [manifest.meta.content_hash for manifest in suite.manifests]}
    assert suite.hash == hashlib.sha256(canonical_json(content).encode()).hexdigest()
    analysing = dataclasses.replace(suite, suite=dataclasses.replace(suite.suite, analyses=("variants",)))
    assert analysing.hash != suite.hash
