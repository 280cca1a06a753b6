"""Fixtures of SDCodec and CodecSep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.parity.fixture import Array, Fixture
from tests.parity.listed import official
from tests.parity.seeded import array, tensor

if TYPE_CHECKING:
    import torch

    from sepbench.networks.codecsep import CodecSep
    from sepbench.networks.sdcodec import SdCodec

CODEC_SCALE = {
    r"block\.3\.parametrizations\.weight\.original0$": 0.2,
    r"^decoder\.model\.6\.parametrizations\.weight\.original0$": 0.1,
}
CODECSEP_SCALE = {**CODEC_SCALE, r"self_attn\.out_proj\.weight$": 0.3, r"ffn\.3\.weight$": 0.3}


def sdcodec(fixture: Fixture) -> dict[str, Array]:
    """Codes of every stem, with all code books and with four, and their waveforms."""
    import torch

    from sepbench.networks.sdcodec import TRACKS

    network, outputs = seeded_sdcodec(), {}
    for case in fixture.cases():
        audio = tensor(fixture[f"{case}audio"])[None, None]
        with torch.inference_mode():
            latent = network.encoder(audio)
            whole = [network.quantizer.of(track)(latent) for track in TRACKS]
            four = [network.quantizer.of(track)(latent, stages=4) for track in TRACKS]
            pairs = zip(TRACKS, whole, strict=True)
            decoded = [network.quantizer.of(track).from_codes(each.codes) for track, each in pairs]
            waves = _with_mixture(network, torch.cat([each.latent for each in whole]), audio)
        outputs |= {
            f"{case}latent": array(latent[0]),
            f"{case}zq": array(torch.cat([each.latent for each in whole])),
            f"{case}codes": array(torch.cat([each.codes for each in whole])),
            f"{case}proj": array(torch.cat([each.projected for each in whole])),
            f"{case}zq4": array(torch.cat([each.latent for each in four])),
            f"{case}codes4": array(torch.cat([each.codes for each in four])),
            f"{case}from_codes": array(torch.cat(decoded)),
            f"{case}wave": waves,
        }
    return outputs


def codecsep_one_text(fixture: Fixture) -> dict[str, Array]:
    """A text's track and all that it passes."""
    import torch

    network, outputs = seeded_codecsep(), {}
    for case in fixture.cases():
        audio = tensor(fixture[f"{case}audio"])[None, None]
        condition = tensor(fixture[f"{case}text_embedding"])[None]
        with torch.inference_mode():
            latent = network.encoder(audio)
            mask = network.mask(latent, condition)
            outputs |= {
                f"{case}latent": array(latent[0]),
                f"{case}mask": array(mask[0]),
                f"{case}masked": array((latent * mask)[0]),
                f"{case}wave": array(network(audio, condition)[0, 0]),
            }
    return outputs


def codecsep_three_texts(fixture: Fixture) -> dict[str, Array]:
    """All tracks, plain and as shares of the mixture's magnitude."""
    import torch

    from sepbench.networks.magnitude_shares import CODECSEP_SHARES, share_magnitudes
    from sepbench.networks.spectra import Spectra

    network, outputs = seeded_codecsep(), {}
    for case in fixture.cases():
        audio = tensor(fixture[f"{case}audio"])[None, None]
        conditions = tensor(fixture[f"{case}text_embeddings"])
        with torch.inference_mode():
            latent = network.encoder(audio)
            masks = torch.cat([network.mask(latent, condition[None]) for condition in conditions])
            tracks = _with_mixture(network, latent * masks, audio)
            shared = share_magnitudes(audio[0, 0], tensor(tracks[1:]), Spectra(CODECSEP_SHARES))
        whole_hops = audio.shape[-1] // CODECSEP_SHARES.hop * CODECSEP_SHARES.hop
        outputs |= {f"{case}three": tracks, f"{case}magnorm": array(shared)[:, :whole_hops]}
    return outputs


def codecsep_codes(fixture: Fixture) -> dict[str, Array]:
    """The mixture's codes to codes of all tracks."""
    import torch

    from sepbench.networks.codecsep_codes import mixture_latent, quantise_tracks, separate_codes

    network, quantisers, outputs = seeded_codecsep(), seeded_sdcodec().quantizer, {}
    for case in fixture.cases():
        audio = tensor(fixture[f"{case}audio"])[None, None]
        conditions = tensor(fixture[f"{case}text_embeddings"])
        with torch.inference_mode():
            given = quantise_tracks(network.encoder(audio).expand(3, -1, -1), quantisers).codes
            tracks = separate_codes(network, quantisers, given, conditions)
            outputs |= {
                f"{case}codes_in": array(given),
                f"{case}zq_mix": array(mixture_latent(given, quantisers)[0]),
                f"{case}codes_out": array(tracks.codes),
                f"{case}zq_out": array(tracks.latents),
                f"{case}wave": _with_mixture(network, tracks.latents, audio),
            }
    return outputs


def seeded_sdcodec() -> SdCodec:
    """SDCodec, filled as from its official file."""
    from sepbench.networks.sdcodec import SdCodec, load_sdcodec

    network = SdCodec()
    load_sdcodec(network, official("sdcodec", scale=CODEC_SCALE))
    return network


def seeded_codecsep() -> CodecSep:
    """CodecSep, filled as from its official file, the second copy of its transformer included."""
    from sepbench.networks.codecsep import CodecSep, load_codecsep

    network = CodecSep()
    tensors = official("codecsep", scale=CODECSEP_SCALE)
    first, second = "separator.block.", "transformer_encoder."
    tensors |= {second + key.removeprefix(first): tensors[key] for key in tensors if key.startswith(first)}
    load_codecsep(network, {**tensors, "separator.pos_enc.pe": network.separator.pos_enc.pe})
    return network


def _with_mixture(network: SdCodec | CodecSep, latents: torch.Tensor, audio: torch.Tensor) -> Array:
    """The waveform of the latents' sum, then that of each, ``(1 + tracks, time)``."""
    import torch

    waves = network.decoder(torch.cat([latents.sum(dim=0, keepdim=True), latents]))
    return array(waves[:, 0, : audio.shape[-1]])
