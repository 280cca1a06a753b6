"""Waveform ratios against closed forms and invariants, the 512-tap one against mir_eval on other signals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.errors import SepbenchError
from sepbench.metrics.bsseval import sdr_bss512
from sepbench.metrics.metric import Undefined
from sepbench.metrics.waveform import sd_sdr, sdr, sdri, si_sdr, si_sdri
from sepbench.metrics.waveform_papers import sdr_audiosep, si_sdr_audiosep, si_sdr_codecsep

SEEDS = st.integers(0, 2**32 - 1)


def signals(seed: int, samples: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """A reference, and noise made exactly orthogonal to it and of its energy."""
    rng = np.random.Generator(np.random.PCG64(seed))
    reference, noise = rng.standard_normal(samples), rng.standard_normal(samples)
    noise -= noise @ reference / (reference @ reference) * reference
    return reference, noise * np.linalg.norm(reference) / np.linalg.norm(noise)


@given(SEEDS, st.floats(-60, 60), st.floats(0.01, 100), st.booleans())
def test_si_sdr_is_the_ratio_of_the_orthogonal_error_at_any_gain_and_sign(
    seed: int, db: float, gain: float, flip: bool
) -> None:
    reference, noise = signals(seed)
    estimate = (-gain if flip else gain) * (reference + 10 ** (-db / 20) * noise)
    assert si_sdr(estimate=estimate, reference=reference) == pytest.approx(db, abs=1e-8)


@given(SEEDS, st.floats(-60, 60))
def test_sdr_is_the_signal_to_noise_ratio(seed: int, db: float) -> None:
    reference, noise = signals(seed)
    assert sdr(estimate=reference + 10 ** (-db / 20) * noise, reference=reference) == pytest.approx(db, abs=1e-8)


@given(SEEDS, st.floats(0.1, 10))
def test_a_wrong_gain_has_the_closed_form_of_each_ratio(seed: int, gain: float) -> None:
    reference, noise = signals(seed)
    estimate = gain * (reference + 0.1 * noise)
    error = (gain - 1) ** 2 + (0.1 * gain) ** 2
    assert sdr(estimate=estimate, reference=reference) == pytest.approx(-10 * np.log10(error), abs=1e-8)
    assert sd_sdr(estimate=estimate, reference=reference) == pytest.approx(10 * np.log10(gain**2 / error), abs=1e-8)
    assert si_sdr(estimate=estimate, reference=reference) == pytest.approx(20, abs=1e-8)


@given(SEEDS, st.floats(-15, 15))
def test_improvements_of_mixture_silence_and_target(seed: int, db: float) -> None:
    reference, noise = signals(seed)
    mixture = reference + 10 ** (-db / 20) * noise
    of_mixture = {"estimate": mixture, "reference": reference, "mixture": mixture}
    assert sdri(**of_mixture) == 0 and si_sdri(**of_mixture) == 0
    # Silence is paid what the mixture lacks: the reason why SDRi never stands alone.
    assert sdri(estimate=0 * mixture, reference=reference, mixture=mixture) == pytest.approx(-db, abs=1e-8)
    with pytest.raises(Undefined, match="the mixture is the target already"):
        sdri(estimate=mixture, reference=reference, mixture=reference)


def test_limits_are_limits() -> None:
    reference, noise = signals(1)
    assert sdr(estimate=reference, reference=reference) == np.inf
    assert si_sdr(estimate=0.5 * reference, reference=reference) == np.inf
    assert sdr(estimate=0 * reference, reference=reference) == 0
    assert si_sdr(estimate=noise, reference=reference) < -250
    assert sd_sdr(estimate=reference, reference=reference) == np.inf


def test_levels_do_not_matter_without_an_epsilon_and_do_with_one() -> None:
    reference, noise = signals(2)
    quiet = 4.5e-5 * reference
    estimate = quiet + 10 ** (-10 / 20) * 4.5e-5 * noise
    assert sdr(estimate=estimate, reference=quiet) == pytest.approx(10, abs=1e-8)
    # 10 log10(mean r² / 1e-10) is the recipe's ceiling: 13.06 dB here, so 10 dB still fits.
    assert sdr_audiosep(estimate=quiet, reference=quiet) == pytest.approx(
        10 * np.log10(np.mean(quiet**2) / 1e-10), abs=1e-9
    )


def test_paper_variants_answer_silence_as_their_code_does() -> None:
    reference, _ = signals(3)
    zero = np.zeros_like(reference)
    assert sdr_audiosep(estimate=zero, reference=reference) == 0
    assert si_sdr_audiosep(estimate=zero, reference=reference) == pytest.approx(0, abs=1e-6)
    assert si_sdr_codecsep(estimate=zero, reference=reference) == pytest.approx(-80, abs=1e-9)


def test_mean_is_kept_by_ours_and_removed_by_codecsep() -> None:
    reference, noise = signals(4, 16000)
    reference -= reference.mean()
    estimate = reference + 0.1 * noise + 0.5
    assert si_sdr_codecsep(estimate=estimate, reference=reference) == pytest.approx(20, abs=0.01)
    # The offset is orthogonal to the reference: error 0.01 + 0.25 of unit power.
    assert si_sdr(estimate=estimate, reference=reference) == pytest.approx(-10 * np.log10(0.26), abs=0.02)


@pytest.mark.parametrize("seed", [11, 12, 13])
@pytest.mark.parametrize("damage", ["noise", "filter", "delay", "quiet", "polarity"])
def test_512_taps_agree_with_mir_eval(seed: int, damage: str) -> None:
    reference, noise = signals(seed, 16000)
    coloured = np.convolve(reference, [1.0, 0.7, 0.2])[:16000]
    estimate = {
        "noise": coloured + noise,
        "filter": np.convolve(coloured, np.random.Generator(np.random.PCG64(seed)).standard_normal(300))[:16000]
        + noise,
        "delay": np.concatenate([np.zeros(100), coloured[:-100]]) + 0.3 * noise,
        "quiet": 1e-3 * (coloured + 0.1 * noise),
        "polarity": -coloured + 0.1 * noise,
    }[damage]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from mir_eval.separation import bss_eval_sources

        theirs = bss_eval_sources(coloured[None], estimate[None], compute_permutation=False)[0][0]
    assert sdr_bss512(estimate=estimate, reference=coloured) == pytest.approx(theirs, abs=1e-6)


@settings(deadline=None)
@given(SEEDS, st.floats(0.01, 100))
def test_512_taps_ignore_gain_and_short_filters(seed: int, gain: float) -> None:
    reference, noise = signals(seed, 3000)
    plain = sdr_bss512(estimate=reference + 0.3 * noise, reference=reference)
    assert sdr_bss512(estimate=-gain * (reference + 0.3 * noise), reference=reference) == pytest.approx(plain, abs=1e-6)
    reference[-20:] = 0
    assert sdr_bss512(estimate=np.convolve(reference, [0.5, -0.2, 0.1])[:3000], reference=reference) > 100


def test_512_taps_of_a_band_limited_sound_agree_with_the_exact_projection() -> None:
    import soxr

    rng = np.random.Generator(np.random.PCG64(5))
    reference = soxr.resample(rng.standard_normal(1500), 5000, 16000, quality="HQ")  # nothing above 2.5 kHz
    estimate = reference + 0.3 * rng.standard_normal(len(reference))
    delayed = np.zeros((len(reference) + 511, 512))
    for tap in range(512):
        delayed[tap : tap + len(reference), tap] = reference
    basis, _ = np.linalg.qr(delayed)
    padded = np.concatenate([estimate, np.zeros(511)])
    explained = np.sum((basis.T @ padded) ** 2) / np.sum(padded**2)
    exact = 10 * np.log10(explained / (1 - explained))
    assert sdr_bss512(estimate=estimate, reference=reference) == pytest.approx(exact, abs=1e-3)


def test_512_taps_of_a_pure_tone_have_an_answer() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    noise = np.random.Generator(np.random.PCG64(0)).standard_normal(16000)
    value = sdr_bss512(estimate=tone + 0.1 * noise, reference=tone)
    assert value == pytest.approx(10 * np.log10(0.5 / 0.01), abs=0.5)  # few of 512 tone-like taps fit the noise


@pytest.mark.parametrize("function", [sdr, si_sdr, sd_sdr, sdr_bss512, sdr_audiosep, si_sdr_audiosep, si_sdr_codecsep])
def test_what_cannot_be_compared_says_why(function: object) -> None:
    good = np.ones(1000)
    for estimate, reference, status in (
        (good, np.zeros(1000), "reference_silent"),
        (good, 1e-6 * good, "reference_silent"),
        (good[:-1], good, "length_mismatch"),
        (np.where(np.arange(1000) == 3, np.nan, good), good, "not_finite"),
        (good, np.where(np.arange(1000) == 3, np.inf, good), "not_finite"),
        (good[:0], good[:0], "too_short"),
    ):
        with pytest.raises(Undefined) as caught:
            function(estimate=estimate, reference=reference)  # type: ignore[operator]
        assert caught.value.status == status
    with pytest.raises(
        SepbenchError, match=r"estimate is not a mono floating-point signal: given shape \(10,\), dtype int16"
    ):
        function(estimate=np.ones(10, np.int16), reference=np.ones(10))  # type: ignore[operator]
