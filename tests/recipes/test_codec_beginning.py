"""A codec that begins as a transform: what it gives back, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from recipes.training.codec_beginning import LATENT_GAIN, begin_codec, transform  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402
from sepbench.networks.dac import CodecSize, Decoder, Encoder  # noqa: E402

SIZE = CodecSize(16000, (2, 4, 4), stages=2, encoder_width=4, decoder_width=32, half_stride="floor")


def begun(size: CodecSize) -> tuple[Encoder, Decoder]:
    torch.manual_seed(0)
    encoder, decoder = Encoder(size), Decoder(size)
    begin_codec(encoder, decoder, size)
    return encoder, decoder


def test_frames_that_overlap_by_half_are_orthonormal() -> None:
    basis = transform(16)
    assert torch.allclose(basis @ basis.t(), torch.eye(16), atol=1e-5)
    assert torch.allclose(basis[:, 16:] @ basis[:, :16].t(), torch.zeros(16, 16), atol=1e-5)


@pytest.mark.parametrize("size", [SIZE, replace(SIZE, encoder_width=8, decoder_width=64, half_stride="ceil")])
def test_quiet_audio_comes_back(size: CodecSize) -> None:
    encoder, decoder = begun(size)
    audio = 0.02 * torch.randn(1, 1, 3200, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        error = decoder(encoder(audio))[..., : audio.shape[-1]] - audio
    inner = slice(size.hop, -size.hop)  # a frame before the first one would be wanted at the ends
    ratio = audio[..., inner].square().sum() / error[..., inner].square().sum()
    assert 10 * float(ratio.log10()) > 50


def test_energies_of_latents_are_those_of_the_audio() -> None:
    encoder, _ = begun(SIZE)
    audio = torch.zeros(1, 1, 3200)
    audio[..., 800:2400] = 0.02 * torch.randn(1600, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        latent = encoder(audio) / LATENT_GAIN
    assert float(latent.square().sum()) == pytest.approx(float(audio.square().sum()), rel=5e-3)


def test_too_few_channels_are_refused() -> None:
    narrow = replace(SIZE, encoder_width=2)
    with pytest.raises(SepbenchError, match="too narrow"):
        begin_codec(Encoder(narrow), Decoder(narrow), narrow)
