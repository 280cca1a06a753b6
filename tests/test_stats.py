"""Averages and intervals against closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.stats import Summary, expanded, resampling, summarise

WIDE_60 = 0.956396
"""What the normal curve holds within 2.001 * sqrt(60 / 59), Student's point of 59 degrees with n for n - 1."""


def test_mean_of_one_value_per_recording_has_the_bootstrap_interval_of_scipy() -> None:
    from scipy.stats import bootstrap

    values = np.random.Generator(np.random.PCG64(1)).standard_normal(60) * 3 + 1
    names = [f"r{i}" for i in range(60)]
    ours = summarise(list(values), names, names, "mean", resampling(names, seed="x", resamples=20000))
    theirs = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20000, confidence_level=WIDE_60,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    assert ours.value == pytest.approx(values.mean(), abs=1e-12)
    assert ours.median == pytest.approx(np.median(values), abs=1e-12)
    assert ours.ci95 == pytest.approx((theirs.confidence_interval.low, theirs.confidence_interval.high), abs=0.03)


def test_interval_covers_the_truth_in_95_of_100_clustered_trials() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    names = [f"r{i // 4}" for i in range(240)]
    draws = resampling(names, seed="coverage", resamples=1000)
    covered = 0
    for _ in range(300):
        recording = np.repeat(rng.standard_normal(60), 4)  # strongly shared within a recording
        values = recording + 0.3 * rng.standard_normal(240)
        interval = summarise(list(values), names, names, "mean", draws).ci95
        assert interval is not None
        covered += interval[0] <= 0 <= interval[1]
    assert 0.90 <= covered / 300 <= 0.985


@pytest.mark.parametrize(("recordings", "least"), [(6, 0.88), (12, 0.92)])
def test_few_recordings_have_wider_intervals(recordings: int, least: float) -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    names = [f"r{i:02d}" for i in range(recordings)]
    draws, covered = resampling(names, seed="few", resamples=4000), 0
    for _ in range(600):
        interval = summarise(list(rng.standard_normal(recordings)), names, names, "mean", draws).ci95
        assert interval is not None
        covered += interval[0] <= 0 <= interval[1]
    assert least <= covered / 600 <= 0.97  # plain percentiles: 0.85 and 0.91


def test_the_level_of_percentiles_is_students() -> None:
    assert expanded(0.95, 60) == pytest.approx(WIDE_60, abs=1e-5)


def test_interval_ignoring_recordings_would_be_half_as_wide() -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    values = list(np.repeat(rng.standard_normal(50), 4))
    shared, apart = [f"r{i // 4}" for i in range(200)], [f"r{i}" for i in range(200)]
    widths = []
    for names in (shared, apart):
        interval = summarise(values, names, names, "mean", resampling(names, seed="x")).ci95
        assert interval is not None
        widths.append(interval[1] - interval[0])
    # Four equal values per recording: sqrt(4) times the standard error.
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.06)


def test_macro_and_median_rules_by_hand() -> None:
    values, classes = [1.0, 2.0, 9.0, 10.0], ["a", "a", "a", "b"]
    names = ["r1", "r2", "r3", "r4"]
    draws = resampling(names, seed="x", resamples=200)
    assert summarise(values, names, classes, "mean", draws).value == 5.5
    assert summarise(values, names, classes, "macro_class_mean", draws).value == 7.0  # (4 + 10) / 2
    assert summarise(values, names, classes, "class_median_mean", draws).value == 6.0  # (2 + 10) / 2


def test_rules_agree_where_every_class_is_one_value() -> None:
    values, names = [1.0, 5.0, 3.0], ["r1", "r2", "r3"]
    draws = resampling(names, seed="x", resamples=500)
    results = [summarise(values, names, names, rule, draws) for rule in ("mean", "macro_class_mean")]
    assert results[0].value == results[1].value == 3.0


def test_nothing_and_one_recording() -> None:
    draws = resampling(["a", "a"], seed="x")
    assert summarise([], [], [], "mean", draws) == Summary(None, None, None, 0)
    assert summarise([1.0, 2.0], ["a", "a"], ["c", "c"], "mean", draws).ci95 is None


def test_draws_depend_on_the_seed_and_not_on_the_items_order() -> None:
    one, two = resampling(["b", "a", "a"], seed="s"), resampling(["a", "b"], seed="s")
    assert one.clusters == two.clusters and (one.counts == two.counts).all()
    assert (resampling(["a", "b"], seed="t").counts != one.counts).any()
