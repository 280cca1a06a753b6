"""Ideal masks: exact where the answer is known, complete where it has to add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sepbench.audio import Audio
from sepbench.metrics.waveform import si_sdr
from sepbench.separators.discovery import find_models
from sepbench.separators.masking import Transform, apply_mask
from sepbench.separators.runner import checked, open_runner
from sepbench.separators.separator import Estimate, Request

ORACLES = ("oracle-irm", "oracle-ibm", "oracle-wiener")
RATE = 16000


def ask(name: str, requests: Sequence[Request]) -> list[Audio]:
    (model,) = find_models([name])
    estimates: Sequence[Estimate] = open_runner(model, config=dict(model.config), device="cpu").separate(requests)
    return [estimate.audio for estimate in checked(requests, estimates)]


def request(wanted: np.ndarray, rest: np.ndarray, item: str = "m.0") -> Request:
    wanted, rest = wanted.astype(np.float32), rest.astype(np.float32)
    return Request(item, wanted + rest, RATE, "any", "extract", references=(wanted, rest))


def pair(seed: int, samples: int = 24001) -> tuple[np.ndarray, np.ndarray]:
    """Two noises with unlike spectra, one of them in bursts."""
    rng = np.random.Generator(np.random.PCG64(seed))
    low = np.convolve(rng.standard_normal(samples), np.ones(8) / 8, "same")
    high = np.diff(rng.standard_normal(samples + 1)) * (np.sin(np.arange(samples) / 2000) > 0)
    return 0.2 * low, 0.1 * high


@pytest.mark.parametrize("name", ORACLES)
def test_oracles_say_so(name: str) -> None:
    (model,) = find_models([name])
    assert model.file.paradigm == "oracle" and model.file.needs == ("references",) and model.native_removal


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("samples", [1, 10, 1023, 1024, 16001])
def test_target_alone_returns_the_mixture_and_absent_target_silence(name: str, samples: int) -> None:
    target, _ = pair(1, samples)
    alone, absent = ask(name, [request(target, 0 * target), request(0 * target, target)])
    np.testing.assert_allclose(alone, target, atol=1e-6)
    np.testing.assert_array_equal(absent, 0)


@pytest.mark.parametrize("name", ORACLES)
def test_silence_in_silence_out(name: str) -> None:
    (estimate,) = ask(name, [request(np.zeros(500), np.zeros(500))])
    np.testing.assert_array_equal(estimate, 0)


@pytest.mark.parametrize("name", ORACLES)
def test_tones_in_disjoint_bands_come_apart(name: str) -> None:
    time = np.arange(2 * RATE) / RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.2)  # a hard edge would spread over all bands
    low, high = np.sin(2 * np.pi * 440 * time) * fade, 0.3 * np.sin(2 * np.pi * 3100 * time) * fade
    for target, rest in ((low, high), (high, low)):
        (estimate,) = ask(name, [request(target, rest)])
        assert (
            si_sdr(estimate=estimate, reference=target)
            > {"oracle-irm": 30, "oracle-ibm": 40, "oracle-wiener": 40}[name]
        )


@pytest.mark.parametrize("name", ORACLES)
def test_sounds_that_follow_one_another_come_apart(name: str) -> None:
    noise, _ = pair(5, 3 * RATE)
    first, second = noise.copy(), noise.copy()
    first[RATE:], second[: 2 * RATE] = 0, 0
    (estimate,) = ask(name, [request(first, second)])
    np.testing.assert_allclose(estimate, first, atol=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_extraction_and_removal_sum_to_the_mixture(name: str) -> None:
    """The wanted signal of a removal is the rest, so swapped references are the removal's request."""
    target, rest = pair(2)
    wanted, remaining = ask(name, [request(target, rest), request(rest, target)])
    np.testing.assert_allclose(wanted.astype(np.float64) + remaining, target + rest, atol=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_two_runs_and_a_batch_agree(name: str) -> None:
    asked = [request(*pair(seed, 4000 + seed), item=f"m{seed}.0") for seed in range(3)]
    together = ask(name, asked)
    for one, estimate in zip(asked, together, strict=True):
        np.testing.assert_array_equal(ask(name, [one])[0], estimate)


def test_masks_are_the_published_formulas() -> None:
    target, rest = pair(3)
    asked = request(target, rest)
    transform = Transform.at(RATE)
    s, n = (np.abs(transform.forward(signal)) + 1e-200 for signal in asked.references)
    for name, mask in (
        ("oracle-irm", s / (s + n)),
        ("oracle-ibm", np.where(s > n, 1.0, 0.0)),
        ("oracle-wiener", s**2 / (s**2 + n**2)),
    ):
        np.testing.assert_allclose(ask(name, [asked])[0], apply_mask(asked.mixture, mask, transform), atol=1e-6)


def test_wiener_is_the_least_squares_one_of_the_soft_masks() -> None:
    scores: dict[str, list[float]] = {name: [] for name in ORACLES}
    for seed in range(4):
        target, rest = pair(seed)
        for name in ORACLES:
            (estimate,) = ask(name, [request(target, rest)])
            scores[name].append(
                si_sdr(estimate=estimate, reference=target) - si_sdr(estimate=target + rest, reference=target)
            )
    means = {name: float(np.mean(values)) for name, values in scores.items()}
    assert means["oracle-wiener"] > means["oracle-irm"] > 3
