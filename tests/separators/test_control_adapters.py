"""Mixture, silence and matched noise: what each returns, to the sample."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest

from sepbench.separators.discovery import find_models
from sepbench.separators.runner import Runner, checked, open_runner
from sepbench.separators.separator import Estimate, Request

CONTROLS = ("mixture", "silence", "noise-matched")


def runner(name: str) -> Runner:
    (model,) = find_models([name])
    return open_runner(model, config=dict(model.config), device="cpu")


def ask(name: str, requests: Sequence[Request]) -> Sequence[Estimate]:
    return checked(requests, runner(name).separate(requests))


def requests(*lengths: int) -> list[Request]:
    rng = np.random.Generator(np.random.PCG64(11))
    return [
        Request(f"m{i}.0", (0.2 * rng.standard_normal(n)).astype(np.float32), 32000, "dog", "extract")
        for i, n in enumerate(lengths)
    ]


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_say_so_and_remove_by_themselves(name: str) -> None:
    (model,) = find_models([name])
    assert model.file.paradigm == "control" and model.native_removal and not model.file.needs
    assert model.file.sample_rate is None and model.file.deterministic


@pytest.mark.parametrize("name", CONTROLS)
def test_every_length_and_silence_give_finite_audio_of_the_same_length(name: str) -> None:
    asked = [*requests(1, 10, 4097, 32000), Request("s.0", np.zeros(999, np.float32), 8000, "", "remove")]
    for request, estimate in zip(asked, ask(name, asked), strict=True):
        assert estimate.audio.shape == request.mixture.shape and estimate.sample_rate == request.sample_rate
        assert np.isfinite(estimate.audio).all()


def test_mixture_is_the_mixture_and_silence_is_zero() -> None:
    asked = requests(10, 3001)
    for request, kept, gone in zip(asked, ask("mixture", asked), ask("silence", asked), strict=True):
        np.testing.assert_array_equal(kept.audio, request.mixture)
        assert not gone.audio.any()


def test_noise_is_white_gaussian_and_as_loud_as_the_mixture() -> None:
    (asked,) = requests(160_000)
    (estimate,) = ask("noise-matched", [asked])
    level = np.sqrt(np.mean(np.square(estimate.audio, dtype=np.float64)))
    assert level == pytest.approx(np.sqrt(np.mean(np.square(asked.mixture, dtype=np.float64))), rel=0.01)
    noise, bound = estimate.audio / level, 4 / np.sqrt(160_000)
    assert abs(np.mean(noise[1:] * noise[:-1])) < bound  # white: neighbours do not correlate
    assert np.mean(noise**4) == pytest.approx(3, abs=0.1)  # Gaussian: kurtosis 3
    assert abs(np.mean(noise * asked.mixture)) < 0.2 * bound  # nothing of the mixture in it


def test_noise_follows_the_item_and_nothing_else() -> None:
    first, second = requests(5000, 5000)
    together = ask("noise-matched", [first, second])
    alone = ask("noise-matched", [second])
    np.testing.assert_array_equal(together[1].audio, alone[0].audio)
    assert np.abs(np.corrcoef(together[0].audio, together[1].audio)[0, 1]) < 0.1


def test_noise_is_that_of_the_hash_of_the_items_name() -> None:
    """Any implementation of PCG64 and sha256 gives these samples, so estimates agree between machines."""
    (asked,) = requests(5000)
    seed = int.from_bytes(hashlib.sha256(asked.item.encode()).digest()[:16], "little")
    expected = np.random.Generator(np.random.PCG64(seed)).standard_normal(5000)
    (estimate,) = ask("noise-matched", [asked])
    assert np.corrcoef(estimate.audio, expected)[0, 1] == pytest.approx(1, abs=1e-9)


def test_noise_for_a_silent_mixture_is_silence() -> None:
    assert not ask("noise-matched", [Request("s.0", np.zeros(100, np.float32), 16000, "", "extract")])[0].audio.any()
