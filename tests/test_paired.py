"""Paired differences: against scipy, against closed forms, and intervals that hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from sepbench.paired import difference, holm, restricted, signed_rank
from sepbench.stats import expanded, resampling


def test_the_signed_rank_test_is_scipys_over_recordings() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    changes = rng.normal(0.3, 1, 60)
    clusters = [f"r{place // 2}" for place in range(60)]
    means = changes.reshape(30, 2).mean(axis=1)
    assert signed_rank(changes.tolist(), clusters) == pytest.approx(scipy_stats.wilcoxon(means).pvalue, rel=1e-12)


def test_recordings_that_did_not_change_have_no_rank() -> None:
    changes, clusters = [0.0, 0.0, 1e-13, 1.0, 2.0, 3.0], list("abcdef")
    assert signed_rank(changes, clusters) == pytest.approx(2 * 0.5**3), "three of one sign: the rarest of 8 ways, twice"
    assert signed_rank([0.0, -1e-12], ["a", "b"]) == 1.0
    assert signed_rank([1.0, 2.0], ["a", "a"]) is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=8))
def test_holm_rejects_what_its_steps_reject(values: list[float | None]) -> None:
    """Holm's own words: go up the sorted p values while p_k <= alpha / (m - k + 1)."""
    corrected = holm(values)
    known = sorted(value for value in values if value is not None)
    for alpha in (0.01, 0.05, 0.3):
        steps = 0
        while steps < len(known) and known[steps] * (len(known) - steps) <= alpha:
            steps += 1
        assert sum(one is not None and one <= alpha for one in corrected) == steps
    assert [one is None for one in corrected] == [one is None for one in values]


@pytest.mark.parametrize("recordings", [3, 8, 30])
def test_intervals_miss_the_truth_one_time_in_twenty(recordings: int) -> None:
    """1000 trials: 5 % give or take 3 standard deviations, with clips of one recording alike."""
    rng = np.random.Generator(np.random.PCG64(5))
    clusters = [f"r{place // 2}" for place in range(2 * recordings)]
    draws = resampling(clusters, seed="coverage", resamples=1000)
    missed = 0
    for _ in range(1000):
        changes = np.repeat(rng.standard_normal(recordings), 2) + rng.standard_normal(2 * recordings)
        bounds = difference(changes.tolist(), clusters, [""] * len(clusters), "mean", draws).interval
        missed += bounds is None or not bounds[0] <= 0 <= bounds[1]
    assert abs(missed / 1000 - 0.05) < 0.021


def test_where_recordings_do_not_reach_so_far_the_interval_is_students() -> None:
    """Five recordings at 99.5 %: no average of theirs is beyond their smallest, and Student's interval is."""
    changes = [1.0, 2.0, 3.0, 4.0, 5.0]
    bounds = difference(changes, list("abcde"), [""] * 5, "mean", resampling(list("abcde"), seed="x"), 0.995).interval
    students = scipy_stats.ttest_1samp(changes, 0).confidence_interval(0.995)
    assert bounds == pytest.approx(students, rel=0.03) and students.low < 0


def test_the_level_is_students() -> None:
    """Student's 97.5 % point of 9 degrees of freedom is 2.2622; sqrt(10 / 9) of it has 0.855 % of a normal beyond."""
    assert (1 - expanded(0.95, 10)) / 2 == pytest.approx(scipy_stats.norm.sf(2.2622 * (10 / 9) ** 0.5), abs=1e-5)
    assert expanded(0.95, 10**7) == pytest.approx(0.95, abs=1e-6)
    assert expanded(0.95, 1) == 0.95


def test_class_rules_average_over_classes() -> None:
    draws = resampling(list("abcd"), seed="x")
    for rule in ("macro_class_mean", "class_median_mean"):
        found = difference([1.0, 1.0, 1.0, 5.0], list("abcd"), ["dog", "dog", "dog", "cat"], rule, draws)  # type: ignore[arg-type]
        assert found.mean == 3.0
    assert difference([1.0, 1.0, 1.0, 5.0], list("abcd"), ["", "", "", ""], "mean", draws).mean == 2.0


def test_restricted_draws_are_the_same_draws() -> None:
    draws = resampling(list("abcde"), seed="x", resamples=50)
    some = restricted(draws, ["b", "d"])
    assert some.clusters == ("b", "d")
    assert (some.counts[:, 0] == draws.counts[:, 1]).all() and (some.counts[:, 1] == draws.counts[:, 3]).all()


def test_ups_and_downs_are_counted_beyond_rounding() -> None:
    draws = resampling(list("abcd"), seed="x")
    found = difference([1.0, -1.0, 2.0, 1e-14], list("abcd"), [""] * 4, "mean", draws)
    assert (found.risen, found.fallen, found.n, found.recordings) == (2, 1, 4, 4)
