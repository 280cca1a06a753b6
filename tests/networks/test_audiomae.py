"""The masked autoencoder: its patches, what is hidden and what is shown, windows of its decoder's heads, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.audiomae import (  # noqa: E402
    AudioMae,
    AudioMaeDecoder,
    AudioMaeSize,
    Reconstruction,
    patches_of,
    spectrogram_of,
    windowed,
)
from sepbench.networks.hsm_tss_layers import Transformer, TransformerSize, grid_positions  # noqa: E402
from tests.networks.hsm_tss_small import SETTINGS, noise  # noqa: E402

PAPER = AudioMaeSize()
SIZE = replace(PAPER, **{**SETTINGS["audiomae"], "windows": (2, 0)})


def count(network: Any) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="module")
def pair() -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AudioMae(SIZE).eval(), AudioMaeDecoder(SIZE).eval()


def test_ten_seconds_are_512_patches() -> None:
    assert (PAPER.columns, PAPER.rows, PAPER.patches) == (64, 8, 512)
    assert PAPER.samples / PAPER.sample_rate == pytest.approx(10.24)


def test_parameters_follow_from_widths() -> None:
    """A layer: four square matrices and two of the feed-forward step with their biases, and two norms."""
    for width, inner in ((8, 24), (16, 32)):
        layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
        assert count(Transformer(TransformerSize(width, 3, 2, inner))) == 3 * layer + 2 * width
    with torch.device("meta"):
        vit_b, patch = Transformer(PAPER.encoder), 16 * 16 * 768 + 768
    # timm's ViT-B has 85,798,656 parameters without its head; its patch has 3 colours, and 197 positions are learned.
    assert count(vit_b) + 3 * patch - 2 * 768 + 198 * 768 == 85_798_656


def test_patches_are_numbered_by_column_and_put_back() -> None:
    spectrogram = noise(2, SIZE.frames, SIZE.bands)
    patches = patches_of(spectrogram, SIZE.patch)
    assert patches.shape == (2, 8, 256)
    assert torch.equal(patches[:, 3].reshape(2, 16, 16), spectrogram[:, 16:32, 16:32])  # second column, second row
    assert torch.equal(spectrogram_of(patches, SIZE), spectrogram)


def test_positions_tell_all_places_apart() -> None:
    places = grid_positions(64, 8, 768)[0]
    assert places.shape == (512, 768)
    assert torch.cdist(places, places).fill_diagonal_(9).min() > 0.5
    assert torch.equal(places[8 * 5 + 3, :384], places[8 * 5, :384])  # of one column
    assert torch.equal(places[8 * 5 + 3, 384:], places[3, 384:])  # of one row


def test_decibels_are_standardised_and_silence_fills_the_end(pair: Any) -> None:
    encoder, _ = pair
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(5120) / 16000)[None]
    spectrogram = encoder.spectrogram(tone)
    assert spectrogram.shape == (1, 64, 32)
    silent = (-100 - PAPER.mean_db) / PAPER.deviation_db
    assert spectrogram[0, 40:].unique().tolist() == pytest.approx([silent])
    louder = encoder.spectrogram(10 * tone)[0, :28].amax() - spectrogram[0, :28].amax()
    assert float(louder) == pytest.approx(20 / PAPER.deviation_db, rel=1e-3)
    with pytest.raises(SepbenchError, match="too long for the autoencoder: given 10241 samples; wanted 10240"):
        encoder.spectrogram(torch.zeros(1, 10241))


def test_all_patches_shown_in_any_order_are_the_features(pair: Any) -> None:
    encoder, _ = pair
    spectrogram, order = noise(1, 64, 32), torch.tensor([[5, 0, 7, 2, 4, 1, 6, 3]])
    assert (encoder.shown(spectrogram, order) - encoder(spectrogram)[:, order[0]]).abs().max() < 1e-5


def test_hidden_patches_are_neither_heard_nor_is_their_guess(pair: Any) -> None:
    encoder, decoder = pair
    spectrogram, chance = noise(1, 64, 32), torch.tensor([[0.1, 0.9, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4]])
    found = decoder(encoder, spectrogram, chance)
    assert found.hidden.tolist() == [[False, True, True, False, True, False, True, False]]
    patches = patches_of(spectrogram, 16)
    assert torch.equal(found.true, patches)
    other = torch.where(found.hidden[..., None], noise(1, 8, 256, seed=1), patches)
    assert torch.equal(decoder(encoder, spectrogram_of(other, SIZE), chance).guessed, found.guessed)
    shown = torch.where(found.hidden[..., None], patches, noise(1, 8, 256, seed=1))
    assert (decoder(encoder, spectrogram_of(shown, SIZE), chance).guessed - found.guessed).abs().max() > 1e-3


def test_only_hidden_patches_count() -> None:
    hidden = torch.tensor([[True, False, True, True]])
    true, offsets = torch.zeros(1, 4, 3), torch.tensor([1.0, 100.0, 2.0, 3.0])[None, :, None].expand(1, 4, 3)
    guessed = offsets.clone().requires_grad_()
    error = Reconstruction(guessed, true, hidden).error()
    assert error.item() == pytest.approx((1 + 4 + 9) / 3)
    error.backward()
    assert (guessed.grad.abs().sum(dim=-1) > 0).tolist() == hidden.tolist()


def test_heads_hear_their_windows_alone() -> None:
    heard = windowed((4, 0, 8), 16)
    assert heard.sum(dim=2)[:, 0].tolist() == [4, 16, 8]
    assert torch.equal(heard, heard.transpose(1, 2))
    assert windowed(PAPER.windows, PAPER.patches).shape == (PAPER.decoder_heads, 512, 512)
    assert all(PAPER.patches % window == 0 for window in PAPER.windows if window)


def test_nothing_is_fainter_than_the_floor() -> None:
    raised, waveform = replace(SIZE, floor_db=-50.0), 1e-4 * noise(1, SIZE.samples)
    waveform[:, : SIZE.samples // 2] = 0
    plain, cut = (AudioMae(size).spectrogram(waveform) for size in (SIZE, raised))
    floor = (-50.0 - SIZE.mean_db) / SIZE.deviation_db
    assert torch.equal(cut, plain.clamp_min(floor)) and float(plain.min()) < float(cut.min())
