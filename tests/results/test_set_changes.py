"""Metrics of a set on two sides: against averages, against Student, by hand, and what has no part in either set."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy import stats as scipy_stats

from sepbench.errors import NothingComparable
from sepbench.metrics.frechet import frechet_distance
from sepbench.metrics.registry import get
from sepbench.paired import difference
from sepbench.results.answers import MetricFacts, Value
from sepbench.results.contributions import given_in_answers, recipe_of
from sepbench.results.matches import Match, compare_subjects
from sepbench.results.run_folder import STATS
from sepbench.results.set_changes import SetChange, set_change
from sepbench.results.subjects import find_subjects
from sepbench.stats import Resampling, resampling
from tests.answers import answers
from tests.results.vector_runs import COUNT, FAD, normal, wanted, write_vectors

QA_SDRI = MetricFacts("qa_sdri", get("qa_sdri").signature, "dB", "higher", False)


def of_numbers(before: list[Value], after: list[Value], per_recording: int = 1) -> tuple[SetChange, Resampling]:
    sides = [answers({"m": [column]}, metrics=[QA_SDRI], per_recording=per_recording) for column in (before, after)]
    draws = resampling([item.cluster for item in sides[1].items.values()], seed="x")
    one, other = (given_in_answers(side, "m", "qa_sdri") for side in sides)
    return set_change(one, other, QA_SDRI, draws), draws


@pytest.mark.parametrize("per_recording", [1, 4])
def test_a_set_whose_value_is_the_mean_has_the_interval_of_the_means_difference(per_recording: int) -> None:
    base, changes = 5 * normal(1, COUNT), 0.4 + normal(2, COUNT)
    found, draws = of_numbers(base.tolist(), (base + changes).tolist(), per_recording)
    clusters = [f"recording {place // per_recording}" for place in range(COUNT)]
    first = Resampling(draws.clusters, draws.counts[: get("qa_sdri").resamples])
    mean = difference(changes.tolist(), clusters, [""] * COUNT, "mean", first)
    assert found.difference is not None and found.difference.interval is not None
    assert found.difference.mean == pytest.approx(changes.mean(), abs=1e-12)
    assert (found.before, found.after) == pytest.approx((base.mean(), (base + changes).mean()), abs=1e-6)
    assert found.difference.interval == pytest.approx(mean.interval, abs=0.03)
    means = changes.reshape(-1, per_recording).mean(axis=1)
    students = scipy_stats.ttest_1samp(means, 0)
    assert found.difference.interval == pytest.approx(students.confidence_interval(), abs=0.06)
    assert found.p is not None  # 1000 draws know a standard error to 2.2 %
    assert scipy_stats.t.isf(found.p / 2, len(means) - 1) == pytest.approx(abs(students.statistic), rel=0.07)


def test_a_right_silence_adds_nothing_and_an_invented_sound_counts() -> None:
    """10 dB everywhere; then four absent sounds are invented, each a zero in the mean."""
    before: list[Value] = [10.0] * 16 + ["not_applicable"] * 4
    after: list[Value] = [10.0] * 16 + [0.0] * 4
    found, _ = of_numbers(before, after)
    assert (found.before, found.after, found.lost, found.gained) == (10, 8, (), 0)
    assert found.difference is not None and found.difference.mean == -2 and found.difference.n == 20


def test_an_item_that_broke_on_one_side_is_in_neither_set() -> None:
    found, _ = of_numbers([4.0] * 10 + [100.0, "failed"], [5.0] * 10 + ["failed", -100.0])
    assert (found.before, found.after, found.gained) == (4, 5, 1)
    assert [(one.before, one.after) for one in found.lost] == [(100.0, "failed")]
    assert found.difference is not None and found.difference.n == 10
    nothing, _ = of_numbers(["failed"] * 10, [1.0] * 10)
    assert nothing.difference is None and nothing.gained == 10
    assert nothing.why == "one side has nothing that the other has too"


def test_another_recipe_and_arrays_that_are_elsewhere_are_refused() -> None:
    for signature in ("fad|v0|rate:16000", QA_SDRI.signature):
        with pytest.raises(NothingComparable, match="does not make that value"):
            recipe_of(dataclasses.replace(FAD, signature=signature))
    assert recipe_of(FAD).name == "fad"
    side = given_in_answers(answers({"m": [["ok"] * 12]}, metrics=[FAD]), "m", "fad")
    with pytest.raises(NothingComparable, match="not in a baseline's file"):
        set_change(side, side, FAD, resampling(list(side.clusters.values()), seed="x"))


def matched(before: object, after: object) -> Match:
    (match,) = compare_subjects(find_subjects(str(before), str(after)), [], most_moved=3)
    return match


def test_a_distance_is_compared_over_the_items_both_have(tmp_path: Path) -> None:
    near, far = wanted() + 0.2 * normal(4, *wanted().shape), wanted() + 2
    before = write_vectors(tmp_path / "a", {"near": near, "same": near, "far": far})
    after = write_vectors(tmp_path / "b", {"near": near, "far": far}, silent=10)
    change = matched(f"{before}:near", f"{after}:far").comparison.metrics[1]
    inside = slice(0, COUNT - 10)
    expected = [
        frechet_distance(estimate=one[inside].astype(np.float32), reference=wanted()[inside].astype(np.float32))
        for one in (near, far)
    ]
    assert (change.before, change.after) == pytest.approx(expected, abs=1e-5)
    assert change.difference is not None and change.difference.interval is not None
    assert change.difference.mean == pytest.approx(expected[1] - expected[0], abs=1e-5)
    assert (change.difference.n, change.lost, change.gained, change.better) == (30, 10, 0, "before")
    assert 0 < change.difference.interval[0] < change.difference.mean < change.difference.interval[1]
    same = matched(f"{before}:near", "same").comparison.metrics[1]
    assert same.difference is not None
    assert (same.difference.mean, same.difference.interval, same.p, same.better) == (0, (0, 0), 1, "")


def test_without_its_arrays_a_set_shows_both_values_and_says_why(tmp_path: Path) -> None:
    run = write_vectors(tmp_path / "a", {"m": wanted(), "n": wanted() + 1})
    next((run / STATS).rglob("*.npy")).unlink()
    match = matched(f"{run}:m", "n")
    (whole,) = match.wholes
    assert (whole.metric, whole.before, whole.after) == ("fad", 1.0, 1.0)
    assert "a statistic of the run is gone" in whole.why
    with pytest.raises(NothingComparable, match="no item has a value") as caught:
        compare_subjects(find_subjects(f"{run}:m", "n"), ["fad"], most_moved=0)
    assert caught.value.remedy.startswith("fad: a statistic of the run is gone")
    assert [one.metric.name for one in match.comparison.metrics] == ["si_sdri"]
