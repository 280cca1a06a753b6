"""Blocks of BiModalSep's U-Net: residual convolutions, and attention among a map's places and to a text's tokens.

Maps are ``(batch, channels, bins, frames)``, sequences ``(batch, places or tokens, channels)``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn

from sepbench.networks.latent_blocks import attend
from sepbench.networks.norms import stored_norm

SLOPE = 0.2
"""Of the leaky ReLU below zero."""


class ResidualBlock(nn.Module):
    """A normed 3x3 convolution added to its input, and a leaky ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.res_layers = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels))]
        )

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        convolution, norm = self.res_layers[0].children()
        assert isinstance(norm, nn.BatchNorm2d)
        return nn.functional.leaky_relu_(x + stored_norm(norm, convolution(x)), SLOPE)


class Mlp(nn.Module):
    """Two layers, the inner one twice as wide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)

    def forward(self, sequence: Tensor) -> Tensor:
        """The same shape."""
        y: Tensor = self.fc2(nn.functional.gelu(self.fc1(sequence)))
        return y


class SelfAttention(nn.Module):
    """Every place hears every place."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, sequence: Tensor) -> Tensor:
        """The same shape."""
        query, key, value = (_split(part, self.heads) for part in self.qkv(sequence).chunk(3, dim=-1))
        y: Tensor = self.proj(_joined(attend(query, key, value)))
        return y


class CrossAttention(nn.Module):
    """Every place hears every token, those of padding too."""

    def __init__(self, width: int, text_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(text_width, 2 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, sequence: Tensor, tokens: Tensor) -> Tensor:
        """``(batch, places, width)`` and ``(batch, tokens, text width)`` -> the former's shape."""
        key, value = (_split(part, self.heads) for part in self.kv(tokens).chunk(2, dim=-1))
        y: Tensor = self.proj(_joined(attend(_split(self.q(sequence), self.heads), key, value)))
        return y


class SelfBlock(nn.Module):
    """Attention among places, then two layers, each on its normed input and added to it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width)

    def forward(self, sequence: Tensor) -> Tensor:
        """The same shape."""
        sequence = sequence + self.attn(self.norm1(sequence))
        y: Tensor = sequence + self.mlp(self.norm2(sequence))
        return y


class CrossBlock(nn.Module):
    """The same with attention to the text's tokens."""

    def __init__(self, width: int, text_width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = CrossAttention(width, text_width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width)

    def forward(self, sequence: Tensor, tokens: Tensor) -> Tensor:
        """The sequence's shape."""
        sequence = sequence + self.attn(self.norm1(sequence), tokens)
        y: Tensor = sequence + self.mlp(self.norm2(sequence))
        return y


class ConditionedBlock(nn.Module):
    """Both on a map's places, the text last."""

    def __init__(self, width: int, text_width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)  # trained files hold it, no forward pass uses it
        self.sa_block = SelfBlock(width, heads)
        self.ca_block = CrossBlock(width, text_width, heads)

    def forward(self, x: Tensor, tokens: Tensor) -> Tensor:
        """A map and ``(batch, tokens, text width)`` -> a map of the same shape."""
        sequence = self.ca_block(self.sa_block(x.flatten(2).transpose(1, 2)), tokens)
        y: Tensor = sequence.transpose(1, 2).reshape(x.shape)
        return y


def _split(sequence: Tensor, heads: int) -> Tensor:
    """``(batch, places, width)`` -> ``(batch, heads, places, width / heads)``."""
    return torch.unflatten(sequence, -1, (heads, -1)).transpose(1, 2)


def _joined(sequence: Tensor) -> Tensor:
    return sequence.transpose(1, 2).flatten(2)
