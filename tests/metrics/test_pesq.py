"""PESQ: what the package rates, what it refuses, and which items it is asked about."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from sepbench import measure
from sepbench.errors import SepbenchError
from sepbench.metrics.metric import Undefined
from sepbench.metrics.pesq import pesq_wb
from tests.metrics.speech_like import speech_like, with_noise

RATE = 16000
SPEECH = speech_like(RATE, 3)


def test_ratings_of_noise() -> None:
    pytest.importorskip("pesq")
    rated = [pesq_wb(estimate=one, reference=SPEECH, sample_rate=RATE) for one in (SPEECH, with_noise(SPEECH, 10))]
    assert rated == pytest.approx([4.644, 1.255], abs=0.002)  # 4.644 is the end of P.862.2's mapping


def test_gain_does_not_count() -> None:
    pytest.importorskip("pesq")
    noisy = with_noise(SPEECH, 20)
    plain = pesq_wb(estimate=noisy, reference=SPEECH, sample_rate=RATE)
    assert pesq_wb(estimate=0.01 * noisy, reference=SPEECH, sample_rate=RATE) == pytest.approx(plain, abs=0.01)


def test_too_little_speech_is_no_rating() -> None:
    pytest.importorskip("pesq")
    burst = np.zeros(5 * RATE)
    burst[RATE : RATE + RATE // 20] = SPEECH[:800]
    for reference in (SPEECH[: RATE // 5], burst):
        with pytest.raises(Undefined) as caught:
            pesq_wb(estimate=reference, reference=reference, sample_rate=RATE)
        assert caught.value.status == "too_short"


def test_what_cannot_be_rated_is_said() -> None:
    for estimate, reference, status in (
        (SPEECH, 0 * SPEECH, "reference_silent"),
        (0 * SPEECH, SPEECH, "estimate_silent"),  # the package: NaN to integer
        (SPEECH[:-1], SPEECH, "length_mismatch"),
    ):
        with pytest.raises(Undefined) as caught:
            pesq_wb(estimate=estimate, reference=reference, sample_rate=RATE)
        assert caught.value.status == status
    with pytest.raises(SepbenchError, match="wanted 16000 Hz"):
        pesq_wb(estimate=SPEECH, reference=SPEECH, sample_rate=8000)


def test_without_the_package_there_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(Undefined, match=r'pesq is not installed \(pip install "sepbench\[pesq\]"\)') as caught:
        pesq_wb(estimate=SPEECH, reference=SPEECH, sample_rate=RATE)
    assert caught.value.status == "unavailable"


@pytest.mark.parametrize(
    ("query", "asked"), [("a woman speaking", True), (None, True), ("dog bark", False), ("speechless choir", False)]
)
def test_only_queries_for_speech_are_rated(query: str | None, asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    found = measure(estimate=SPEECH, reference=SPEECH, sample_rate=RATE, metrics=["pesq_wb"], query=query)
    assert found["pesq_wb"].status == ("unavailable" if asked else "not_applicable")
