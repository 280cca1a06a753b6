"""Input at the edge of what can be scored: orthogonal, empty, enormous, at odd rates, mixtures that are the target."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sepbench import Measurement, measure
from sepbench.errors import SepbenchError
from sepbench.metrics.metric import Undefined
from sepbench.metrics.presence import output_level
from sepbench.metrics.registry import get
from sepbench.metrics.waveform import sdri, si_sdri
from tests.metrics.ordinary import ORDINARY

RATE = 16000
NOISE = 0.1 * np.random.Generator(np.random.PCG64(21)).standard_normal(RATE)
FIRST_HALF = np.where(np.arange(RATE) < RATE // 2, NOISE, 0)
SECOND_HALF = NOISE - FIRST_HALF


@pytest.mark.parametrize("name", ["si_sdr", "si_sdri", "sd_sdr"])
def test_sound_only_where_the_target_pauses_is_the_worst_and_not_perfect(name: str) -> None:
    found = measure(
        estimate=SECOND_HALF, reference=FIRST_HALF, mixture=NOISE, sample_rate=RATE, metrics=[name, "sdr", "lsd"]
    )
    assert found[name] == Measurement(None, "not_finite")
    assert found["sdr"].value is not None and found["sdr"].value < 0 < (found["lsd"].value or 0)


@pytest.mark.parametrize("function", [sdri, si_sdri])
def test_nothing_can_be_improved_on_a_mixture_that_is_the_target(function: object) -> None:
    for estimate in (NOISE, NOISE + 0.01):
        with pytest.raises(Undefined, match="the mixture is the target already") as caught:
            function(estimate=estimate, reference=NOISE, mixture=NOISE)  # type: ignore[operator]
        assert caught.value.status == "not_applicable"


def test_si_sdri_of_a_mixture_without_the_target_does_not_apply() -> None:
    for mixture, why in ((SECOND_HALF, "holds nothing of the target"), (0 * NOISE, "silent mixture")):
        with pytest.raises(Undefined, match=why) as caught:
            si_sdri(estimate=FIRST_HALF + 0.1 * NOISE, reference=FIRST_HALF, mixture=mixture)
        assert caught.value.status == "not_applicable"


@pytest.mark.parametrize("name", ORDINARY)
def test_no_samples_are_too_few_rather_than_silent(name: str) -> None:
    none = np.zeros(0)
    found = measure(estimate=none, reference=none, mixture=none, sample_rate=48000, metrics=[name])[name]
    assert found == Measurement(None, "too_short")


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("level", [1e16, 1e200])
def test_a_diverged_estimate_is_not_a_number(name: str, level: float) -> None:
    found = measure(estimate=level * NOISE, reference=NOISE, mixture=NOISE, sample_rate=RATE, metrics=[name])[name]
    assert found == Measurement(None, "not_finite")


@pytest.mark.parametrize("name", ORDINARY)
def test_a_loud_estimate_still_has_a_value(name: str) -> None:
    metric, reference = get(name), 0 * NOISE if get(name).scope == "absent" else FIRST_HALF
    mixture = FIRST_HALF + NOISE
    found = measure(estimate=1e13 * NOISE, reference=reference, mixture=mixture, sample_rate=RATE, metrics=[name])[name]
    of_more_than_a_pair = metric.needs & {"complement", "swapped"} or name == "seam_error"
    assert found.status == ("not_applicable" if (metric.rate or RATE) > RATE or of_more_than_a_pair else "ok")


@pytest.mark.parametrize("rate", [50, 100, 8000, 11025, 22050, 44100, 96000])
@pytest.mark.parametrize("samples", [1, 40, 2500])
def test_every_rate_ends_in_a_value_or_a_status_and_no_warning(rate: int, samples: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measure(
            estimate=NOISE[:samples] + 0.01,
            reference=NOISE[:samples],
            mixture=NOISE[:samples] + FIRST_HALF[-samples:] + 0.1,
            sample_rate=rate,
            metrics=ORDINARY,
        )
    for name, measurement in found.items():
        assert (measurement.value is None) == (measurement.status != "ok"), name


def test_the_floor_of_the_level_is_a_parameter() -> None:
    assert output_level(estimate=1e-4 * NOISE, mixture=NOISE) == pytest.approx(-80, abs=1e-9)
    assert output_level(estimate=1e-4 * NOISE, mixture=NOISE, floor_db=-60.0) == -60
    assert get("absent_output_level").parameters["floor_db"] == -100


def test_what_is_no_array_or_no_rate_is_told_so() -> None:
    with pytest.raises(SepbenchError, match="reference is not an array: given list"):
        measure(estimate=NOISE, reference=[0.0, 1.0], sample_rate=RATE, metrics=["sdr"])  # type: ignore[arg-type]
    with pytest.raises(SepbenchError, match=r"sample rate: given 44100.0; wanted a positive whole number"):
        measure(estimate=NOISE, reference=NOISE, sample_rate=44100.0, metrics=["sdr"])  # type: ignore[arg-type]
    with pytest.raises(SepbenchError, match="one string instead of a list of metrics: given sdr"):
        measure(estimate=NOISE, reference=NOISE, sample_rate=RATE, metrics="sdr")
