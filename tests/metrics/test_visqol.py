"""ViSQOL: what the package rates, and what it must not be asked. Values are those of visqol-python 3.8.0."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from sepbench import measure
from sepbench.errors import SepbenchError
from sepbench.metrics.metric import Undefined
from sepbench.metrics.visqol import _opened, visqol_audio48, visqol_speech16_lattice, visqol_speech16_poly
from tests.metrics.speech_like import speech_like, with_noise

Rating = Callable[..., float]
ALL = [(visqol_audio48, 48000, 0.96), (visqol_speech16_lattice, 16000, 0.64), (visqol_speech16_poly, 16000, 0.64)]
# Of three seconds of `speech_like`: identical, and with white noise at 20, 10 and 0 dB.
RATINGS = {
    visqol_audio48: (4.7321, 3.146, 3.098, 3.553),  # worse noise may rate higher
    visqol_speech16_lattice: (4.2116, 1.0, 1.0, 1.0),
    visqol_speech16_poly: (5.0, 2.432, 2.009, 2.031),
}


@pytest.mark.parametrize(("function", "rate", "seconds"), ALL)
def test_ratings_of_noise(function: Rating, rate: int, seconds: float) -> None:
    pytest.importorskip("visqol")
    pytest.importorskip("ai_edge_litert")
    reference = speech_like(rate, 3)
    estimates = [reference, *(with_noise(reference, snr) for snr in (20, 10, 0))]
    rated = [function(estimate=one, reference=reference, sample_rate=rate) for one in estimates]
    assert rated == pytest.approx(RATINGS[function], abs=0.02)


@pytest.mark.parametrize(("function", "rate", "seconds"), ALL)
def test_level_and_delay_hardly_count(function: Rating, rate: int, seconds: float) -> None:
    pytest.importorskip("visqol")
    pytest.importorskip("ai_edge_litert")
    reference = speech_like(rate, 3)
    late = np.concatenate([np.zeros(rate // 10), reference[: -rate // 10]])
    for estimate in (0.25 * reference, late):
        rating = function(estimate=estimate, reference=reference, sample_rate=rate)
        assert rating == pytest.approx(RATINGS[function][0], abs=0.15)


@pytest.mark.parametrize(("function", "rate", "seconds"), ALL)
def test_the_shortest_signal_is_rated_and_one_sample_less_is_not(function: Rating, rate: int, seconds: float) -> None:
    pytest.importorskip("visqol")
    pytest.importorskip("ai_edge_litert")
    shortest = speech_like(rate, 2)[: round(seconds * rate)]
    assert 3.9 < function(estimate=shortest, reference=shortest, sample_rate=rate) <= 5
    with pytest.raises(Undefined) as caught:
        function(estimate=shortest[:-1], reference=shortest[:-1], sample_rate=rate)
    assert caught.value.status == "too_short"


@pytest.mark.parametrize(("function", "rate", "seconds"), ALL)
def test_what_the_package_would_rate_and_should_not(function: Rating, rate: int, seconds: float) -> None:
    noise = 0.1 * np.random.Generator(np.random.PCG64(0)).standard_normal(2 * rate)
    for estimate, reference, status in (
        (noise, 0 * noise, "reference_silent"),  # the package: its maximum
        (0 * noise, noise, "estimate_silent"),  # NaN
        (noise[:-1], noise, "length_mismatch"),
        (np.where(np.arange(len(noise)) == 5, np.nan, noise), noise, "not_finite"),
    ):
        with pytest.raises(Undefined) as caught:
            function(estimate=estimate, reference=reference, sample_rate=rate)
        assert caught.value.status == status
    with pytest.raises(SepbenchError, match=f"wanted {rate} Hz"):
        function(estimate=noise, reference=noise, sample_rate=32000)


def test_audio_mode_takes_suites_of_lower_rates_and_says_so() -> None:
    pytest.importorskip("visqol")
    reference = speech_like(16000, 2)
    scores = measure(
        estimate=with_noise(reference, 20), reference=reference, sample_rate=16000, metrics=["visqol_audio48"]
    )
    full_band = visqol_audio48(
        estimate=with_noise(speech_like(48000, 2), 20), reference=speech_like(48000, 2), sample_rate=48000
    )
    value = scores["visqol_audio48"].value
    assert value is not None and 1 < full_band < value < 4.7


def test_speech_mode_takes_none() -> None:
    reference = speech_like(8000, 2)
    names = ["visqol_speech16_lattice", "visqol_speech16_poly"]
    scores = measure(estimate=reference, reference=reference, sample_rate=8000, metrics=names)
    assert {score.status for score in scores.values()} == {"not_applicable"}


@pytest.mark.parametrize(("function", "rate", "seconds"), ALL)
def test_without_the_package_there_is_no_number(
    function: Rating, rate: int, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    _opened.cache_clear()
    monkeypatch.setitem(sys.modules, "visqol", None)
    reference = speech_like(rate, 1)
    with pytest.raises(Undefined, match=r'visqol is not installed \(pip install "sepbench\[visqol\]"\)') as caught:
        function(estimate=reference, reference=reference, sample_rate=rate)
    assert caught.value.status == "unavailable"


def test_without_the_lattice_the_polynomial_does_not_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("visqol")
    _opened.cache_clear()
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    reference = speech_like(16000, 1)
    with pytest.raises(Undefined, match="ai-edge-litert is not installed") as caught:
        visqol_speech16_lattice(estimate=reference, reference=reference, sample_rate=16000)
    assert caught.value.status == "unavailable"
    assert visqol_speech16_poly(estimate=reference, reference=reference, sample_rate=16000) == pytest.approx(5)
    _opened.cache_clear()
