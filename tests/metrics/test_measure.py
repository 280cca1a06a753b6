"""`measure` and every registered metric: what silent, short, non-finite, identical and unequal input come to."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sepbench
from sepbench import Measurement, measure
from sepbench.errors import SepbenchError
from sepbench.metrics.alignment import align
from sepbench.metrics.metric import Undefined
from sepbench.metrics.registry import get, metrics, select
from tests.metrics.ordinary import ORDINARY

RATE = 32000
RNG = np.random.Generator(np.random.PCG64(9))
T = np.arange(RATE) / RATE
REFERENCE = 0.1 * RNG.standard_normal(RATE) * (1.1 + np.sin(2 * np.pi * 4 * T))
INTERFERENCE = 0.1 * np.sin(2 * np.pi * (300 + 1000 * T) * T)
MIXTURE = REFERENCE + INTERFERENCE
ESTIMATE = REFERENCE + 0.2 * INTERFERENCE
# These want a reference that pauses, another answer about the mixture, or a separator that works in chunks.
SITUATED = {"off_interval_level", "remix_consistency", "seam_error", "swap_sensitivity"}
PRESENT = [name for name in ORDINARY if get(name).scope == "present" and name not in SITUATED]
RATES = {"silent_output_rate", "on_interval_recall_rate"}
# What each family does with silence out of a separator; all others have no value for it.
DEFINED_FOR_SILENCE = {
    "sdr", "sdri", "lsd", "psnr_wave", "psnr_mel", "mel_dist", "mel_dist@sdcodec", "mel_dist@codecsep-cfg",
    "silent_output_rate", "absent_output_level", "sdr@audiosep", "sdri@audiosep", "si_sdr@audiosep",
    "si_sdri@audiosep", "si_sdr@codecsep", "psnr_mel@audioldm-16k", "psnr_mel@audioldm-32k", "stoi@eventsep",
    "lsd@ssr_eval", "lsd@ssr_eval-16k", "lsd@ssr_eval-32k", "on_interval_recall_rate",
}  # fmt: skip


def one(name: str, **changes: object) -> Measurement:
    arguments = {"estimate": ESTIMATE, "reference": REFERENCE, "mixture": MIXTURE, "sample_rate": RATE} | changes
    return measure(metrics=[name], **arguments)[name]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PRESENT)
def test_ordinary_input_has_a_value_and_a_better_estimate_a_better_one(name: str) -> None:
    metric, near, far = get(name), one(name), one(name, estimate=REFERENCE + 3 * INTERFERENCE)
    assert near.status == far.status == "ok"
    assert near.value is not None and far.value is not None
    if name not in RATES and "o1120" not in name:  # that offset compares different moments
        assert near.value > far.value if metric.better == "higher" else near.value < far.value


@pytest.mark.parametrize("name", sorted(SITUATED))
def test_metrics_of_a_situation_do_not_apply_to_an_ordinary_pair(name: str) -> None:
    assert one(name) == Measurement(None, "not_applicable")


@pytest.mark.parametrize("name", ORDINARY)
def test_silent_reference_is_a_status(name: str) -> None:
    expected = "reference_silent" if get(name).scope == "present" else "ok"
    assert one(name, reference=np.zeros(RATE)).status == expected


@pytest.mark.parametrize("name", PRESENT)
def test_silent_estimate_is_a_status_or_what_the_recipe_says(name: str) -> None:
    found = one(name, estimate=np.zeros(RATE))
    assert found.status == ("ok" if name in DEFINED_FOR_SILENCE else "estimate_silent")


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["estimate", "reference", "mixture"])
def test_non_finite_input_is_a_status(name: str, bad: float, where: str) -> None:
    signal = {"estimate": ESTIMATE, "reference": REFERENCE, "mixture": MIXTURE}[where].copy()
    signal[100] = bad
    assert one(name, **{where: signal}) == Measurement(None, "not_finite")


@pytest.mark.parametrize("name", PRESENT)
def test_identical_input_is_perfect_zero_or_the_recipes_ceiling(name: str) -> None:
    found = one(name, estimate=REFERENCE)
    if found.value is None:
        assert found.status == "perfect" and get(name).better == "higher"
    else:
        assert found.status == "ok" and np.isfinite(found.value)


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("samples", [0, 1, 2, 10, 100, 511, 600, 3000])
def test_short_input_is_a_value_or_a_status_and_never_a_warning(name: str, samples: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = one(name, estimate=ESTIMATE[:samples], reference=REFERENCE[:samples], mixture=MIXTURE[:samples])
    assert (found.value is None) != (found.status == "ok")


@pytest.mark.parametrize("name", PRESENT)
def test_unequal_lengths_are_cut_within_20_ms_and_refused_beyond(name: str) -> None:
    cut = one(name, estimate=ESTIMATE[:-640])
    assert cut.status == "trimmed"
    assert cut.value == one(name, estimate=ESTIMATE[:-640], reference=REFERENCE[:-640], mixture=MIXTURE[:-640]).value
    assert one(name, estimate=ESTIMATE[:-641]) == Measurement(None, "length_mismatch")
    longer = np.concatenate([ESTIMATE, np.ones(10)])
    assert one(name, estimate=longer).value == one(name).value


@pytest.mark.parametrize("name", [name for name in ORDINARY if "mixture" in get(name).needs])
def test_missing_mixture_is_a_status(name: str) -> None:
    reference = np.zeros(RATE) if get(name).scope == "absent" else REFERENCE
    assert one(name, mixture=None, reference=reference) == Measurement(None, "missing_input")


@pytest.mark.parametrize("name", ORDINARY)
def test_inputs_are_left_untouched_and_the_answer_is_the_same_twice(name: str) -> None:
    copies = [signal.copy() for signal in (ESTIMATE, REFERENCE, MIXTURE)]
    np.random.seed(1)
    first = one(name)
    state = np.random.get_state()[1].copy()
    np.random.seed(2)
    assert one(name) == first
    for signal, copy in zip((ESTIMATE, REFERENCE, MIXTURE), copies, strict=True):
        np.testing.assert_array_equal(signal, copy)
    np.random.seed(1)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # the caller's generator is not moved


def test_a_metric_above_the_signals_rate_does_not_apply() -> None:
    for name in ("psnr_mel@audioldm-32k", "lsd@ssr_eval-32k"):
        low = measure(estimate=ESTIMATE, reference=REFERENCE, sample_rate=16000, metrics=[name])
        assert low[name] == Measurement(None, "not_applicable")


def test_presence_metrics_speak_of_their_items_only() -> None:
    assert one("absent_output_level") == Measurement(None, "not_applicable")
    found = one("absent_output_level", reference=np.zeros(RATE), estimate=0.1 * MIXTURE)
    assert found.value == pytest.approx(-20, abs=1e-9)
    assert one("absent_output_level", reference=np.zeros(RATE), estimate=np.zeros(RATE)).value == -100
    assert one("silent_output_rate", estimate=np.zeros(RATE)).value == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-3, 10), st.floats(0, 2))
def test_ratios_are_monotone_in_the_error(seed: int, level: float, amount: float) -> None:
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(RATE)
    less, more = (level * (REFERENCE + a * 0.1 * noise) for a in (amount + 0.01, amount + 0.02))
    for name in ("sdr", "si_sdr", "sd_sdr"):
        near = measure(estimate=less, reference=level * REFERENCE, sample_rate=RATE, metrics=[name])[name].value
        far = measure(estimate=more, reference=level * REFERENCE, sample_rate=RATE, metrics=[name])[name].value
        assert near is not None and far is not None and near > far


def test_wrong_calls_say_what_to_do() -> None:
    with pytest.raises(SepbenchError, match="unknown metric: given sisdr") as caught:
        one("sisdr")
    assert "si_sdr" in caught.value.remedy
    with pytest.raises(SepbenchError, match=r"reference is not a mono floating-point signal: given shape \(2, 100\)"):
        one("sdr", reference=np.ones((2, 100)))
    with pytest.raises(SepbenchError, match=r"estimate is not a mono .* dtype int16"):
        one("sdr", estimate=np.ones(RATE, np.int16))
    with pytest.raises(SepbenchError, match="sample rate: given 0"):
        one("sdr", sample_rate=0)
    with pytest.raises(TypeError):
        measure(ESTIMATE, REFERENCE)  # type: ignore[call-arg, misc]


def test_alignment_resamples_trims_and_refuses() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    aligned = align(estimate=tone, sample_rate=16000, length=32000, target_rate=32000, tolerance=640)
    wanted = np.sin(2 * np.pi * 440 * np.arange(32000) / 32000)
    assert np.max(np.abs(aligned.audio - wanted)[1000:-1000]) < 1e-3
    assert aligned.notes == ("resampled 16000->32000",)
    assert align(estimate=tone, sample_rate=16000, length=16000, target_rate=16000, tolerance=0).notes == ()
    with pytest.raises(Undefined) as caught:
        align(estimate=tone, sample_rate=16000, length=16400, target_rate=16000, tolerance=320)
    assert caught.value.status == "length_mismatch"


def test_signatures_are_unique_and_tell_the_recipe() -> None:
    signatures = [metric.signature for metric in metrics().values()]
    assert len(set(signatures)) == len(signatures)
    assert get("lsd").signature == "lsd|v1|rate:native|floor_db:-80.0|hop_s:0.008|window_s:0.032"
    assert replace(get("sdr"), version=2).signature != get("sdr").signature
    assert [metric.name for metric in select(["sdr", "lsd", "sdr"])] == ["sdr", "lsd"]
    assert all(metric.source and metric.label for metric in metrics().values())


def test_the_package_offers_what_it_promises() -> None:
    assert sepbench.measure is measure
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sepbench.nothing
