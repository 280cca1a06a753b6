"""The sum of all extractions: sketches against the signals themselves, and which mixtures count."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.metrics.measure import measure_sample
from sepbench.metrics.metric import Sample, Undefined
from sepbench.metrics.reduction import ItemStatistic
from sepbench.metrics.registry import get
from sepbench.metrics.sum_consistency import sketch, sum_consistency

RNG = np.random.Generator(np.random.PCG64(5))
ONE, OTHER, NOISE = 0.1 * RNG.standard_normal((3, 32000))
MIXTURE = ONE + OTHER
ONCE = np.ones((1, 2), dtype=np.int64)


def asked(item: str, estimate: np.ndarray, reference: np.ndarray, mixture: np.ndarray = MIXTURE) -> ItemStatistic:
    sample = Sample(estimate, reference, 16000, mixture, "a sound")
    (found,) = measure_sample(sample, [get("sum_consistency")]).values()
    assert found.status == "ok" and found.arrays is not None
    return ItemStatistic(item, "", "", None, found.arrays)


def test_sketches_add_and_keep_energy() -> None:
    np.testing.assert_allclose(sketch(ONE) + sketch(OTHER), sketch(MIXTURE), atol=1e-5)
    t = np.arange(32000) / 16000
    for signal in (ONE, np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 50 * t) ** 9, ONE * (t < 0.5)):
        ratio = float(np.sum(sketch(signal).astype(np.float64) ** 2) / np.sum(signal**2))
        assert abs(ratio - 1) < 4 * np.sqrt(2 / 2048)  # four standard deviations


@pytest.mark.parametrize("level", [1.0, 0.1, 0.01])
def test_the_value_is_that_of_the_signals(level: float) -> None:
    first, second = ONE + level * NOISE, 0.95 * OTHER
    kept = [asked("a.0", first, ONE), asked("a.1", second, OTHER)]
    exact = 10 * np.log10(np.sum(MIXTURE**2) / np.sum((MIXTURE - first - second) ** 2))
    assert sum_consistency(kept, ONCE) == pytest.approx([exact], abs=0.4)


def test_an_exact_sum_reaches_the_ceiling_and_the_untouched_mixture_zero() -> None:
    masks = [asked("a.0", 0.7 * MIXTURE, ONE), asked("a.1", 0.3 * MIXTURE, OTHER)]
    assert sum_consistency(masks, ONCE) == pytest.approx([100.0])
    untouched = [asked("a.0", MIXTURE, ONE), asked("a.1", MIXTURE, OTHER)]
    assert sum_consistency(untouched, ONCE) == pytest.approx([0.0])


def test_only_mixtures_count_whose_queries_name_each_sound_once() -> None:
    whole = [asked("a.0", 0.5 * ONE, ONE), asked("a.1", 0.5 * OTHER, OTHER)]  # a quarter of the energy is missing
    twice = [asked("b.0", ONE, ONE), asked("b.1", ONE, ONE)]
    lacking = [asked("c.0", ONE, ONE)]
    value = sum_consistency(whole, ONCE)
    assert value == pytest.approx([10 * np.log10(4)], abs=1e-6)
    kept = [*twice, *whole, *lacking]
    assert sum_consistency(kept, np.array([[1, 1, 1, 1, 1], [2, 2, 3, 3, 0]])) == pytest.approx([*value, *value])
    assert np.isnan(sum_consistency(kept, np.array([[1, 1, 0, 0, 1]]))[0])
    with pytest.raises(Undefined, match="no mixture name each of its sounds once"):
        sum_consistency([*twice, *lacking], np.ones((1, 3), dtype=np.int64))


def test_what_is_given_for_an_absent_sound_is_too_much() -> None:
    right = [asked("a.0", ONE, ONE), asked("a.1", OTHER, OTHER), asked("a.2", 0 * ONE, 0 * ONE)]
    leaking = [*right[:2], asked("a.2", 0.1 * MIXTURE, 0 * ONE)]
    ways = np.ones((1, 3), dtype=np.int64)
    assert sum_consistency(right, ways) == pytest.approx([100.0])
    assert sum_consistency(leaking, ways) == pytest.approx([20.0], abs=1e-3)


def test_removals_silent_mixtures_and_unequal_lengths_give_nothing() -> None:
    metric = get("sum_consistency")
    for sample, status in (
        (Sample(ONE, OTHER, 16000, MIXTURE, "a sound", removal=True), "not_applicable"),
        (Sample(ONE, OTHER, 16000, 0 * MIXTURE, "a sound"), "reference_silent"),
        (Sample(ONE, OTHER, 16000, None, "a sound"), "missing_input"),
        (Sample(ONE[:-1], OTHER, 16000, MIXTURE, "a sound"), "length_mismatch"),
        (Sample(ONE, OTHER, 16000, MIXTURE[:-1], "a sound"), "length_mismatch"),
    ):
        (found,) = measure_sample(sample, [metric]).values()
        assert (found.status, found.arrays) == (status, None)
