"""Whole systems: published figures of AudioSep and PANNs, and formulas for what has none."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from torch import nn  # noqa: E402

from sepbench.networks.clap_text import EMBEDDING, ClapText, TextSize  # noqa: E402
from sepbench.networks.cnn14 import Cnn14  # noqa: E402
from sepbench.networks.resunet30 import CONDITION, ResUNet30  # noqa: E402
from sepbench.profiling.counting import OTHER  # noqa: E402
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless  # noqa: E402
from sepbench.separators.separator import Cost, Part  # noqa: E402

RATE = 32000


def meta(make: Any) -> Any:
    with torch.device("meta"):
        return make().eval()


def audiosep(seconds: int) -> Cost:
    network = meta(ResUNet30)
    mixture = torch.zeros(1, 1, seconds * RATE, device="meta")
    text = torch.zeros(1, CONDITION, device="meta")
    parts = {"U-Net": NetworkPart(network), "FiLM": NetworkPart(network.film)}
    return cost_of(seconds, lambda: network(mixture, text), parts)


@pytest.mark.parametrize(("seconds", "gmacs", "published"), [(1, 29.17, 30.446), (10, 233.35, 245.959)])
def test_audiosep_costs_what_others_count_less_its_dft_convolutions(
    seconds: int, gmacs: float, published: float
) -> None:
    """The original convolves with DFT matrices of 2 x 1025 x 2048 and 2 x 2048 x 2048 numbers for every frame of 320
    samples, and computes six more shifts, of 1600 channels together, that it never uses."""
    parts = audiosep(seconds).parts
    macs = sum(part.macs for part in parts.values())
    assert round(parts["U-Net"].macs / 1e9, 2) == gmacs
    frames = seconds * RATE // 320 + 1
    convolutions = frames * 2 * 2048 * (1025 + 2048)
    unused = CONDITION * (384 + 384 + 384 + 256 + 128 + 64)
    assert round((macs + convolutions + unused) / 1e9, 3) == published


def test_audiosep_has_its_parameters_and_its_transforms() -> None:
    parts = audiosep(1).parts
    assert (parts["U-Net"].trainable, parts["FiLM"].trainable) == (21_391_813, 5_056_128)
    assert sum(part.trainable for part in parts.values()) + 2 * 2048 * (1025 + 2048) == 39_034_949
    # Waveform to spectrum and back, 101 frames of 2048: a hundredth of what the DFT convolutions take.
    assert parts["U-Net"].fft_macs == 2 * 101 * 5 * 2048 * 11 // 2


def test_cnn14_costs_21_gmac_for_10_seconds_with_its_dft_convolution() -> None:
    network = meta(Cnn14)
    cost = cost_of(10, lambda: network(torch.zeros(1, 10 * RATE, device="meta")), {"tagger": NetworkPart(network)})
    assert cost.parts["tagger"].trainable == 80_753_615
    assert round((cost.parts["tagger"].macs + 1001 * 2 * 1024 * 513) / 1e9, 1) == 21.1


def test_claps_text_side_has_its_parameters() -> None:
    """RoBERTa-base with its pooler, and a projection to 512."""
    network = meta(ClapText)
    cost = cost_of(1, lambda: None, {"text": NetworkPart(network, ("pipeline",), per_query=True)})
    assert cost.parts["text"].trainable == 124_645_632 + 656_384


@pytest.mark.parametrize("tokens", [5, 77])
def test_claps_text_side_costs_what_a_transformer_does(tokens: int) -> None:
    size = TextSize(vocabulary=100, width=32, layers=3, heads=4, feed_forward=64)
    network = ClapText(size)
    given = torch.full((1, tokens), 7), torch.ones(1, tokens, dtype=torch.long)
    cost = cost_of(1, lambda: network(*given), {"text": NetworkPart(network)})
    layer = 4 * tokens * 32 * 32 + 2 * tokens * tokens * 32 + 2 * tokens * 32 * 64
    assert cost.parts["text"].macs == 3 * layer + 32 * 32 + 32 * EMBEDDING + EMBEDDING * EMBEDDING


def test_a_weightless_copy_costs_the_same() -> None:
    network = ResUNet30(widths=(4, 4, 6, 6, 8, 8)).eval()
    copy = weightless(network)

    def cost(of: Any, device: str) -> Cost:
        given = torch.zeros(1, 1, RATE, device=device), torch.zeros(1, CONDITION, device=device)
        return cost_of(1, lambda: of(*given), {"network": NetworkPart(of), "FiLM": NetworkPart(of.film)})

    assert cost(copy, "meta") == cost(network, "cpu")


def test_facts_of_a_part_come_through_and_other_work_is_in_every_sum() -> None:
    layer, text = nn.Linear(2, 3, bias=False).half(), nn.Linear(4, 5, bias=False).requires_grad_(False)

    def run() -> None:
        for _ in range(7):
            text(torch.zeros(4))
        torch.zeros(3) @ torch.zeros(3)

    parts = {"layer": NetworkPart(layer, ("code_stream",)), "text": NetworkPart(text, ("pipeline",), per_query=True)}
    assert cost_of(2.5, run, parts) == Cost(
        2.5,
        {
            "layer": Part(6, 0, 0, macs=0, scopes=("code_stream",)),
            "text": Part(0, 20, 0, macs=7 * 20, steps=7, scopes=("pipeline",), per_query=True),
            OTHER: Part(0, 0, 0, macs=3, scopes=("code_stream", "pipeline")),
        },
        dtype="float16, float32",
    )
