"""FlowSep's parts against closed forms and second ways to compute them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.bigvgan import BigVgan, VocoderSize  # noqa: E402
from sepbench.networks.bigvgan_snake import SmoothSnake, SnakeBeta, lowpass  # noqa: E402
from sepbench.networks.flowsep import TINY, FlowSep, Noise, untrained  # noqa: E402
from sepbench.networks.flowsep_flow import euler  # noqa: E402
from sepbench.networks.flowsep_logmel import SAMPLES, LogMagnitudeMel, prepared  # noqa: E402
from sepbench.networks.flowsep_text import T5Text, byte_tokens  # noqa: E402
from sepbench.networks.flowsep_transformer import Text  # noqa: E402
from sepbench.networks.flowsep_unet import Unet  # noqa: E402
from sepbench.networks.flowsep_vae import Autoencoder  # noqa: E402
from sepbench.networks.latent_blocks import attend  # noqa: E402
from sepbench.profiling.network_cost import NetworkPart, cost_of  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402


@pytest.fixture(scope="module")
def unet() -> Any:
    return seed(Unet(TINY.unet))


@pytest.fixture(scope="module")
def text() -> Any:
    return seed(T5Text(TINY.text))


def noise(*shape: int) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


def test_a_waveform_is_centred_and_brought_to_a_peak_of_one_half() -> None:
    heard = prepared(torch.tensor([[3.0, 5.0, 1.0, 3.0]]))
    assert heard.shape == (1, SAMPLES)
    assert torch.allclose(heard[0, :5], torch.tensor([0.0, 0.5, -0.5, 0.0, 0.0]), atol=1e-7)


def test_silence_stays_silence() -> None:
    heard = prepared(torch.zeros(1, 100))
    assert not heard.any()
    spectrum = LogMagnitudeMel()(heard)
    assert spectrum.shape == (1, 1024, 64)
    assert torch.allclose(spectrum, torch.tensor(math.log(1e-5)))


@pytest.mark.parametrize("samples", [0, SAMPLES + 1])
def test_other_lengths_are_refused(samples: int) -> None:
    with pytest.raises(SepbenchError, match="not a length that FlowSep hears at once"):
        prepared(torch.zeros(1, samples))


def test_attention_is_torchs_own() -> None:
    query, key, value = noise(2, 3, 5, 8), noise(2, 3, 7, 8), noise(2, 3, 7, 8)
    mask = noise(2, 1, 1, 7) > -0.5
    own = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    assert (attend(query, key, value, mask) - own).abs().max() < 1e-6


def test_steps_of_a_growing_flow() -> None:
    """dx/dt = x from 1: (1 + 1/n)^n after n steps, e in the limit."""
    for steps in (1, 2, 7):
        found = euler(lambda state, _: state, torch.ones(1, dtype=torch.float64), steps)
        assert float(found) == pytest.approx((1 + 1 / steps) ** steps, rel=1e-12)


def test_no_steps_are_refused() -> None:
    with pytest.raises(SepbenchError, match="no steps to follow the flow in: given 0"):
        euler(lambda state, _: state, torch.ones(1), 0)


def test_the_filter_is_symmetric_and_keeps_constants() -> None:
    taps = lowpass()
    assert torch.allclose(taps, taps.flip(0), atol=1e-7)
    assert float(taps.sum()) == pytest.approx(1, abs=1e-6)
    snake = SmoothSnake(2)
    constant = torch.full((1, 2, 30), 0.7)
    assert (snake.doubled(constant) - 0.7).abs().max() < 5e-3  # two phases of 6 taps, whose sums are not quite 1 each
    assert (snake.halved(constant) - 0.7).abs().max() < 1e-6


def test_twice_the_rate_and_back_keeps_slow_waves() -> None:
    snake = SmoothSnake(1)
    wave = torch.sin(2 * math.pi * 0.05 * torch.arange(400.0))[None, None]
    back = snake.halved(snake.doubled(wave))
    assert back.shape == wave.shape
    assert (back - wave)[..., 20:-20].abs().max() < 0.01


def test_the_snake_by_its_formula() -> None:
    snake = SnakeBeta(1)
    snake.load_state_dict({"alpha": torch.tensor([math.log(2.0)]), "beta": torch.tensor([math.log(5.0)])})
    assert float(snake(torch.tensor([[[0.3]]])).detach()) == pytest.approx(0.3 + math.sin(0.6) ** 2 / 5, abs=1e-7)


def test_the_vocoder_gives_160_samples_a_frame_and_32_more() -> None:
    vocoder = BigVgan(VocoderSize(width=32, taps=(3, 5)))
    with torch.inference_mode():
        waveform = vocoder(noise(1, 64, 9))
    assert waveform.shape == (1, 1, 9 * 160 + 32)
    assert waveform.abs().max() <= 1


def test_the_latent_map_is_a_quarter_in_both_directions() -> None:
    vae = seed(Autoencoder(TINY.vae))
    with torch.inference_mode():
        posterior = vae.encode(noise(1, 1, 24, 64))
        assert posterior.mean.shape == posterior.deviation.shape == (1, 8, 6, 16)
        assert (posterior.deviation > 0).all()
        assert vae.decode(posterior.mean).shape == (1, 1, 24, 64)


def test_padding_of_the_text_is_never_heard(unet: Any) -> None:
    state, mixture, time, states = noise(1, 8, 8, 16), noise(1, 8, 8, 16), torch.tensor([0.4]), noise(1, 5, 32)
    padded = torch.cat([states, 100 * noise(1, 3, 32)], dim=1)
    mask = torch.arange(8)[None] < 5
    with torch.inference_mode():
        alone = unet(state, mixture, time, Text(states, mask[:, :5]))
        beside = unet(state, mixture, time, Text(padded, mask))
        heard = unet(state, mixture, time, Text(padded, torch.ones_like(mask)))
    assert (alone - beside).abs().max() < 1e-4
    assert (alone - heard).abs().max() > 1e-2


def test_state_mixture_time_and_text_all_matter(unet: Any) -> None:
    given = {"state": noise(1, 8, 8, 16), "mixture": noise(1, 8, 8, 16).flip(2), "time": torch.tensor([0.4])}
    mask = torch.ones(1, 5, dtype=torch.bool)
    with torch.inference_mode():
        found = unet(**given, text=Text(noise(1, 5, 32), mask))
        for name, value in given.items():
            changed = unet(**{**given, name: value + 0.5}, text=Text(noise(1, 5, 32), mask))
            assert (changed - found).abs().max() > 1e-4, name
        assert (unet(**given, text=Text(-noise(1, 5, 32), mask)) - found).abs().max() > 1e-4


def test_texts_need_no_padding(text: Any) -> None:
    numbers = byte_tokens("dog")
    padded = torch.tensor([numbers + [0] * 46])
    with torch.inference_mode():
        long = text(padded, padded > 0).states[:, : len(numbers)]
    assert (text.read("dog", byte_tokens).states - long).abs().max() < 1e-5


def test_long_texts_are_cut_and_end() -> None:
    assert byte_tokens("é" * 40) == [195 + 3, 169 + 3] * 24 + [195 + 3, 1]


def test_drawn_weights_are_the_same_each_time_and_leave_other_chances_alone() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    one, other = (untrained(TINY, seed=1).state_dict() for _ in range(2))
    assert torch.equal(torch.rand(3), wanted)
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert not torch.equal(untrained(TINY, seed=2).state_dict()["unet.out.2.weight"], one["unet.out.2.weight"])


def test_an_estimate_is_as_long_as_its_mixture_and_follows_the_noise() -> None:
    network = untrained(TINY, seed=1)
    drawn = [Noise.drawn(torch.Generator().manual_seed(n), TINY.vae, network.latent_frames) for n in range(2)]
    mixture, told = noise(1, 3001), network.text.read("dog", byte_tokens)
    with torch.inference_mode():
        first, again, other = (network(mixture, told, one, 1) for one in (drawn[0], drawn[0], drawn[1]))
    assert first.shape == (1, 3001)
    assert torch.equal(first, again)
    assert (first - other).abs().max() > 1e-3


def test_the_published_cost() -> None:
    """GMAC for 10.24 s and one step, as counted of the original with hooks on its layers."""
    with torch.device("meta"):
        network = FlowSep()
        heard = Text(torch.zeros(1, 50, 1024), torch.ones(1, 50, dtype=torch.bool))
        drawn = Noise(torch.zeros(1, 8, 256, 16), torch.zeros(1, 8, 256, 16))
        mixture = torch.zeros(1, SAMPLES)
    parts = {
        "unet": NetworkPart(network.unet),
        "encoder": NetworkPart(network.vae.encoder),
        "decoder": NetworkPart(network.vae.decoder),
        "vocoder": NetworkPart(network.vocoder),
    }
    found = cost_of(10.24, lambda: network(mixture, heard, drawn, 1), parts).parts
    gmacs = {name: found[name].macs / 1e9 for name in parts}
    assert gmacs == pytest.approx({"unet": 69.29, "encoder": 172.7, "decoder": 335.2, "vocoder": 133.7}, abs=0.05)
