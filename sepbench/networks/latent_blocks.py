"""Pieces that the two networks on latent maps share, FlowSep's autoencoder and its UNet.

Maps are ``(batch, channels, frames, bands)``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

GROUPS = 32
LEAST_CHANNELS = 4
"""Of a group, as in the narrowest official layer; narrower networks have fewer groups. One of its own would rid a
channel of whatever a time or a text adds to it."""


def group_norm(width: int, *, epsilon: float) -> nn.GroupNorm:
    """The norm that stands before every convolution."""
    return nn.GroupNorm(math.gcd(GROUPS, width // LEAST_CHANNELS), width, eps=epsilon)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """Softmax attention, written out: torch's fused form hides its products from counters of operations.

    Args:
        query: ``(..., queries, width)``.
        key: ``(..., keys, width)``.
        value: ``(..., keys, depth)``.
        mask: broadcast to ``(..., queries, keys)``, True for keys that count.

    Returns:
        ``(..., queries, depth)``.

    >>> one, two = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0], [5.0]])
    >>> attend(one, torch.zeros(2, 2), two)
    tensor([[4.]])
    """
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return torch.softmax(scores, dim=-1) @ value


class Doubling(nn.Module):
    """Every place twice, and a 3x3 convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Twice the frames and bands."""
        y: Tensor = self.conv(nn.functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return y
