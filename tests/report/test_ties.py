"""Who is told apart: against the paired differences of one pair at a time, Student's own test, and known effects."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from sepbench.paired import difference
from sepbench.report.ties import Answers, Ties, paired_ties, table
from sepbench.stats import resampling

SEED = "ab" * 32


def answers(values: np.ndarray, per_recording: int = 1, *, by_class: bool = False) -> Answers:
    names = tuple("abcdef"[: values.shape[1]])
    clusters = tuple(f"recording {item // per_recording}" for item in range(len(values)))
    classes = tuple(f"class {item % 3}" for item in range(len(values)))
    return Answers(names, values, clusters, classes, by_class)


@pytest.mark.parametrize("by_class", [False, True])
def test_differences_and_intervals_are_those_of_one_pair_alone(by_class: bool) -> None:
    rng = np.random.default_rng(1)
    given = answers(rng.normal(size=(60, 3)), per_recording=2, by_class=by_class)
    draws = resampling(given.clusters, seed=SEED)
    rule = "macro_class_mean" if by_class else "mean"
    for pair in paired_ties(given, seed=SEED).pairs:
        one, other = (given.models.index(name) for name in (pair.one, pair.other))
        alone = difference(given.values[:, one] - given.values[:, other], given.clusters, given.classes, rule, draws)
        assert pair.difference == pytest.approx(alone.mean, abs=1e-12)
        assert pair.ci95 == pytest.approx(alone.interval, abs=1e-12) and pair.n == 60


def test_p_of_independent_items_is_students() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(200, 2)) + np.array([0.15, 0.0])
    found = paired_ties(answers(values), seed=SEED).pairs[0]
    assert found.p == pytest.approx(ttest_rel(values[:, 0], values[:, 1]).pvalue, rel=0.1)


def test_copies_in_one_recording_are_no_further_evidence() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(40, 2)) + np.array([0.4, 0.0])
    once = paired_ties(answers(values), seed=SEED).pairs[0]
    copied = paired_ties(answers(np.repeat(values, 5, axis=0), per_recording=5), seed=SEED).pairs[0]
    assert copied.p == pytest.approx(once.p, rel=1e-6) and copied.n == 5 * once.n


def test_known_effects_are_found_and_twins_are_tied() -> None:
    rng = np.random.default_rng(4)
    hard = rng.normal(0, 5, size=(300, 1))  # what makes items hard is common to all, and cancels
    ties = paired_ties(answers(hard + rng.normal(size=(300, 4)) + np.array([3.0, 3.0, 2.0, 0.0])), seed=SEED)
    assert ties.places("higher") == {"a": 1, "b": 1, "c": 3, "d": 4}
    assert ties.places("lower") == {"a": 3, "b": 3, "c": 2, "d": 1}
    assert ties.tied("a", "b") and ties.tied("b", "a") and not ties.tied("a", "c")


def test_of_equals_hardly_any_family_has_a_false_alarm() -> None:
    rng = np.random.default_rng(5)
    alarms = sum(
        any(pair.apart for pair in paired_ties(answers(rng.normal(size=(40, 3)), 2), seed=str(trial)).pairs)
        for trial in range(50)
    )
    assert alarms <= 7  # 5 % of 50 are 2.5; more than 7 have a chance below 1 in 100


def test_only_common_items_count() -> None:
    values = np.array([[2.0, 1.0], [3.0, 2.5], [np.nan, 0.0], [4.0, np.nan], [1.0, 0.25]])
    found = paired_ties(answers(values), seed=SEED).pairs[0]
    assert found.n == 3 and found.difference == pytest.approx((1.0 + 0.5 + 0.75) / 3)


def test_what_is_the_same_everywhere_leaves_nothing_open() -> None:
    base = np.random.default_rng(6).normal(size=(10, 1))
    same, shifted, _ = paired_ties(answers(base + np.array([0.0, 0.0, 1.0])), seed=SEED).pairs
    assert (same.difference, same.p) == (0.0, 1.0) and shifted.apart and shifted.difference == pytest.approx(-1.0)


def test_few_recordings_of_one_difference_may_have_it_by_chance() -> None:
    """Right or wrong, as a metric of presence says: three of three have one sign in a quarter of all cases."""
    for count, p in ((3, 2 * 0.5**3), (8, 2 * 0.5**8)):
        given = answers(np.array([[1.0, 0.0]] * count))
        assert paired_ties(given, seed=SEED).pairs[0].p == pytest.approx(p, rel=1e-12)


def test_recordings_of_opposite_items_have_no_spread_and_no_difference() -> None:
    given = answers(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 2.0]]), per_recording=2)
    assert paired_ties(given, seed=SEED).pairs[0].p == 1.0


def test_few_recordings_are_told_apart_by_chance_no_more_often_than_students_test_does() -> None:
    """Four recordings: the draws' own standard error is sqrt(4 / 3) too small, which made 7 % of 5 %."""
    rng = np.random.default_rng(7)
    for _ in range(5):
        values = rng.normal(size=(4, 2))
        p = paired_ties(answers(values), seed=SEED).pairs[0].p
        assert p == pytest.approx(ttest_rel(values[:, 0], values[:, 1]).pvalue, rel=0.05)


def test_one_recording_alone_tells_nobody_apart() -> None:
    found = paired_ties(answers(np.array([[9.0, 1.0], [8.0, 1.0]]), per_recording=2), seed=SEED).pairs[0]
    assert (found.ci95, found.p) == (None, 1.0)


def test_without_pairs_there_are_no_places() -> None:
    assert paired_ties(answers(np.zeros((4, 1))), seed=SEED) == Ties(())
    nothing = np.full((4, 2), np.nan)
    assert paired_ties(answers(nothing), seed=SEED).places("higher") == {}


def test_table_of_values_has_nan_where_there_is_none() -> None:
    found = table({"a": {"x": 1.0, "y": None}, "b": {"x": 2.0}}, ["x", "y"])
    assert found[0].tolist() == [1.0, 2.0] and np.isnan(found[1]).all()
