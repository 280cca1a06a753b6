"""The transformer layers that all parts of HSM-TSS are built of: a norm before each step, whose result is added.

Attention is split in two, so that a decoder can keep what it heard: `Attention.remember` makes keys and values, and the
module itself asks them. Sequences are ``(batch, places, width)``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.networks.latent_blocks import attend
from sepbench.networks.positions import position_table

TOKEN_DEVIATION = 0.02
"""Of learned vectors before training, as ViT and BERT draw them."""


@dataclass(frozen=True)
class TransformerSize:
    """Of a chain of layers; `feed_forward` is the inner width of each layer's second step."""

    width: int
    layers: int
    heads: int
    feed_forward: int


@dataclass(frozen=True)
class Memory:
    """Keys and values of places that were heard, ``(batch, heads, places, width of a head)`` each."""

    key: Tensor
    value: Tensor

    def then(self, later: Memory) -> Memory:
        """The places of both, in this order."""
        return Memory(torch.cat([self.key, later.key], dim=2), torch.cat([self.value, later.value], dim=2))


class Attention(nn.Module):
    """Several heads; what is heard may be another sequence, of another width."""

    def __init__(self, width: int, heard: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(heard, width)
        self.value = nn.Linear(heard, width)
        self.out = nn.Linear(width, width)

    def remember(self, heard: Tensor) -> Memory:
        """``(batch, places, heard)`` as keys and values."""
        return Memory(self._split(self.key(heard)), self._split(self.value(heard)))

    def forward(self, sequence: Tensor, memory: Memory, mask: Tensor | None = None) -> Tensor:
        """``(batch, places, width)``; the mask, True for what is heard, fits ``(batch, heads, places, heard)``."""
        found = attend(self._split(self.query(sequence)), memory.key, memory.value, mask)
        answer: Tensor = self.out(found.transpose(1, 2).flatten(2))
        return answer

    def _split(self, states: Tensor) -> Tensor:
        return states.reshape(*states.shape[:2], self.heads, -1).transpose(1, 2)


class FeedForward(nn.Sequential):
    """A norm, two linear layers with a GELU between."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__(nn.LayerNorm(width), nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))


class SelfAttending(nn.Module):
    """A sequence attends to itself, and what it finds is added to it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = Attention(width, width, heads)

    def forward(self, sequence: Tensor, mask: Tensor | None = None) -> Tensor:
        """Shape kept; the mask as in `Attention`."""
        normed = self.norm(sequence)
        attended: Tensor = sequence + self.attention(normed, self.attention.remember(normed), mask)
        return attended


class Layer(nn.Module):
    """Self-attention and feed-forward."""

    def __init__(self, size: TransformerSize) -> None:
        super().__init__()
        self.attending = SelfAttending(size.width, size.heads)
        self.feed_forward = FeedForward(size.width, size.feed_forward)

    def forward(self, sequence: Tensor, mask: Tensor | None = None) -> Tensor:
        """Shape kept."""
        sequence = self.attending(sequence, mask)
        y: Tensor = sequence + self.feed_forward(sequence)
        return y


class Transformer(nn.Module):
    """All layers and a last norm: every place hears every place, whatever their order."""

    def __init__(self, size: TransformerSize) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)

    def forward(self, sequence: Tensor, mask: Tensor | None = None) -> Tensor:
        """Shape kept; the mask as in `Attention`, the same in all layers."""
        for layer in self.layers:
            sequence = layer(sequence, mask)
        normed: Tensor = self.norm(sequence)
        return normed


def token(width: int) -> nn.Parameter:
    """One learned vector, ``(1, 1, width)``."""
    return nn.Parameter(TOKEN_DEVIATION * torch.randn(1, 1, width))


def grid_positions(columns: int, rows: int, width: int) -> Tensor:
    """Sines and cosines of a grid's places, ``(1, columns * rows, width)``, row after row within each column.

    The first half of the width tells the column, the second the row; `width` is a multiple of 4.

    >>> grid_positions(2, 1, 4)
    tensor([[[0.0000, 1.0000, 0.0000, 1.0000],
             [0.8415, 0.5403, 0.0000, 1.0000]]])
    """
    by_column = position_table(columns, width // 2)[0].repeat_interleave(rows, dim=0)
    by_row = position_table(rows, width // 2)[0].repeat(columns, 1)
    return torch.cat([by_column, by_row], dim=1)[None]
