"""STOI and ESTOI against pystoi on other signals and rates, and where we answer with a status instead."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pystoi import stoi as original

from sepbench.metrics.intelligibility import estoi, stoi, stoi_eventsep
from sepbench.metrics.metric import Undefined


def speech_like(seed: int, rate: int, seconds: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Noise in syllables with a long pause, and a noisy copy of it."""
    rng = np.random.Generator(np.random.PCG64(seed))
    samples = round(seconds * rate) + int(rng.integers(0, 500))
    reference = rng.standard_normal(samples) * (1.05 + np.sin(2 * np.pi * 3 * np.arange(samples) / rate))
    reference[samples // 3 : samples // 2] *= 1e-5
    return reference, reference + 10 ** rng.uniform(-1.5, 0.5) * rng.standard_normal(samples)


@pytest.mark.parametrize("rate", [8000, 10000, 16000, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_pystoi_at_every_rate(rate: int, seed: int) -> None:
    reference, estimate = speech_like(seed, rate)
    ours = {"estimate": estimate, "reference": reference, "sample_rate": rate}
    assert stoi(**ours) == pytest.approx(original(reference, estimate, rate), abs=1e-12)
    assert estoi(**ours) == pytest.approx(original(reference, estimate, rate, extended=True), abs=1e-9)
    assert stoi_eventsep(**ours) == stoi(**ours)


@pytest.mark.parametrize("samples", [257, 300, 384, 385, *range(4080, 4100), 4200, 4225, 4226, 5000, 8000])
def test_too_little_speech_begins_where_pystoi_answers_its_sentinel(samples: int) -> None:
    noise = np.random.Generator(np.random.PCG64(samples)).standard_normal(samples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        theirs = original(noise, noise, 10000)
    ours = {"estimate": noise, "reference": noise, "sample_rate": 10000}
    assert stoi_eventsep(**ours) == pytest.approx(theirs, abs=1e-12)
    if theirs == 1e-5:
        with pytest.raises(Undefined) as caught:
            stoi(**ours)
        assert caught.value.status == "too_short"
    else:
        assert stoi(**ours) == pytest.approx(1, abs=1e-12)


def test_no_frame_is_where_pystoi_fails() -> None:
    noise = np.random.Generator(np.random.PCG64(2)).standard_normal(256)
    with pytest.raises(np.exceptions.AxisError):
        original(noise, noise, 10000)
    with pytest.raises(Undefined) as caught:
        stoi_eventsep(estimate=noise, reference=noise, sample_rate=10000)
    assert caught.value.status == "too_short"


def test_one_burst_in_a_long_silence_is_too_little() -> None:
    reference = np.zeros(50000)
    reference[20000:23000] = np.random.Generator(np.random.PCG64(1)).standard_normal(3000)
    with pytest.raises(Undefined, match="active frames of 30"):
        stoi(estimate=reference, reference=reference, sample_rate=10000)


def test_gain_and_polarity_do_not_matter_and_the_order_of_arguments_does() -> None:
    reference, estimate = speech_like(7, 16000)
    plain = stoi(estimate=estimate, reference=reference, sample_rate=16000)
    assert stoi(estimate=-0.01 * estimate, reference=30 * reference, sample_rate=16000) == pytest.approx(
        plain, abs=1e-9
    )
    assert abs(stoi(estimate=reference, reference=estimate, sample_rate=16000) - plain) > 0.01


def test_bands_without_sound_add_nothing_and_no_randomness() -> None:
    t = np.arange(40000) / 10000
    tone = np.sin(2 * np.pi * 1000 * t) * (1.1 + np.sin(2 * np.pi * 2 * t))
    values = set()
    for seed in range(3):
        np.random.seed(seed)
        values.add(estoi(estimate=0.5 * tone, reference=tone, sample_rate=10000))
    assert len(values) == 1
