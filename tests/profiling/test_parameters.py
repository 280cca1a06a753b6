"""Parameters: each stored number once, in the part that it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from sepbench.profiling.network_cost import weightless  # noqa: E402
from sepbench.profiling.parameters import Size, sizes  # noqa: E402


class Tied(nn.Module):
    """A vocabulary of 50 words that the output layer shares."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.out = nn.Linear(8, 50)
        self.out.weight = self.words.weight


def test_tied_weights_count_once_in_the_first_part() -> None:
    tied = Tied()
    assert sizes({"all": tied}) == {"all": Size(50 * 8 + 50)}
    assert sizes({"words": tied.words, "out": tied.out}) == {"words": Size(400), "out": Size(50)}
    assert sizes({"out": tied.out, "words": tied.words}) == {"out": Size(450), "words": Size(0)}


def test_weights_side_by_side_in_one_storage_are_different_ones() -> None:
    both = torch.zeros(10)
    layer = nn.Linear(2, 2)
    layer.weight, layer.bias = nn.Parameter(both[:4].view(2, 2)), nn.Parameter(both[4:6])
    assert sizes({"layer": layer}) == {"layer": Size(6)}


def test_frozen_parameters_and_buffers_stand_apart() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    network[0].requires_grad_(False)
    assert sizes({"network": network}) == {"network": Size(trainable=8, frozen=16, buffers=4 + 4 + 1)}


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_normed_weight_counts_as_files_hold_it(device: str) -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Conv1d(3, 5, 7)).to(device)
    assert sizes({"layer": layer}) == {"layer": Size(5 + 5 * 3 * 7 + 5)}


@pytest.mark.parametrize(
    "make", [Tied, lambda: nn.LSTM(3, 4), lambda: nn.Sequential(nn.Linear(2, 2).requires_grad_(False))]
)
def test_a_weightless_copy_has_the_same_size_and_leaves_the_original_alone(make: Any) -> None:
    network = make()
    copy = weightless(network)
    assert sizes({"network": copy}) == sizes({"network": network})
    assert {one.device.type for one in copy.parameters()} == {"meta"}
    assert {one.device.type for one in network.parameters()} == {"cpu"}
