"""The codec: another implementation's numbers, closed forms of its pieces, both paddings, official files."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from sepbench.networks.dac import (  # noqa: E402
    DESCRIPT_16K,
    DESCRIPT_24K,
    DESCRIPT_44K,
    SDCODEC_16K,
    CodecSize,
    Dac,
    Decoder,
    Encoder,
    load_dac,
)
from sepbench.networks.dac_blocks import ResidualUnit, Snake, Spread  # noqa: E402
from sepbench.networks.dac_quantiser import CODE_WIDTH, ResidualQuantiser  # noqa: E402
from sepbench.networks.weight_norm import NAMINGS, baked  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

TINY = replace(DESCRIPT_16K, encoder_width=2, decoder_width=32, stages=2)


def as_official(network: Any, naming: tuple[str, str]) -> dict[str, Any]:
    """The network's weights as a file holds them: a gain, and a direction of any length."""
    tensors, (gain, direction) = {}, naming
    for key, value in network.state_dict().items():
        module = key.removesuffix(".weight")
        if module == key or "codebook" in key:
            tensors[key] = value
            continue
        lengths = value.square().sum(dim=tuple(range(1, value.ndim)), keepdim=True).sqrt()
        tensors |= {module + gain: lengths, module + direction: 3 * value / lengths}
    return tensors


def calm(network: Any) -> Any:
    """Seeded, and every residual unit turned down: otherwise they explode and the waveform is all full scale."""
    for module in seed(network).modules():
        if isinstance(module, ResidualUnit):
            module.block[3].weight.data *= 0.2
    return network


@pytest.fixture(scope="module")
def tiny() -> Any:
    return calm(Dac(TINY))


# Another implementation


