"""Answers to sounds that are not there: levels and rates against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench import Measurement, measure
from sepbench.metrics.metric import Sample
from sepbench.metrics.registry import get

RATE = 16000
MIXTURE = 0.1 * np.random.Generator(np.random.PCG64(31)).standard_normal(RATE)
RATES = ["false_activation_30_rate", "false_activation_40_rate"]


def absent(estimate: np.ndarray, metrics: list[str]) -> dict[str, float | None]:
    found = measure(estimate=estimate, reference=0 * MIXTURE, mixture=MIXTURE, sample_rate=RATE, metrics=metrics)
    return {name: measured.value for name, measured in found.items()}


@pytest.mark.parametrize(
    ("level_db", "rates"), [(-29.9, [1.0, 1.0]), (-30.1, [0.0, 1.0]), (-39.9, [0.0, 1.0]), (-40.1, [0.0, 0.0])]
)
def test_an_output_is_a_false_activation_over_the_threshold_only(level_db: float, rates: list[float]) -> None:
    found = absent(10 ** (level_db / 20) * MIXTURE, [*RATES, "absent_output_level", "output_level"])
    assert [found[name] for name in RATES] == rates
    assert found["absent_output_level"] == found["output_level"] == pytest.approx(level_db, abs=1e-9)


def test_silence_activates_nothing_and_the_mixture_always() -> None:
    assert absent(0 * MIXTURE, [*RATES, "output_level"]) == {**dict.fromkeys(RATES, 0.0), "output_level": -100.0}
    assert absent(MIXTURE, [*RATES, "output_level"]) == {**dict.fromkeys(RATES, 1.0), "output_level": 0.0}


def test_a_present_sound_has_a_level_and_is_no_false_activation() -> None:
    found = measure(
        estimate=0.1 * MIXTURE, reference=MIXTURE, mixture=MIXTURE, sample_rate=RATE, metrics=["output_level", *RATES]
    )
    assert found["output_level"].value == pytest.approx(-20, abs=1e-9)
    assert {found[name] for name in RATES} == {Measurement(None, "not_applicable")}


def test_level_is_measured_for_absent_and_present_alike() -> None:
    metric = get("output_level")
    assert metric.scope == "any" and not metric.over_mixture
    for flag in (True, False):
        sample = Sample(0.5 * MIXTURE, 0 * MIXTURE, RATE, mixture=MIXTURE, absent=flag)
        assert metric.measure(sample) == pytest.approx(20 * np.log10(0.5), abs=1e-9)
