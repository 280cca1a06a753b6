"""HSM-TSS: sizes of the paper, what stages hear, causality and cached steps, chance, files of weights, refusals."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.dac import Dac  # noqa: E402
from sepbench.networks.flowsep_text import byte_tokens  # noqa: E402
from sepbench.networks.flowsep_transformer import Text  # noqa: E402
from sepbench.networks.hsm_tss import (  # noqa: E402
    HsmTss,
    checkpoint_tensors,
    load_hsm_tss,
    task_words,
    words_of,
)
from sepbench.networks.hsm_tss_choices import Drawn, LeastRisk, likeliest  # noqa: E402
from sepbench.networks.hsm_tss_size import HsmTssSize, size_from  # noqa: E402
from sepbench.networks.hsm_tss_stages import Condition  # noqa: E402
from sepbench.networks.spectral_codec import SpectralCodecSize  # noqa: E402
from sepbench.networks.state_dict import read_tensors  # noqa: E402
from tests.networks.hsm_tss_small import BOOKS, PATCHES, SAMPLES, SETTINGS, STEPS, noise, small  # noqa: E402

LAST_COLUMN = slice(6, 8)


@pytest.fixture(scope="module")
def tiny() -> Any:
    return small()


@pytest.fixture(scope="module")
def condition(tiny: Any) -> Any:
    return told(tiny, "a dog barks")


def told(network: Any, *captions: str, mode: Any = "extract") -> Any:
    return network.condition(words_of(captions, byte_tokens), task_words([mode] * len(captions), byte_tokens))


def features(seed: int = 0) -> Any:
    return noise(1, PATCHES, 16, seed=seed)


def codes(seed: int = 0) -> Any:
    return torch.randint(0, 1024, (1, BOOKS, STEPS), generator=torch.Generator().manual_seed(seed))


def moved(one: Any, other: Any) -> float:
    return float((one - other).detach().abs().max())


# Sizes


def test_the_paper() -> None:
    size = HsmTssSize()
    assert (size.global_stage.layers, size.local_stage.layers, size.code_stage.layers) == (6, 12, 12)
    assert size.grid.steps * size.codec.hop == size.audiomae.samples and size.grid.steps == 512
    bits_per_second = size.codec.stages * 10 * size.codec.sample_rate / size.codec.hop
    assert bits_per_second == 6000  # as the paper's codec


def test_parameters_of_the_decoder() -> None:
    """Twelve layers of two attentions, a feed-forward step and three norms, between books in and logits out."""
    width, books, words = 1024, 12, 1024
    layer = 8 * (width * width + width) + 2 * 4 * width * width + 5 * width + 3 * 2 * width
    ends = books * words * width + books * words * (width + 1) + 768 * width + width + width + 2 * width
    with torch.device("meta"):
        decoder = HsmTss().code_stage
    assert sum(parameter.numel() for parameter in decoder.parameters()) == 12 * layer + ends


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"codec": {"sample_rate": 24000, "strides": [2, 4, 5, 8], "stages": 2}}, "do not fit together"),
        ({"codec": {"sample_rate": 16000, "strides": [3, 7], "stages": 2}}, "whole frames in 163840"),
        ({"audiomae": {"widht": 3}, "pitch": 1}, r"unknown fields: given audiomae\.widht, pitch"),
        ({"qaudio": {"width": "wide"}}, r"field qaudio\.width"),
    ],
)
def test_settings_that_make_no_network_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(SepbenchError, match=message):
        size_from(settings)


# First and second stage


def test_global_features_hear_captions_as_a_set(tiny: Any, condition: Any) -> None:
    """Order is in the caption's features already; the stage itself, not being autoregressive, adds none."""
    feature, order = noise(1, 32), torch.tensor([4, 2, 7, 0, 1, 3, 6, 5, 8, 9, 10, 11])
    wanted = tiny.global_stage(feature, condition)
    caption = Text(condition.caption.states[:, order], condition.caption.mask)
    assert moved(tiny.global_stage(feature, Condition(caption, condition.task)), wanted) < 1e-5
    assert moved(tiny.global_stage(feature, told(tiny, "rain")), wanted) > 1e-4


def test_every_patch_hears_every_patch_and_all_of_the_query(tiny: Any, condition: Any) -> None:
    heard, wanted = features(), noise(1, 32)
    local = tiny.local_stage(heard, wanted, condition)
    assert local.shape == heard.shape
    changed = heard.clone()
    changed[:, LAST_COLUMN] += 1
    for other in (
        tiny.local_stage(changed, wanted, condition),
        tiny.local_stage(heard, -wanted, condition),
        tiny.local_stage(heard, wanted, told(tiny, "a dog barks", mode="remove")),
        tiny.local_stage(heard, wanted, told(tiny, "rain")),
    ):
        assert (other - local).abs().amax(dim=2).min() > 1e-4