def as_transformers(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Our keys under the names of transformers' DacModel."""
    pieces = [
        (r"^encoder\.block\.0\.", "encoder.conv1."),
        (r"^encoder\.block\.5\.", "encoder.snake1."),
        (r"^encoder\.block\.6\.", "encoder.conv2."),
        (r"^decoder\.model\.0\.", "decoder.conv1."),
        (r"^decoder\.model\.5\.", "decoder.snake1."),
        (r"^decoder\.model\.6\.", "decoder.conv2."),
        (r"^encoder\.block\.(\d)\.block\.3\.", r"encoder.block.\1.snake1."),
        (r"^encoder\.block\.(\d)\.block\.4\.", r"encoder.block.\1.conv1."),
        (r"^decoder\.model\.(\d)\.block\.0\.", r"decoder.block.\1.snake1."),
        (r"^decoder\.model\.(\d)\.block\.1\.", r"decoder.block.\1.conv_t1."),
        (r"^encoder\.block\.(\d)\.block\.(\d)\.block\.", r"encoder.block.\1.unit\2."),
        (r"^decoder\.model\.(\d)\.block\.(\d)\.block\.", r"decoder.block.\1.late\2."),
        (r"unit(\d)", lambda found: f"res_unit{int(found[1]) + 1}"),
        (r"late(\d)", lambda found: f"res_unit{int(found[1]) - 1}"),
        (r"(res_unit\d)\.0\.", r"\1.snake1."),
        (r"(res_unit\d)\.1\.", r"\1.conv1."),
        (r"(res_unit\d)\.2\.", r"\1.snake2."),
        (r"(res_unit\d)\.3\.", r"\1.conv2."),
        (r"(coder\.block)\.(\d)", lambda found: f"{found[1]}.{int(found[2]) - 1}"),
    ]
    renamed = {}
    for key, value in tensors.items():
        for pattern, name in pieces:
            key = re.sub(pattern, name, key)
        renamed[key] = value
    return renamed


@pytest.mark.parametrize("size", [DESCRIPT_16K, DESCRIPT_24K, DESCRIPT_44K], ids=["16k", "24k", "44k"])
def test_codes_and_waveforms_are_those_of_transformers(size: CodecSize) -> None:
    transformers = pytest.importorskip("transformers")
    ours = calm(Dac(replace(size, encoder_width=2, decoder_width=32))).double()
    theirs = transformers.DacModel(
        transformers.DacConfig(
            encoder_hidden_size=2,
            downsampling_ratios=list(size.strides),
            decoder_hidden_size=32,
            n_codebooks=size.stages,
            sampling_rate=size.sample_rate,
        )
    )
    theirs.double().eval().load_state_dict(as_transformers(ours.state_dict()))
    waveform = 0.3 * torch.sin(torch.arange(6 * size.hop).double() / 7)[None, None]
    with torch.inference_mode():
        got, wanted = ours.encode(waveform), theirs(waveform)
        assert torch.equal(got.codes, wanted.audio_codes)
        assert (ours.decoder(got.latent)[:, 0] - wanted.audio_values).abs().max() < 1e-12
    assert 0.1 < wanted.audio_values.abs().max() < 0.99


def test_operations_of_a_second() -> None:
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        latent = Encoder(SDCODEC_16K)(torch.empty(1, 1, 16000))
    assert counter.get_total_flops() / 2e9 == pytest.approx(12.276, abs=1e-3)
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        Decoder(SDCODEC_16K)(latent)
    assert counter.get_total_flops() / 2e9 == pytest.approx(27.821, abs=1e-3)


# Pieces


def test_snake_at_a_quarter_of_its_period() -> None:
    snake = Snake(2)
    snake.alpha.data[0, 1] = 2.0
    x = torch.tensor([math.pi / 2, math.pi / 4])[None, :, None]
    assert (snake(x) - x)[0, :, 0].tolist() == pytest.approx([1.0, 0.5])


@pytest.mark.parametrize("time", [1, 40, 120, 200])
@pytest.mark.parametrize(("stride", "padding"), [(5, 2), (5, 3), (3, 1), (8, 4)])
def test_upsampling_is_exact_where_the_library_is_not(time: int, stride: int, padding: int) -> None:
    torch.manual_seed(time)
    spread = Spread(768, 384, stride, padding=padding)
    torch.nn.init.normal_(spread.bias)
    x = torch.randn(1, 768, time)
    weight, bias = spread.weight.double(), spread.bias.double()
    with torch.inference_mode():
        wanted = torch.nn.functional.conv_transpose1d(x.double(), weight, bias, stride=stride, padding=padding)
        got = spread(x)
    assert got.shape == wanted.shape
    assert (got - wanted).abs().max() < 1e-5 * wanted.abs().max()


def test_both_roundings_of_half_a_stride_give_the_same_samples() -> None:
    torch.manual_seed(0)
    ceil = calm(Decoder(TINY))
    floor = calm(Decoder(replace(TINY, half_stride="floor")))
    latent = 0.5 * torch.randn(1, 32, 50)
    with torch.inference_mode():
        short, long = ceil(latent)[0, 0], floor(latent)[0, 0]
    assert (len(short), len(long)) == (15992, 16008)
    ends = slice(1000, -1000)  # further from the ends than any convolution sees
    assert (long[8:-8][ends] - short[ends]).abs().max() < 1e-6
    assert 0.1 < long.abs().max() < 0.99


def test_the_last_frame_is_filled_with_zeros(tiny: Any) -> None:
    waveform = torch.sin(torch.arange(1000.0) / 7)[None, None]
    latent = tiny.encoder(waveform)
    assert latent.shape == (1, 32, 4)
    assert torch.equal(latent, tiny.encoder(torch.nn.functional.pad(waveform, (0, 280))))


def test_the_codec_gives_the_time_it_got_or_falls_short(tiny: Any) -> None:
    assert tiny(torch.zeros(2, 1, 1000)).shape == (2, 1, 1000)
    assert tiny(torch.zeros(2, 1, 1600)).shape == (2, 1, 1592)


# Quantiser


def plain_quantiser(words: list[list[float]]) -> Any:
    """Two stages whose projections change nothing, with these words and else the last axis in both directions."""
    quantiser = ResidualQuantiser(CODE_WIDTH, 2)
    for stage in quantiser.quantizers:
        for projection in (stage.in_proj, stage.out_proj):
            projection.weight.data = torch.eye(CODE_WIDTH)[..., None]
            projection.bias.data.zero_()
        stage.codebook.weight.data = torch.eye(CODE_WIDTH)[-1:].repeat(1024, 1)
        stage.codebook.weight.data[: len(words)] = torch.tensor(words)
    return quantiser


def frame(*values: float) -> Any:
    return torch.tensor([*values, *[0.0] * (CODE_WIDTH - len(values))])[None, :, None]


def test_the_direction_counts_and_the_word_keeps_its_length() -> None:
    quantiser = plain_quantiser([frame(1.0, 1.0).flatten().tolist(), frame(5.0).flatten().tolist()])
    quantised = quantiser(frame(0.9, 0.1), stages=1)  # nearer to (1, 1), more in line with (5, 0)
    assert quantised.codes.tolist() == [[[1]]]
    assert torch.equal(quantised.latent, frame(5.0))


def test_a_stage_codes_what_the_one_before_left() -> None:
    quantiser = plain_quantiser([frame(1.0).flatten().tolist(), frame(0.0, 1.0).flatten().tolist()])
    quantised = quantiser(frame(1.0, 0.4))
    assert quantised.codes.tolist() == [[[0], [1]]]
    assert torch.equal(quantised.latent, frame(1.0, 1.0))
    assert torch.equal(quantised.projected[:, 8:], frame(0.0, 0.4))
    assert torch.equal(quantiser.from_codes(quantised.codes), frame(1.0, 1.0))
    assert torch.equal(quantiser.from_codes(quantised.codes[:, :1]), frame(1.0))


@pytest.mark.parametrize("stages", [0, 3])
def test_other_numbers_of_code_books_are_refused(tiny: Any, stages: int) -> None:
    with pytest.raises(SepbenchError, match=f"no such number of code books: given {stages}; wanted from 1 to 2"):
        tiny.encode(torch.zeros(1, 1, 320), stages=stages)
    with pytest.raises(SepbenchError, match="no such number of code books"):
        tiny.quantizer.from_codes(torch.zeros(1, stages, 1, dtype=torch.long))


# Files


@pytest.mark.parametrize("naming", NAMINGS)
def test_both_namings_of_weight_norm_give_the_weights(tiny: Any, naming: tuple[str, str]) -> None:
    network = Dac(TINY)
    load_dac(network, as_official(tiny, naming))
    assert network.state_dict().keys() == tiny.state_dict().keys()
    for key, value in tiny.state_dict().items():
        assert (network.state_dict()[key] - value).abs().max() < 1e-6, key


def test_half_a_pair_is_named(tiny: Any) -> None:
    tensors = as_official(tiny, NAMINGS[0])
    del tensors["decoder.model.0.weight_g"]
    with pytest.raises(SepbenchError, match=r"unknown decoder.model.0.weight_v; missing decoder.model.0.weight"):
        load_dac(Dac(TINY), tensors)


def test_a_pair_beside_its_own_weight_is_refused(tiny: Any) -> None:
    tensors = {**as_official(tiny, NAMINGS[0]), "decoder.model.0.weight": torch.zeros(32, 32, 7)}
    with pytest.raises(SepbenchError, match=r"unknown decoder.model.0.weight_g, decoder.model.0.weight_v"):
        load_dac(Dac(TINY), tensors)


def test_a_pair_that_does_not_fit_together_is_refused(tiny: Any) -> None:
    tensors = {**as_official(tiny, NAMINGS[0]), "decoder.model.0.weight_g": torch.ones(1, 32, 1)}
    with pytest.raises(SepbenchError, match=r"unknown decoder.model.0.weight_g, decoder.model.0.weight_v"):
        load_dac(Dac(TINY), tensors)


def test_other_sizes_are_refused(tiny: Any) -> None:
    with pytest.raises(SepbenchError, match=r"missing quantizer\.quantizers\.2"):
        load_dac(Dac(replace(TINY, stages=3)), as_official(tiny, NAMINGS[1]))
    with pytest.raises(SepbenchError, match="of another shape"):
        load_dac(Dac(replace(TINY, strides=(2, 4, 8, 8))), as_official(tiny, NAMINGS[1]))


def test_gains_of_transposed_convolutions_are_by_input_channel() -> None:
    pair = {"up.weight_g": torch.tensor([2.0, 6.0])[:, None, None], "up.weight_v": torch.ones(2, 1, 4)}
    assert baked(pair)["up.weight"][:, 0, 0].tolist() == [1.0, 3.0]
