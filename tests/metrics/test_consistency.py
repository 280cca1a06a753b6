"""Answers that go together: closed forms on two orthogonal tones."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.metrics.consistency import remix_consistency, swap_sensitivity
from sepbench.metrics.measure import measure_sample
from sepbench.metrics.metric import Measurement, Sample, Undefined
from sepbench.metrics.registry import select

RATE = 16000
TIME = np.arange(RATE) / RATE
LOW = 0.3 * np.sin(2 * np.pi * 440 * TIME)
HIGH = 0.1 * np.sin(2 * np.pi * 1000 * TIME)
MIXTURE = LOW + HIGH
METRICS = ["remix_consistency", "swap_sensitivity"]


def measured(**changes: object) -> dict[str, Measurement]:
    facts: dict[str, object] = {
        "estimate": HIGH,
        "reference": HIGH,
        "sample_rate": RATE,
        "mixture": MIXTURE,
        "complement": LOW,
        "swapped": LOW,
    }
    return measure_sample(Sample(**(facts | changes)), select(METRICS))  # type: ignore[arg-type]


@pytest.mark.parametrize(("extract", "remove"), [(0.5, 0.4), (0.9, 0.0), (1.0, 1.0), (0.0, 0.0)])
def test_remix_of_shares_of_the_mixture(extract: float, remove: float) -> None:
    value = remix_consistency(estimate=remove * MIXTURE, complement=extract * MIXTURE, mixture=MIXTURE)
    assert value == pytest.approx(-20 * np.log10(abs(1 - extract - remove)), abs=1e-9)


def test_remix_says_nothing_of_which_sound_went_where() -> None:
    error = 0.01 * HIGH  # 1 % of a tone 20 log10(sqrt(10)) dB under the mixture
    right = remix_consistency(estimate=LOW + error, complement=HIGH, mixture=MIXTURE)
    assert right == pytest.approx(remix_consistency(estimate=HIGH + error, complement=LOW, mixture=MIXTURE), abs=1e-9)
    assert right == pytest.approx(40 + 10 * np.log10(10), abs=1e-6)


def test_an_exact_sum_is_perfect_and_a_missing_companion_no_gap_in_the_answer() -> None:
    exact = measured(mixture=HIGH + LOW, estimate=HIGH, complement=(HIGH + LOW) - HIGH)
    assert exact["remix_consistency"] == Measurement(None, "perfect")
    alone = measured(complement=None, swapped=None)
    assert set(alone.values()) == {Measurement(None, "not_applicable")}


def test_remix_of_a_silent_mixture_is_undefined() -> None:
    with pytest.raises(Undefined) as caught:
        remix_consistency(estimate=LOW, complement=HIGH, mixture=0 * MIXTURE)
    assert caught.value.status == "reference_silent"


@pytest.mark.parametrize("leak", [0.5, 0.1, 0.01])
def test_swap_of_a_separator_that_leaks_is_twice_its_leak_whatever_the_level(leak: float) -> None:
    right, wrong = HIGH + leak * LOW, LOW + leak * HIGH
    for gain in (1.0, -3.0):
        value = swap_sensitivity(estimate=gain * right, swapped=wrong, reference=HIGH)
        assert value == pytest.approx(-40 * np.log10(leak), abs=1e-6)
    assert swap_sensitivity(estimate=wrong, swapped=right, reference=HIGH) == pytest.approx(
        40 * np.log10(leak), abs=1e-6
    )


@pytest.mark.parametrize("answer", [MIXTURE, HIGH, np.roll(MIXTURE, 5)])
def test_who_ignores_the_prompt_has_none(answer: np.ndarray) -> None:
    assert swap_sensitivity(estimate=answer, swapped=answer, reference=HIGH) == 0


def test_swap_is_undefined_for_a_silent_answer_to_either_prompt_and_perfect_for_the_reference_itself() -> None:
    for silent in ("estimate", "swapped"):
        assert measured(**{silent: 0 * MIXTURE})["swap_sensitivity"] == Measurement(None, "estimate_silent")
    assert measured(swapped=MIXTURE)["swap_sensitivity"] == Measurement(None, "perfect")
