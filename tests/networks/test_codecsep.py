"""CodecSep: the official keys, invariants of the masker, shares of magnitude, codes to codes, refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from sepbench.networks.clap_text import ClapText, TextSize  # noqa: E402
from sepbench.networks.codecsep import TEXT_PREFIX, CodecSep, embed_prompts, load_codecsep, split_weights  # noqa: E402
from sepbench.networks.codecsep_codes import mixture_latent, quantise_tracks, separate_codes  # noqa: E402
from sepbench.networks.dac import SDCODEC_16K  # noqa: E402
from sepbench.networks.latent_masker import MaskerSize  # noqa: E402
from sepbench.networks.magnitude_shares import CODECSEP_SHARES, share_magnitudes  # noqa: E402
from sepbench.networks.sdcodec import TrackQuantisers  # noqa: E402
from sepbench.networks.spectra import Spectra  # noqa: E402
from sepbench.networks.state_dict import load_weights  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

CODEC = replace(SDCODEC_16K, encoder_width=2, decoder_width=32, stages=2)
MASKER = MaskerSize(channels=32, width=16, layers=2, heads=2, feed_forward=32)
TABLE = "separator.pos_enc.pe"
FIRST, SECOND = "separator.block.", "transformer_encoder."


def small() -> Any:
    return CodecSep(CODEC, MASKER, condition=8)


@pytest.fixture(scope="module")
def tiny() -> Any:
    return seed(small(), keep=[TABLE])


def noise(*shape: int, seed: int = 0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def conditions(count: int) -> Any:
    return torch.nn.functional.normalize(noise(count, 8), dim=1)


def latents(count: int) -> Any:
    return noise(count, 32, 6)


# Masker


def test_every_frame_hears_every_frame_alike_but_for_its_position(tiny: Any) -> None:
    network, order = small(), torch.tensor([3, 0, 5, 1, 4, 2])
    network.load_state_dict(tiny.state_dict())
    latent, condition = latents(1), conditions(1)
    assert (network.mask(latent[..., order], condition) - network.mask(latent, condition)[..., order]).abs().max() > 0.1
    network.separator.pos_enc.pe.zero_()
    unlike = network.mask(latent[..., order], condition) - network.mask(latent, condition)[..., order]
    assert unlike.abs().max() < 1e-5


def test_texts_matter_by_their_shifts_alone(tiny: Any) -> None:
    network, latent, texts = small(), latents(1).expand(2, -1, -1), conditions(2)
    network.load_state_dict(tiny.state_dict())
    one, other = network.mask(latent, texts)
    assert (one - other).abs().max() > 0.1
    for shift in network.film.values():
        shift.weight.data.zero_()
    one, other = network.mask(latent, texts)
    assert torch.equal(one, other)


def test_a_batch_gives_what_single_mixtures_give(tiny: Any) -> None:
    latent, texts = latents(2), conditions(2)
    alone = torch.cat([tiny.mask(latent[[row]], texts[[row]]) for row in (0, 1)])
    assert (tiny.mask(latent, texts) - alone).abs().max() < 1e-5


def test_estimates_have_the_shape_of_mixtures(tiny: Any) -> None:
    assert tiny(noise(2, 1, 1003), conditions(2)).shape == (2, 1, 1003)


def test_more_than_50_seconds_are_refused(tiny: Any) -> None:
    with pytest.raises(SepbenchError, match="table of positions: given 2501 frames; wanted 2500 or fewer"):
        tiny(torch.zeros(1, 1, 50 * 16000 + 1), conditions(1))


def test_operations_of_a_second() -> None:
    with torch.device("meta"):
        network, latent, condition = CodecSep(), torch.empty(1, 1024, 50), torch.empty(1, 512)
        with FlopCounterMode(display=False) as counter:
            network.mask(latent, condition)
    assert counter.get_total_flops() / 2e9 == pytest.approx(0.786, abs=5e-4)


# Files


def test_the_official_keys() -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in CodecSep().state_dict().items()}
    listed = resolved_shapes("codecsep")
    assert ours == {key: shape for key, shape in listed.items() if not key.startswith(SECOND)}
    copies = {key.replace(SECOND, FIRST): shape for key, shape in listed.items() if key.startswith(SECOND)}
    assert copies == {key: shape for key, shape in ours.items() if key.startswith(FIRST)}


def official(tiny: Any) -> dict[str, Any]:
    tensors = dict(tiny.state_dict())
    weight = tensors.pop("separator.masker.weight")
    lengths = weight.square().sum(dim=(1, 2), keepdim=True).sqrt()
    tensors |= {"separator.masker.weight_g": lengths, "separator.masker.weight_v": 2 * weight}
    return tensors | {key.replace(FIRST, SECOND): value for key, value in tensors.items() if key.startswith(FIRST)}


def test_a_file_with_the_transformer_twice_is_loaded(tiny: Any) -> None:
    network, tensors = small(), official(tiny)
    assert any(key.startswith(SECOND) for key in tensors)
    load_codecsep(network, tensors)
    for key, value in tiny.state_dict().items():
        assert (network.state_dict()[key] - value).abs().max() < 1e-6, key


def test_copies_that_differ_are_refused(tiny: Any) -> None:
    tensors = official(tiny)
    tensors[f"{SECOND}layers.1.norm1.bias"] = tensors[f"{SECOND}layers.1.norm1.bias"] + 1
    with pytest.raises(SepbenchError, match=r"differ: given transformer_encoder\.layers\.1\.norm1\.bias is not sep"):
        load_codecsep(small(), tensors)


def test_unknown_and_missing_keys_are_named(tiny: Any) -> None:
    tensors = official(tiny)
    tensors[f"{SECOND}layers.2.norm1.bias"] = tensors.pop("film.beta1.bias")
    with pytest.raises(SepbenchError, match=r"unknown transformer_encoder\.layers\.2\.norm1\.bias; missing film\.beta"):
        load_codecsep(small(), tensors)


def test_the_text_tower_is_the_files_own() -> None:
    with torch.device("meta"):
        tower = ClapText()
        text = {TEXT_PREFIX + key: value for key, value in tower.state_dict().items()}
    dead = ("text_branch.embeddings.position_ids", "audio_branch.norm.bias", "text_transform.sequential.0.bias")
    rest = {TEXT_PREFIX + key: torch.zeros(1) for key in (*dead, "logit_scale_a", "audio_projection.0.bias")}
    parts = split_weights({"film.beta1.bias": torch.zeros(1), **text, **rest})
    assert parts.separator.keys() == {"film.beta1.bias"}
    assert parts.text.keys() == tower.state_dict().keys()
    odd = split_weights({**text, f"{TEXT_PREFIX}text_branch.adapter.bias": torch.zeros(1)})
    with pytest.raises(SepbenchError, match=r"ClapText: given unknown text_branch\.adapter\.bias"):
        load_weights(tower, odd.text)
    with pytest.raises(SepbenchError, match="no weights of this part in the file"):
        split_weights({"film.beta1.bias": torch.zeros(1)})


def test_prompts_are_in_lower_case_and_cut_after_77_tokens() -> None:
    asked: list[str] = []

    def tokenizer(
        text: list[str], *, padding: str, truncation: bool, max_length: int, return_tensors: str
    ) -> dict[str, Any]:
        asked.extend(text)
        tokens = torch.tensor([[0, *[5] * 100, 2]] * len(text))[:, :max_length]
        assert (tokens.shape[1], truncation) == (77, True)
        return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}

    tower = seed(ClapText(TextSize(vocabulary=40, width=24, layers=1, heads=3, feed_forward=48)))
    vectors = embed_prompts(tower, ["A Dog barks", "a dog barks"], tokenizer)
    assert asked == ["a dog barks"]
    assert torch.equal(vectors[0], vectors[1])


# Shares


@pytest.fixture(scope="module")
def spectra() -> Any:
    return Spectra(CODECSEP_SHARES)


def test_shares_of_equal_estimates_are_equal(spectra: Any) -> None:
    mixture, estimate = noise(4096), noise(4096, seed=1)
    shared = share_magnitudes(mixture, torch.stack([estimate, 3 * estimate]), spectra)
    assert (shared[0] - mixture / 4).abs().max() < 1e-5
    assert (shared[1] - 3 * mixture / 4).abs().max() < 1e-5


def test_shares_sum_to_the_mixture(spectra: Any) -> None:
    mixture = noise(5003)
    shared = share_magnitudes(mixture, noise(3, 5003, seed=1), spectra)
    assert (shared.sum(dim=0) - mixture).abs().max() < 1e-5


def test_nobody_gets_what_nobody_sounds_in(spectra: Any) -> None:
    assert torch.equal(share_magnitudes(noise(2048), torch.zeros(3, 2048), spectra), torch.zeros(3, 2048))


# Codes


@pytest.fixture(scope="module")
def quantisers() -> Any:
    return seed(TrackQuantisers(CODEC))


def test_the_mixtures_latent_is_the_sum_over_tracks(quantisers: Any) -> None:
    streams = quantise_tracks(latents(1).expand(3, -1, -1), quantisers)
    assert streams.codes.shape == (3, 2, 6)
    latent = mixture_latent(streams.codes, quantisers)
    assert (latent[0] - streams.latents.sum(dim=0)).abs().max() < 1e-5


def test_a_mask_of_ones_codes_the_mixture_for_every_track(tiny: Any, quantisers: Any) -> None:
    network = small()
    network.load_state_dict(tiny.state_dict())
    convolution, snake = network.separator.output
    convolution.weight.data.zero_()
    convolution.bias.data.fill_(1.0)
    snake.alpha.data.fill_(math.pi)  # 1 + sin^2(pi) / pi
    given = quantise_tracks(latents(1).expand(3, -1, -1), quantisers).codes
    got = separate_codes(network, quantisers, given, conditions(3))
    again = quantise_tracks(mixture_latent(given, quantisers).expand(3, -1, -1), quantisers)
    assert torch.equal(got.codes, again.codes)
    assert not torch.equal(got.codes[0], got.codes[1])
