"""A codec whose encoder begins as a transform: what is kept, what a synthesis gives back, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from recipes.codecsep.codec_beginning import LATENT_GAIN, begin_codec, transform  # noqa: E402
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
def test_quiet_audio_comes_back_where_the_synthesis_is_the_transform_s_transpose(size: CodecSize) -> None:
    encoder, decoder = begun(size)
    last, first = encoder.block[-1], decoder.model[0]
    with torch.no_grad():  # a frame is heard from itself (tap 1) and the one before (tap 0), and given back to both
        first.weight[: size.hop].zero_()
        for tap, centre in ((0, 4), (1, 3)):
            first.weight[: size.hop, : size.hop, centre] = last.weight[: size.hop, : size.hop, tap].t() / LATENT_GAIN**2
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
