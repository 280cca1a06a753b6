"""The pieces of TDANet: global layer norm, convolutions with it, gated fusion of two rates, global attention."""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sepbench.networks.attention import SelfAttention
from sepbench.networks.positions import Positions

EPSILON = 1e-8
HEADS = 8
FRAME_LIMIT = 10000

Norm = Callable[[int], nn.Module]
"""Channels to a norm: `global_norm` or `NamedNorm`, which compute the same."""


def global_norm(channels: int) -> nn.GroupNorm:
    """Layer norm over channels and time, its parameters named ``weight`` and ``bias``."""
    return nn.GroupNorm(1, channels, eps=EPSILON)


class NamedNorm(nn.Module):
    """The same with parameters named ``gamma`` and ``beta``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        return nn.functional.group_norm(x, 1, self.gamma, self.beta, EPSILON)


class NormedConv(nn.Module):
    """A convolution and a norm."""

    def __init__(self, conv: nn.Conv1d, norm: Norm) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm(conv.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        y: Tensor = self.norm(self.conv(x))
        return y


def depthwise(channels: int, kernel: int, *, stride: int = 1, bias: bool = True) -> nn.Conv1d:
    """Every channel by itself, centred."""
    return nn.Conv1d(channels, channels, kernel, stride=stride, padding=kernel // 2, groups=channels, bias=bias)


class Fusion(nn.Module):
    """``local * sigmoid(gate) + shift``, gate and shift from a signal of another rate, brought to the local one."""

    def __init__(self, channels: int, kernel: int, norm: Norm) -> None:
        super().__init__()
        self.local_embedding = NormedConv(depthwise(channels, kernel, bias=False), norm)
        self.global_embedding = NormedConv(depthwise(channels, kernel, bias=False), norm)
        self.global_act = NormedConv(depthwise(channels, kernel, bias=False), norm)

    def forward(self, local: Tensor, other: Tensor) -> Tensor:
        """``(batch, channels, time)`` and ``(batch, channels, other time)`` -> ``(batch, channels, time)``."""
        gate = resized(torch.sigmoid(self.global_act(other)), local.shape[-1])
        y: Tensor = self.local_embedding(local) * gate + resized(self.global_embedding(other), local.shape[-1])
        return y


def resized(x: Tensor, time: int) -> Tensor:
    """To another length by repeating or dropping frames.

    >>> resized(torch.tensor([[[1.0, 2.0]]]), 5).tolist()
    [[[1.0, 1.0, 1.0, 2.0, 2.0]]]
    """
    return nn.functional.interpolate(x, size=time, mode="nearest")


class Attention(nn.Module):
    """Attention over the clips of a batch, frame by frame, as the original has it; for one clip a projection.

    Its torch module wants time first and is given the batch first. Trained weights know it so; separate clips one by
    one where they must not hear each other.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attn_in_norm = nn.LayerNorm(channels)
        self.pos_enc = Positions(FRAME_LIMIT, channels)
        self.attn = SelfAttention(channels, HEADS)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        sequence = self.pos_enc(self.attn_in_norm(x.transpose(1, 2)))
        heard = self.attn(sequence.transpose(0, 1)).transpose(0, 1)
        doubled: Tensor = self.norm(heard + heard).transpose(1, 2)  # the original adds it to itself
        return doubled


class FeedForward(nn.Module):
    """To twice the channels, along time, and back."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.fc1 = NormedConv(nn.Conv1d(channels, 2 * channels, 1, bias=False), norm)
        self.dwconv = depthwise(2 * channels, 5)
        self.fc2 = NormedConv(nn.Conv1d(2 * channels, channels, 1, bias=False), norm)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        y: Tensor = self.fc2(torch.relu(self.dwconv(self.fc1(x))))
        return y


class GlobalAttention(nn.Module):
    """Attention, then feed-forward, each added to its input."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.attn = Attention(channels)
        self.mlp = FeedForward(channels, norm)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        x = x + self.attn(x)
        y: Tensor = x + self.mlp(x)
        return y
