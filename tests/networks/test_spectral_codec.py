"""The spectral codec: levels of known sounds, levels of what it makes of them, time, phases, silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from sepbench.networks.spectral_codec import LevelDecoder, LevelEncoder, SpectralCodecSize  # noqa: E402

SIZE = SpectralCodecSize(16000, window=512, hop=160, bands=32, stages=8)
SAMPLES = 16000


def noise(level: float = 0.1) -> torch.Tensor:
    return level * torch.randn(1, 1, SAMPLES, generator=torch.Generator().manual_seed(0))


def in_db(latent: torch.Tensor) -> torch.Tensor:
    return latent * SIZE.deviation_db + SIZE.mean_db


def test_frames_are_hops_and_zeros_fill_the_last() -> None:
    encoder = LevelEncoder(SIZE)
    assert [encoder(torch.zeros(2, 1, samples)).shape[-1] for samples in (320, 321, 16000)] == [2, 3, 100]
    assert LevelDecoder(SIZE)(torch.zeros(2, SIZE.bands, 7)).shape == (2, 1, 7 * SIZE.hop)


def test_a_gain_moves_every_level_by_its_decibels() -> None:
    encoder = LevelEncoder(SIZE)
    torch.testing.assert_close(in_db(encoder(noise(0.1))) - 20, in_db(encoder(noise(0.01))), atol=0.02, rtol=0)


def test_white_noise_has_the_level_of_its_power() -> None:
    found = in_db(LevelEncoder(SIZE)(noise()))[0, :, 2:-2]
    window_power = 0.375 * SIZE.window  # the sum of a squared Hann window
    filters = LevelEncoder(SIZE).logmel.bank.sum(dim=0)
    wanted = 10 * torch.log10(0.1**2 * window_power * filters)
    powers = 10 * torch.log10((10 ** (found / 10)).mean(dim=-1))
    assert float((powers - wanted).abs().max()) < 1.5  # 96 frames, which overlap


def test_what_is_made_anew_is_as_loud_in_every_band() -> None:
    encoder, decoder = LevelEncoder(SIZE), LevelDecoder(replace(SIZE, valley_db=0.0))
    tilted = torch.linspace(1.5, 0.0, SIZE.bands)[None, :, None].expand(1, -1, 200)
    again = encoder(decoder(tilted))[..., 2:-2]
    powers = 10 * torch.log10((10 ** (in_db(again) / 10)).mean(dim=-1))[0]
    off = powers - in_db(tilted)[0, :, 0]
    assert float(off.mean().abs()) < 0.3 and float(off.std()) < 0.5


def test_levels_alone_tell_the_sound_and_later_ones_change_nothing_before() -> None:
    decoder = LevelDecoder(SIZE)
    levels = LevelEncoder(SIZE)(noise())
    assert torch.equal(decoder(levels), decoder(levels))
    cut = 50 * SIZE.hop - SIZE.window
    torch.testing.assert_close(decoder(levels[..., :50])[..., :cut], decoder(levels)[..., :cut])


def test_silence_is_the_floor_and_is_made_silent() -> None:
    silent = LevelEncoder(SIZE)(torch.zeros(1, 1, SAMPLES))
    torch.testing.assert_close(in_db(silent), torch.full_like(silent, SIZE.floor_db))
    assert float(LevelDecoder(SIZE)(silent).abs().max()) == 0.0


def test_what_is_fainter_than_can_be_told_is_silent_band_by_band() -> None:
    half = torch.full((1, SIZE.bands, 50), (SIZE.silent_db - 1 - SIZE.mean_db) / SIZE.deviation_db)
    half[:, SIZE.bands // 2 :] = 1.0
    found = in_db(LevelEncoder(SIZE)(LevelDecoder(SIZE)(half)))[0]
    faint, loud = found[: SIZE.bands // 2 - 2, 2:-2], found[SIZE.bands // 2 + 2 :, 2:-2]
    assert float(faint.max()) < SIZE.silent_db - 10 and float(loud.mean()) > -20


def test_full_scale_is_not_exceeded() -> None:
    assert float(LevelDecoder(SIZE)(torch.full((1, SIZE.bands, 20), 4.0)).abs().max()) == 1.0
