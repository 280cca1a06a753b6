"""Multiply-accumulates against what the definitions of the layers say, exactly."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from sepbench.profiling.counting import OTHER, Work, count  # noqa: E402
from sepbench.profiling.fft import fft_macs  # noqa: E402

T, D, HEADS, WIDE = 100, 64, 4, 128
"""Frames, channels, attention heads, and the inner width of a feed-forward block."""

PROJECTIONS = 4 * T * D * D
"""Of attention: queries, keys, values and the output."""
SCORES_AND_SUM = 2 * T * T * D
"""Every query with every key, then every score with every value; how many heads share the channels does not matter."""


def old_weight_norm(layer: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(layer)


def new_weight_norm(layer: Any) -> Any:
    return nn.utils.parametrizations.weight_norm(layer)


class Attention(nn.Module):
    """Attention as models write it themselves, with torch's fused function."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)

    def forward(self, x: Any) -> Any:
        q, k, v = (y.unflatten(-1, (HEADS, -1)).transpose(1, 2) for y in self.qkv(x).chunk(3, dim=-1))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).flatten(2))


class MultiHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(D, HEADS, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.inner(x, x, x, need_weights=False)[0]


SEQUENCE, SIGNAL = (1, T, D), (1, D, T)
LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...], int]] = {
    "linear": (lambda: nn.Linear(D, WIDE), SEQUENCE, T * D * WIDE),
    "linear of one vector": (lambda: nn.Linear(D, WIDE, bias=False), (D,), D * WIDE),
    "convolution": (lambda: nn.Conv1d(D, D, 3, padding=1), SIGNAL, T * D * D * 3),
    "grouped": (lambda: nn.Conv1d(D, D, 3, padding=1, groups=8), SIGNAL, T * D * (D // 8) * 3),
    "dilated": (lambda: nn.Conv1d(D, D, 3, dilation=9), SIGNAL, (T - 18) * D * D * 3),
    "strided": (lambda: nn.Conv1d(D, WIDE, 4, stride=2, padding=1), SIGNAL, (T // 2) * D * WIDE * 4),
    "two-dimensional": (lambda: nn.Conv2d(3, 5, (3, 7), padding=(1, 3)), (1, 3, 20, 30), 600 * 3 * 5 * 21),
    "transposed": (lambda: nn.ConvTranspose1d(D, D, 4, stride=2, padding=1), SIGNAL, T * D * D * 4),
    "transposed, grouped": (lambda: nn.ConvTranspose1d(D, D, 4, stride=2, groups=4), SIGNAL, T * D * (D // 4) * 4),
    "weight norm, old": (lambda: old_weight_norm(nn.Conv1d(D, D, 3, padding=1)), SIGNAL, T * D * D * 3),
    "weight norm, new": (lambda: new_weight_norm(nn.Conv1d(D, D, 3, padding=1)), SIGNAL, T * D * D * 3),
    "weight norm, transposed": (lambda: new_weight_norm(nn.ConvTranspose1d(D, D, 4, 2)), SIGNAL, T * D * D * 4),
    "LSTM": (lambda: nn.LSTM(D, D, batch_first=True), SEQUENCE, 4 * T * (D * D + D * D)),
    "LSTM, both ways": (lambda: nn.LSTM(D, 32, bidirectional=True), (T, 1, D), 2 * 4 * T * (32 * D + 32 * 32)),
    "GRU": (lambda: nn.GRU(D, D, batch_first=True), SEQUENCE, 3 * T * (D * D + D * D)),
    "multi-head attention": (MultiHead, SEQUENCE, PROJECTIONS + SCORES_AND_SUM),
    "encoder layer": (
        lambda: nn.TransformerEncoderLayer(D, HEADS, WIDE, batch_first=True),
        SEQUENCE,
        PROJECTIONS + SCORES_AND_SUM + 2 * T * D * WIDE,
    ),
    "fused attention": (Attention, SEQUENCE, PROJECTIONS + SCORES_AND_SUM),
    "norm and activation": (lambda: nn.Sequential(nn.GroupNorm(4, D), nn.GELU()), SIGNAL, 0),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("mode", [contextlib.nullcontext, torch.inference_mode])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_cost_what_their_definitions_say(name: str, mode: Callable[[], Any], device: str) -> None:
    make, shape, wanted = LAYERS[name]
    layer = make().eval().to(device)
    with mode():
        x = torch.zeros(*shape, device=device)
        found = count(lambda: layer(x), {"layer": layer})
    assert found.work == {"layer": Work(wanted)}
    assert found.calls == {"layer": 1}


FUNCTIONS: dict[str, tuple[Callable[[Callable[..., Any]], object], int]] = {
    "convolution": (lambda z: nn.functional.conv1d(z(1, D, T), z(D, D, 3), padding=1), T * D * D * 3),
    "einsum": (lambda z: torch.einsum("btd,de->bte", z(1, T, D), z(D, D)), T * D * D),
    "einsum with a vector": (lambda z: torch.einsum("td,d->t", z(T, D), z(D)), T * D),
    "matrix by vector": (lambda z: z(5, 6) @ z(6), 30),
    "vector by vector": (lambda z: z(6) @ z(6), 6),
    "added to": (lambda z: torch.addmv(z(5), z(5, 6), z(6)), 30),
    "in place": (lambda z: z(5, 7).addmm_(z(5, 6), z(6, 7)), 5 * 6 * 7),
    "in place, many": (lambda z: z(3, 5, 7).baddbmm_(z(3, 5, 6), z(3, 6, 7)), 3 * 5 * 6 * 7),
    "summed over a batch": (lambda z: torch.addbmm(z(5, 7), z(3, 5, 6), z(3, 6, 7)), 3 * 5 * 6 * 7),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_products_outside_of_modules_are_counted_as_other_work(name: str, device: str) -> None:
    run, wanted = FUNCTIONS[name]
    assert count(lambda: run(lambda *shape: torch.zeros(*shape, device=device)), {}).work == {OTHER: Work(wanted)}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("mode", [contextlib.nullcontext, torch.inference_mode])
def test_transforms_stand_apart_at_5_n_log_n_operations(mode: Callable[[], Any], device: str) -> None:
    def back_and_forth() -> None:
        window = torch.ones(512, device=device)
        spectrum = torch.stft(torch.zeros(1, 16000, device=device), 512, 160, window=window, return_complex=True)
        assert spectrum.shape == (1, 257, 101)
        torch.istft(spectrum, 512, 160, window=window, length=16000)

    with mode():
        assert count(back_and_forth, {}).work == {OTHER: Work(0, 2 * 101 * 5 * 512 * 9 // 2)}


def test_transforms_of_other_kinds() -> None:
    image = torch.zeros(7, 16, 32)
    assert count(lambda: torch.fft.fft2(image.cfloat()), {}).work == {OTHER: Work(0, 7 * 5 * 512 * 9 // 2)}
    assert count(lambda: torch.fft.irfft(torch.zeros(3, 9).cfloat()), {}).work == {OTHER: Work(0, 3 * 5 * 16 * 4 // 2)}
    assert fft_macs(1, transforms=100) == 0
    assert fft_macs(1000, transforms=3) == round(7500 * math.log2(1000))


class Pair(nn.Module):
    """Two layers, and a product of its own between them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 3), nn.Linear(3, 5)

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x) @ torch.zeros(3, 3))


def test_work_belongs_to_the_deepest_part_and_the_parts_sum_to_the_whole() -> None:
    pair, x = Pair(), torch.zeros(10, 2)
    apart = count(lambda: pair(x), {"pair": pair, "second": pair.second}).work
    assert apart == {"pair": Work(10 * (2 * 3 + 3 * 3)), "second": Work(10 * 3 * 5)}
    assert count(lambda: pair(x), {"second": pair.second, "pair": pair}).work == apart
    assert count(lambda: pair(x), {"all": pair}).work == {"all": sum(apart.values(), Work())}
    beside = count(lambda: pair(x), {"second": pair.second}).work
    assert beside == {"second": apart["second"], OTHER: apart["pair"]}


def test_steps_are_calls_of_the_part_itself() -> None:
    pair, x = Pair(), torch.zeros(1, 2)
    list_of_two = nn.ModuleList([pair.first, pair.second])
    found = count(lambda: [pair(x) for _ in range(20)], {"pair": pair, "second": pair.second, "list": list_of_two})
    assert found.calls["second"] == found.calls["pair"] == 20
    assert found.calls["list"] == 0
    assert found.work["pair"] == Work(20 * 9)


def test_a_part_that_is_reached_through_a_method_still_owns_its_layers() -> None:
    pair = Pair()
    assert count(lambda: pair.first(torch.zeros(1, 2)), {"pair": pair}).work == {"pair": Work(6)}


def test_settings_and_hooks_are_put_back_even_after_an_error() -> None:
    class Failing(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("too bad")

    failing = Failing()
    before = _settings()
    with pytest.raises(ValueError, match="too bad"):
        count(lambda: failing(1), {"failing": failing})
    count(lambda: nn.Linear(1, 1)(torch.zeros(1, 1)), {})
    assert _settings() == before
    assert not failing._forward_hooks and not failing._forward_pre_hooks


def _settings() -> list[bool]:
    return [
        torch.backends.mha.get_fastpath_enabled(),
        torch._C._get_mkldnn_enabled(),
        torch.backends.cudnn.enabled,
        torch.backends.cuda.flash_sdp_enabled(),
        torch.is_grad_enabled(),
    ]