def test_patches_differ_by_their_places_alone(tiny: Any, condition: Any) -> None:
    network, heard, wanted = copy.deepcopy(tiny.local_stage), features(), noise(1, 32)
    order = torch.tensor([3, 1, 7, 0, 2, 6, 5, 4])
    there = network(heard[:, order], wanted, condition)
    assert moved(there, network(heard, wanted, condition)[:, order]) > 1e-3
    network.places.zero_()
    there = network(heard[:, order], wanted, condition)
    assert moved(there, network(heard, wanted, condition)[:, order]) < 1e-5


def test_padding_of_queries_changes_nothing(tiny: Any) -> None:
    heard = features().expand(2, -1, -1)
    together = tiny.separated(heard, told(tiny, "rain", "a much longer caption"))
    assert moved(together[:1], tiny.separated(heard[:1], told(tiny, "rain"))) < 1e-5


# Third stage


def test_a_step_hears_the_codes_before_it_alone(tiny: Any) -> None:
    given, heard = codes(), features()
    changed = given.clone()
    changed[:, :, 20:] = codes(1)[:, :, 20:]
    logits = tiny.code_stage(heard, given)
    assert logits.shape == (1, BOOKS, STEPS, 1024)
    difference = (tiny.code_stage(heard, changed) - logits).abs().amax(dim=(0, 1, 3))
    assert difference[:21].max() < 1e-5  # step 20 hears its own codes no more than the later ones
    assert difference[21:].min() > 1e-4


def test_books_of_a_step_are_told_at_once(tiny: Any) -> None:
    given, heard = codes(), features()
    changed = given.clone()
    changed[:, 0, 5] = (changed[:, 0, 5] + 1) % 1024
    logits = tiny.code_stage(heard, given)
    assert moved(tiny.code_stage(heard, changed)[:, :, :6], logits[:, :, :6]) < 1e-5


@pytest.mark.parametrize(("reach", "first"), [(64, 0), (0, 24), (1, 16)])
def test_features_are_heard_as_far_as_the_reach(reach: int, first: int) -> None:
    """Eight steps for each of four columns: the last column is heard from the first step within its reach on."""
    network, heard = small(reach=reach).code_stage, features()
    changed = heard.clone()
    changed[:, LAST_COLUMN] += 1
    difference = (network(changed, codes()) - network(heard, codes())).abs().amax(dim=(0, 1, 3))
    assert first == 0 or difference[:first].max() < 1e-6
    assert difference[first:].min() > 1e-5


def test_steps_with_kept_keys_are_what_the_whole_gives(tiny: Any) -> None:
    seen: list[Any] = []

    def choose(logits: Any) -> Any:
        seen.append(logits)
        return Drawn(torch.Generator().manual_seed(len(seen)))(logits)

    found = tiny.code_stage.generate(features(), STEPS, choose)
    assert found.shape == (1, BOOKS, STEPS) and found.unique().numel() > 50
    assert moved(torch.cat(seen, dim=2), tiny.code_stage(features(), found)) < 1e-4


def test_a_shorter_answer_is_the_longer_ones_beginning(tiny: Any) -> None:
    whole = tiny.code_stage.generate(features(), STEPS, likeliest)
    assert torch.equal(tiny.code_stage.generate(features(), 7, likeliest), whole[..., :7])
    for steps in (0, STEPS + 1):
        with pytest.raises(SepbenchError, match="no such number of steps"):
            tiny.code_stage.generate(features(), steps, likeliest)


# Chance


def test_the_word_of_least_risk_has_the_least_expected_squared_distance() -> None:
    tables, logits = noise(BOOKS, 50, 4), 3 * noise(2, BOOKS, 6, 50, seed=1)
    shares = torch.softmax(logits, dim=-1)
    apart = torch.cdist(tables, tables).square()  # of every word to every other that may be the true one
    risks = torch.einsum("bkst,kwt->bksw", shares, apart)
    assert torch.equal(LeastRisk(tables)(logits), risks.argmin(dim=-1))


def test_where_one_word_is_sure_it_is_the_one_of_least_risk() -> None:
    logits = 500 * torch.nn.functional.one_hot(codes() % 50, 50).float()
    assert torch.equal(LeastRisk(noise(BOOKS, 50, 4))(logits), codes() % 50)


