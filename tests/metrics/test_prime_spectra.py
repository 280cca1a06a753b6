"""Frames of a prime length: against the usual transform, and what a frame must not learn of its neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.metrics.lsd import lsd_ssr_eval
from sepbench.metrics.mel import hann, power_blocks
from sepbench.metrics.prime_spectra import fits, powers

WINDOWS = (743, 1486)


def frames(window: int, count: int = 9) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(3)).standard_normal((count, window))


def usual(weighted: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.rfft(weighted, axis=1)) ** 2


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("count", [0, 1, 2, 44])
def test_powers_are_those_of_the_usual_transform(window: int, count: int) -> None:
    given = frames(window, count)
    found, expected = powers(given), usual(given)
    assert found.shape == expected.shape
    assert (np.abs(found - expected) <= 1e-14 * expected.max(axis=1, keepdims=True)).all()


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("number", [0, 1, 2, 52, 53, 370, 371])
def test_a_cosine_is_in_its_bin_alone(window: int, number: int) -> None:
    cosine = np.cos(2 * np.pi * number * np.arange(window) / window + 0.4)
    expected = np.zeros(window // 2 + 1)
    expected[number] = (window * np.cos(0.4)) ** 2 if number == 0 else (window / 2) ** 2
    np.testing.assert_allclose(powers(cosine[None])[0], expected, rtol=1e-12, atol=1e-18 * window**2)


@pytest.mark.parametrize("window", WINDOWS)
def test_no_frame_hears_another(window: int) -> None:
    given = frames(window)
    given[2], given[4], given[6] = 0, 1e-9 * given[4], 1e9 * given[6]
    found, expected = powers(given), usual(given)
    assert (found[2] == 0).all()
    error = np.abs(np.sqrt(found) - np.sqrt(expected)).max(axis=1)
    assert (error <= 1e-14 * np.sqrt(expected.max(axis=1))).all()


def test_only_those_lengths_fit() -> None:
    assert [window for window in range(1, 5000) if fits(window)] == list(WINDOWS)


@pytest.mark.parametrize(("rate", "window"), [(16000, 743), (32000, 1486)])
def test_distance_is_the_formula_over_the_usual_transform(rate: int, window: int) -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    reference = rng.standard_normal(rate) * (np.arange(rate) % 4000 < 3000)  # some frames hold nothing at all
    estimate = 0.3 * np.convolve(reference, [1.0, 0.9, 0.4], "same") + 1e-3 * rng.standard_normal(rate)

    def spectrum(signal: np.ndarray) -> np.ndarray:
        cut = np.lib.stride_tricks.sliding_window_view(np.pad(signal, window // 2), window)[:: rate // 100]
        return np.sqrt(usual(cut * hann(window)))

    ratio = spectrum(reference) ** 2 / (spectrum(estimate) + 1e-12) ** 2 + 1e-12
    expected = np.mean(np.sqrt(np.mean(np.log10(ratio) ** 2, axis=1)))
    found = lsd_ssr_eval(estimate=estimate, reference=reference, sample_rate=rate)
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_constant_is_left_to_the_usual_transform() -> None:
    # What is beyond its first two bins is rounding, which published scores depend on: to the last bit, not nearly.
    signal = np.concatenate([np.full(5000, 0.3), frames(743, 4).ravel()])
    found = np.concatenate(list(power_blocks(signal, window=743, hop=160, padding="constant")))
    within = slice(3, 28)  # frames that end before the noise begins
    np.testing.assert_allclose(found[within], np.tile(found[3], (25, 1)), rtol=0, atol=0)
    spectrum = np.fft.rfft(0.3 * hann(743))
    np.testing.assert_array_equal(found[3], spectrum.real**2 + spectrum.imag**2)
