"""Sparse sounds in long mixtures: where they are found to sound, and closed forms there and elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.errors import SepbenchError
from sepbench.metrics.intervals import (
    off_interval_level,
    on_interval_recall,
    on_interval_si_sdr,
    on_mask,
    seam_error,
)
from sepbench.metrics.measure import measure_sample
from sepbench.metrics.metric import Measurement, Sample, Undefined
from sepbench.metrics.registry import select
from sepbench.metrics.waveform import si_sdr

RATE = 16000
SECONDS = 10
NOISE = 0.1 * np.random.Generator(np.random.PCG64(41)).standard_normal(SECONDS * RATE)
OTHER = 0.1 * np.random.Generator(np.random.PCG64(42)).standard_normal(SECONDS * RATE)


def sounding(*spans: tuple[float, float]) -> np.ndarray:
    """Noise within the spans, in seconds, and zeros elsewhere."""
    inside = np.zeros(len(NOISE))
    for start, end in spans:
        inside[round(start * RATE) : round(end * RATE)] = 1
    return NOISE * inside


EVENTS = sounding((1, 2), (5, 7))
ON = EVENTS != 0
MIXTURE = EVENTS + OTHER


def test_on_is_where_it_sounds_pauses_under_half_a_second_counted_in() -> None:
    assert (on_mask(EVENTS, RATE) == ON).all()
    near, far = sounding((1, 2), (2.4, 3)), sounding((1, 2), (2.6, 3))
    assert on_mask(near, RATE).sum() == 2 * RATE and on_mask(far, RATE).sum() == round(1.4 * RATE)


def test_a_murmur_sixty_decibels_down_is_off_and_a_louder_one_is_on() -> None:
    for level, seconds in ((5e-4, 3), (2e-3, 10)):
        assert on_mask(np.where(ON, NOISE, level * NOISE), RATE).sum() == pytest.approx(seconds * RATE, abs=0.05 * RATE)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100])
@pytest.mark.parametrize("extra", [0, 1, 7])
def test_every_sample_belongs_to_a_frame_at_any_rate_and_length(rate: int, extra: int) -> None:
    signal = np.ones(rate // 10 + extra)
    assert on_mask(signal, rate).all() and len(on_mask(signal, rate)) == len(signal)
    assert on_mask(signal[:5], rate).all()


def test_off_level_hears_only_what_leaks_between_events() -> None:
    leak = np.where(ON, 0, 0.1 * MIXTURE)
    for estimate, level in ((EVENTS + leak, -20), (100 * EVENTS + leak, -20), (EVENTS, -100), (MIXTURE, 0)):
        found = off_interval_level(estimate=estimate, reference=EVENTS, mixture=MIXTURE, sample_rate=RATE)
        assert found == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize(("reference", "mixture"), [(NOISE, NOISE + OTHER), (EVENTS, EVENTS)])
def test_off_level_needs_a_pause_with_something_to_leak(reference: np.ndarray, mixture: np.ndarray) -> None:
    with pytest.raises(Undefined) as caught:
        off_interval_level(estimate=NOISE, reference=reference, mixture=mixture, sample_rate=RATE)
    assert caught.value.status == "not_applicable"


def test_on_sdr_is_that_of_the_events_joined_and_deaf_to_the_rest() -> None:
    estimate = EVENTS + 0.1 * OTHER
    wanted = si_sdr(estimate=estimate[ON], reference=EVENTS[ON])
    for leak in (0.0, 5.0):
        found = on_interval_si_sdr(estimate=np.where(ON, estimate, leak * OTHER), reference=EVENTS, sample_rate=RATE)
        assert found == pytest.approx(wanted, abs=1e-9)
    with pytest.raises(Undefined) as caught:
        on_interval_si_sdr(estimate=np.where(ON, 0, OTHER), reference=EVENTS, sample_rate=RATE)
    assert caught.value.status == "estimate_silent"


@pytest.mark.parametrize(
    ("first", "second", "share"), [(1, 1, 1), (0, 1, 0.5), (0.101, 0.099, 0.5), (0.099, 0.099, 0), (-9, 1, 1)]
)
def test_an_event_is_found_within_20_db(first: float, second: float, share: float) -> None:
    gains = np.where(np.arange(len(NOISE)) < 3 * RATE, first, second)
    assert on_interval_recall(estimate=gains * EVENTS, reference=EVENTS, sample_rate=RATE) == share


def test_seams_are_compared_with_what_lies_between_them() -> None:
    at_seams = np.zeros(len(NOISE), dtype=bool)
    for second in (2, 4, 6, 8):
        at_seams[second * RATE - 800 : second * RATE + 800] = True
    error = np.where(at_seams, 0.3, 0.03)
    for scale, found in ((error, 20.0), (0.1 + 0 * error, 0.0)):
        value = seam_error(estimate=NOISE + scale, reference=NOISE, sample_rate=RATE, chunk_seconds=2.0)
        assert value == pytest.approx(found, abs=1e-9)
    # Chunks of another length see the same clicks as well between their seams as at them.
    elsewhere = seam_error(estimate=NOISE + error, reference=NOISE, sample_rate=RATE, chunk_seconds=3.0)
    assert elsewhere < 10


@pytest.mark.parametrize("chunk", [10.0, 60.0, np.inf, 0.08, 1e-12])
def test_a_mixture_without_seams_or_of_nothing_else_has_no_error_at_them(chunk: float) -> None:
    with pytest.raises(Undefined) as caught:
        seam_error(estimate=NOISE + 0.1, reference=NOISE, sample_rate=RATE, chunk_seconds=chunk)
    assert caught.value.status == "not_applicable"


@pytest.mark.parametrize("chunk", [0.0, -1.0, np.nan])
def test_a_chunk_has_a_length(chunk: float) -> None:
    with pytest.raises(SepbenchError, match=r"length of a chunk: given .* s; wanted over 0 s"):
        seam_error(estimate=NOISE + 0.1, reference=NOISE, sample_rate=RATE, chunk_seconds=chunk)


def test_the_metrics_say_why_they_have_no_value() -> None:
    chosen = select(["seam_error", "off_interval_level", "on_interval_si_sdr", "on_interval_recall_rate"])
    sample = Sample(EVENTS, EVENTS, RATE, mixture=MIXTURE)
    found = measure_sample(sample, chosen)
    assert found["seam_error"] == Measurement(None, "not_applicable")  # nobody said that it hears in chunks
    assert found["on_interval_si_sdr"] == Measurement(None, "perfect")
    assert found["on_interval_recall_rate"] == Measurement(1.0, "ok")
    chunked = measure_sample(Sample(EVENTS, EVENTS, RATE, mixture=MIXTURE, chunk_seconds=2.0), chosen)
    assert chunked["seam_error"] == Measurement(None, "perfect")
    silent = measure_sample(Sample(EVENTS, 0 * EVENTS, RATE, mixture=MIXTURE), chosen)
    assert {one.status for one in silent.values()} == {"reference_silent"}
