"""The transform gives every sample back, and masks add up."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.separators.masking import OVERLAP, Transform, apply_mask


@pytest.mark.parametrize("samples", [1, 2, 10, 511, 512, 2047, 2048, 2049, 32001])
@pytest.mark.parametrize("transform", [Transform.at(32000), Transform.at(11025), Transform(4), Transform(300)])
def test_untouched_spectrum_gives_the_samples_back(
    samples: int, transform: Transform, rng: np.random.Generator
) -> None:
    audio = rng.uniform(-1, 1, samples).astype(np.float32)
    spectrum = transform.forward(audio)
    assert spectrum.dtype == np.complex128 and spectrum.shape[1] == transform.window // 2 + 1
    back = transform.inverse(spectrum, samples)
    assert back.dtype == np.float32 and back.shape == (samples,)
    np.testing.assert_allclose(back, audio, atol=1e-6)


@pytest.mark.parametrize("sample_rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000])
def test_any_rate_gets_a_window_of_64_ms_that_its_hop_divides(sample_rate: int) -> None:
    transform = Transform.at(sample_rate)
    assert transform.window == OVERLAP * transform.hop
    assert abs(transform.window / sample_rate - 0.064) <= OVERLAP / 2 / sample_rate


def test_a_bin_holds_the_tone_of_its_frequency() -> None:
    """A tone of amplitude 1 in the middle of bin 64 has the magnitude sum(window) / 2 there: 1024 / 4."""
    tone = np.cos(2 * np.pi * 64 * np.arange(8192) / 1024).astype(np.float32)
    magnitudes = np.abs(Transform(1024).forward(tone))[10]
    assert magnitudes.argmax() == 64
    assert magnitudes[64] == pytest.approx(256, rel=1e-6)


def test_energy_is_kept(rng: np.random.Generator) -> None:
    """Parseval, with the Hann window's mean square 3/8 and four windows over each sample."""
    audio = rng.standard_normal(4096).astype(np.float32)
    power = np.abs(Transform(256).forward(audio)) ** 2
    once_or_twice = np.full(129, 2.0)
    once_or_twice[[0, -1]] = 1.0
    energy = (power @ once_or_twice).sum() / 256 / (OVERLAP * 3 / 8)
    assert energy == pytest.approx(np.sum(np.square(audio, dtype=np.float64)), rel=1e-9)


def test_a_mask_and_its_complement_add_up_to_the_mixture(rng: np.random.Generator) -> None:
    mixture = rng.uniform(-1, 1, 5001).astype(np.float32)
    transform = Transform.at(16000)
    mask = rng.uniform(0, 1, transform.forward(mixture).shape)
    both = apply_mask(mixture, mask, transform).astype(np.float64) + apply_mask(mixture, 1 - mask, transform)
    np.testing.assert_allclose(both, mixture, atol=1e-6)


def test_a_mask_of_bands_is_a_filter() -> None:
    """Two tones that share no bin: a mask that is 1 below 1 kHz keeps the lower and 40 dB less of the upper."""
    time = np.arange(16000) / 16000
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.2)
    low, high = (np.sin(2 * np.pi * f * time) * fade for f in (440, 3100))
    transform = Transform.at(16000)
    mixture = (low + high).astype(np.float32)
    mask = np.zeros(transform.forward(mixture).shape)
    mask[:, :64] = 1
    error = apply_mask(mixture, mask, transform) - low
    assert 10 * np.log10(np.sum(low**2) / np.sum(error**2)) > 40
