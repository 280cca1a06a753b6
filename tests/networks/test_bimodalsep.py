"""BiModalSep: the official keys, attention in closed form, masks that are known, what is read of a text."""

from __future__ import annotations

from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.bimodalsep import (  # noqa: E402
    BIMODALSEP_16K,
    BiModalSep,
    BiModalSepSize,
    TextVectors,
    load_bimodalsep,
)
from sepbench.networks.bimodalsep_blocks import ConditionedBlock, CrossAttention, SelfAttention  # noqa: E402
from sepbench.networks.bimodalsep_text import read_text  # noqa: E402
from sepbench.networks.clap_text import ClapText, TextSize  # noqa: E402
from sepbench.networks.roberta_tokens import BYTE_VOCABULARY, byte_tokens  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

SIZE = BiModalSepSize(channels=4, widths=(4, 4, 6, 6, 8, 8, 8), text_width=12, heads=2)
SAMPLES = 32766
"""128 frames."""


@pytest.fixture(scope="module")
def tiny() -> Any:
    return seed(BiModalSep(SIZE))


def noise(*shape: int, seed: int = 0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def text(batch: int = 1, tokens: int = 5, *, seed: int = 3) -> TextVectors:
    embedding = torch.nn.functional.normalize(noise(batch, 512, seed=seed))
    return TextVectors(embedding, noise(batch, tokens, 12, seed=seed + 1))


def test_the_official_keys() -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in BiModalSep().state_dict().items()}
    assert ours | _fixed() == resolved_shapes("bimodalsep")


def _fixed() -> dict[str, tuple[int, ...]]:
    return {**BIMODALSEP_16K.dft_shapes("stft."), **BIMODALSEP_16K.inverse_dft_shapes("istft.")}


@torch.inference_mode()
def test_without_an_opinion_half_of_everything_is_kept() -> None:
    network, mixture = seed(BiModalSep(SIZE), scale={"net_synthesizer": 0.0}), noise(2, SAMPLES)
    assert (network(mixture, text(2)) - mixture / 2).abs().max() < 1e-5


@torch.inference_mode()
def test_a_batch_gives_what_single_clips_give(tiny: Any) -> None:
    mixtures, both = noise(2, SAMPLES), text(2)
    together = tiny(mixtures, both)
    for index in range(2):
        one = slice(index, index + 1)
        alone = tiny(mixtures[one], TextVectors(both.embedding[one], both.tokens[one]))
        assert (together[index] - alone[0]).abs().max() < 1e-5


@torch.inference_mode()
def test_embedding_and_tokens_both_matter(tiny: Any) -> None:
    mixture, given, other = noise(1, SAMPLES), text(), text(seed=8)
    wanted = tiny(mixture, given)
    for changed in (TextVectors(other.embedding, given.tokens), TextVectors(given.embedding, other.tokens)):
        assert (tiny(mixture, changed) - wanted).abs().max() > 1e-4


@torch.inference_mode()
def test_the_order_of_tokens_is_not_heard_and_padding_is() -> None:
    block, x, tokens = seed(ConditionedBlock(8, 12, 2)), noise(1, 8, 4, 4), noise(1, 5, 12)
    wanted = block(x, tokens)
    assert wanted.shape == x.shape
    assert (block(x, tokens[:, [3, 0, 4, 2, 1]]) - wanted).abs().max() < 1e-5
    assert (block(x, torch.nn.functional.pad(tokens, (0, 0, 0, 3))) - wanted).abs().max() > 1e-4


@torch.inference_mode()
def test_every_place_hears_a_single_token_alike() -> None:
    attention, token = seed(CrossAttention(8, 12, 2)), noise(1, 1, 12)
    value = (token @ attention.kv.weight.T + attention.kv.bias)[..., 8:]
    wanted = value @ attention.proj.weight.T + attention.proj.bias
    assert (attention(noise(1, 6, 8), token) - wanted).abs().max() < 1e-5


@torch.inference_mode()
def test_attention_among_places_is_torchs() -> None:
    attention, x = seed(SelfAttention(8, 2)), noise(2, 6, 8)
    reference = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    reference.in_proj_weight.copy_(attention.qkv.weight)
    reference.in_proj_bias.copy_(attention.qkv.bias)
    reference.out_proj.weight.copy_(attention.proj.weight)
    reference.out_proj.bias.copy_(attention.proj.bias)
    assert (attention(x) - reference(x, x, x)[0]).abs().max() < 1e-5


@torch.inference_mode()
def test_77_tokens_are_read_of_any_text() -> None:
    size = TextSize(vocabulary=BYTE_VOCABULARY, width=24, layers=2, heads=3, feed_forward=48)
    network, tokenizer = seed(ClapText(size)), byte_tokens()
    for words in ("dog", "a very long text " * 20):
        read = read_text(network, words, tokenizer)
        assert read.tokens.shape == (1, 77, 24)
        assert read.embedding.norm(dim=1).item() == pytest.approx(1, abs=1e-6)
    encoded = tokenizer(["dog"], padding="longest", truncation=True, max_length=77, return_tensors="pt")
    alone = network(encoded["input_ids"], encoded["attention_mask"])
    read = read_text(network, "dog", tokenizer)
    assert (read.embedding - alone).abs().max() < 1e-5
    assert (read.tokens[0, 5:] - read.tokens[0, 6]).abs().max() < 1e-5  # padding stands at one position


def test_whole_files_are_read_and_others_refused_by_name(tiny: Any) -> None:
    tensors = {**tiny.state_dict(), **{key: torch.zeros(shape) for key, shape in _fixed().items()}}
    tensors["net_clap.model.model.text_branch.pooler.dense.bias"] = torch.zeros(768)
    network = BiModalSep(SIZE)
    load_bimodalsep(network, tensors)
    assert torch.equal(network.net_clap["fc"].weight, tiny.net_clap["fc"].weight)
    tensors["net_clap.fd.bias"] = tensors.pop("net_clap.fc.bias")
    with pytest.raises(SepbenchError, match=r"unknown net_clap\.fd\.bias; missing net_clap\.fc\.bias"):
        load_bimodalsep(network, tensors)