def test_words_are_drawn_as_often_as_likely() -> None:
    shares = torch.tensor([0.5, 0.0, 0.2, 0.3])
    draws = Drawn(torch.Generator().manual_seed(0))(shares.log().expand(20000, 4))
    assert (draws.bincount(minlength=4) / 20000 - shares).abs().max() < 0.015
    two = Drawn(torch.Generator().manual_seed(0), most=2)(shares.log().expand(20000, 4))
    assert (two.bincount(minlength=4) / 20000 - torch.tensor([0.625, 0, 0, 0.375])).abs().max() < 0.015


def test_cold_chance_is_the_likeliest_and_a_seed_is_a_draw() -> None:
    logits = noise(50, 1024)
    cold = Drawn(torch.Generator().manual_seed(3), temperature=1e-4)(logits)
    assert torch.equal(cold, likeliest(logits))
    one, again, other = (Drawn(torch.Generator().manual_seed(seed))(logits) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)


# The whole


@pytest.mark.parametrize("samples", [1, 320, 5003, SAMPLES])
def test_a_waveform_as_long_as_the_mixture(tiny: Any, condition: Any, samples: int) -> None:
    with torch.inference_mode():
        found = tiny(0.1 * noise(1, samples), condition, likeliest)
    assert found.shape == (1, samples) and found.isfinite().all() and found.abs().max() <= 1


def test_longer_mixtures_are_refused(tiny: Any, condition: Any) -> None:
    with pytest.raises(SepbenchError, match="too long for the autoencoder"):
        tiny(torch.zeros(1, SAMPLES + 1), condition, likeliest)


def test_the_task_is_the_words_embeddings(tiny: Any) -> None:
    words = task_words(["extract", "remove"], byte_tokens)
    assert words.mask.sum(dim=1).tolist() == [7, 6]  # letters, without an end
    table = tiny.state_dict()["text.model.shared.weight"]
    assert torch.equal(tiny.embedded(words).states[0, 0], table[3 + ord("e")])


# Files


def test_a_checkpoint_is_written_and_read(tiny: Any, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    tensors = checkpoint_tensors(tiny)
    assert {key.split(".")[0] for key in tensors} == {name for name, _ in tiny.named_children()}
    save_file(tensors, tmp_path / "whole.safetensors")  # which refuses tensors that share their numbers
    network = HsmTss(size_from(SETTINGS))
    load_hsm_tss(network, read_tensors(tmp_path / "whole.safetensors"))
    for key, value in tiny.state_dict().items():
        assert torch.equal(network.state_dict()[key], value), key
    load_hsm_tss(network, {key: value.half() for key, value in tensors.items()})
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_text_may_come_from_googles_file(tiny: Any) -> None:
    tensors = checkpoint_tensors(tiny)
    text = {key.removeprefix("text.model."): value for key, value in tensors.items() if key.startswith("text.")}
    rest = {key: value for key, value in tensors.items() if not key.startswith("text.")}
    network = HsmTss(size_from(SETTINGS))
    load_hsm_tss(network, rest, {**text, "decoder.block.0.x": torch.zeros(1), "lm_head.weight": torch.zeros(1)})
    assert torch.equal(network.state_dict()["text.model.encoder.embed_tokens.weight"], text["shared.weight"])
    with pytest.raises(SepbenchError, match=r"missing text\.model\.encoder\.block"):
        load_hsm_tss(network, rest)


def test_the_codec_is_dac_without_its_encoder(tiny: Any) -> None:
    dac = Dac(size_from(SETTINGS).codec)
    codec = {f"codec.{key}": value for key, value in dac.state_dict().items() if not key.startswith("encoder.")}
    network = HsmTss(size_from(SETTINGS))
    load_hsm_tss(network, {**checkpoint_tensors(tiny), **codec})
    coded = dac.encode(0.1 * noise(1, 1, 3200))
    assert moved(network.codec(coded.codes), dac.decoder(coded.latent)[:, 0]) < 1e-5


def test_a_codec_of_levels_may_stand_in_and_its_books_are_what_a_file_holds() -> None:
    codec = {"sample_rate": 16000, "window": 640, "hop": 320, "bands": 12, "stages": BOOKS}
    size = size_from({**SETTINGS, "codec": codec})
    assert size.codec == SpectralCodecSize(16000, 640, 320, 12, BOOKS)
    network = HsmTss(size)
    held = [key for key in checkpoint_tensors(network) if key.startswith("codec.")]
    assert held and all(key.startswith("codec.quantizer.quantizers.") for key in held)
    assert network.codec(codes()).shape == (1, SAMPLES)
    with pytest.raises(SepbenchError, match="unknown fields"):
        size_from({**SETTINGS, "codec": {**codec, "strides": [2, 4]}})
