"""The third stage of HSM-TSS (arXiv 2505.21025): codes of an audio codec, step by step, from local features.

A transformer decoder: each step of 20 ms hears the steps before it and the patches' features, and tells the words of
all code books at once (in the manner of UniCodec). In training the true codes go in; alone it hears its own.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.dac_quantiser import CODE_WORDS
from sepbench.networks.hsm_tss_choices import Choose
from sepbench.networks.hsm_tss_layers import (
    TOKEN_DEVIATION,
    Attention,
    FeedForward,
    Memory,
    TransformerSize,
    grid_positions,
    token,
)
from sepbench.networks.positions import Positions


@dataclass(frozen=True)
class CodeDecoderSize:
    """Size of the decoder; the paper states layers, heads and width.

    Attributes:
        feed_forward: four times the width, as in most transformers.
        reach: so many columns of patches to either side of its own a step hears. The paper says nothing of a limit, so
            that the default is all 64 columns of 10 s; a small network finds its place with one or two.
    """

    width: int = 1024
    layers: int = 12
    heads: int = 8
    feed_forward: int = 4096
    reach: int = 64

    @property
    def transformer(self) -> TransformerSize:
        """Of its layers."""
        return TransformerSize(self.width, self.layers, self.heads, self.feed_forward)


@dataclass(frozen=True)
class CodeGrid:
    """What the decoder stands between: features of `columns` times `rows` patches, codes of `books` for `steps`."""

    columns: int
    rows: int
    features: int
    books: int
    steps: int

    def heard(self, reach: int) -> Tensor:
        """Which patches each step hears, ``(steps, columns * rows)``.

        >>> CodeGrid(columns=2, rows=1, features=8, books=1, steps=4).heard(0).int()
        tensor([[1, 0],
                [1, 0],
                [0, 1],
                [0, 1]], dtype=torch.int32)
        """
        own = torch.arange(self.steps) * self.columns // self.steps
        near = (own[:, None] - torch.arange(self.columns)).abs() <= reach
        return near.repeat_interleave(self.rows, dim=1)


@dataclass(frozen=True)
class Passed:
    """A layer's output, and what it remembers of the steps so far."""

    sequence: Tensor
    steps: Memory


class DecoderLayer(nn.Module):
    """Earlier steps are heard, then features, then comes a feed-forward step."""

    def __init__(self, size: TransformerSize) -> None:
        super().__init__()
        self.steps_norm, self.features_norm = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.steps = Attention(size.width, size.width, size.heads)
        self.features = Attention(size.width, size.width, size.heads)
        self.feed_forward = FeedForward(size.width, size.feed_forward)

    def forward(self, sequence: Tensor, past: Memory | None, features: Memory, heard: Tensor) -> Passed:
        """New steps ``(batch, steps, width)`` after past ones; `heard` ``(steps, patches)`` is of the new ones."""
        normed = self.steps_norm(sequence)
        new = self.steps.remember(normed)
        known = new if past is None else past.then(new)
        count, total = sequence.shape[1], known.key.shape[2]
        earlier = torch.ones(count, total, dtype=torch.bool, device=sequence.device).tril(total - count)
        sequence = sequence + self.steps(normed, known, earlier)
        sequence = sequence + self.features(self.features_norm(sequence), features, heard)
        return Passed(sequence + self.feed_forward(sequence), known)


class CodeDecoder(nn.Module):
    """Local features to codes."""

    places: Tensor
    heard: Tensor

    def __init__(self, size: CodeDecoderSize, grid: CodeGrid) -> None:
        super().__init__()
        self.grid = grid
        self.features = nn.Linear(grid.features, size.width)
        self.register_buffer("places", grid_positions(grid.columns, grid.rows, size.width), persistent=False)
        self.register_buffer("heard", grid.heard(size.reach), persistent=False)
        self.beginning = token(size.width)
        self.words = nn.ModuleList(nn.Embedding(CODE_WORDS, size.width) for _ in range(grid.books))
        self.positions = Positions(grid.steps, size.width)
        self.layers = nn.ModuleList(DecoderLayer(size.transformer) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)
        self.logits = nn.Linear(size.width, grid.books * CODE_WORDS)
        for table in self.words.parameters():
            nn.init.normal_(table, std=TOKEN_DEVIATION)

    def forward(self, features: Tensor, codes: Tensor) -> Tensor:
        """Logits of every step, given the true codes before it.

        Args:
            features: ``(batch, patches, width of features)``.
            codes: ``(batch, books, steps)``.

        Returns:
            ``(batch, books, steps, 1024)``.

        Raises:
            SepbenchError: more steps than 10.24 s have.
        """
        return self.told(self.states(features, codes))

    def states(self, features: Tensor, codes: Tensor) -> Tensor:
        """What `told` makes logits of, ``(batch, steps, width)``: training may want those of some steps only."""
        before = torch.cat([self.beginning.expand(len(codes), -1, -1), self._embedded(codes[..., :-1])], dim=1)
        heard, sequence = self.heard[: codes.shape[-1]], cast("Tensor", self.positions(before))
        for layer, memory in zip(self.layers, self._remembered(features), strict=True):
            sequence = layer(sequence, None, memory, heard).sequence
        return sequence

    def generate(self, features: Tensor, steps: int, choose: Choose) -> Tensor:
        """Codes ``(batch, books, steps)``, each step heard by the later ones; what was computed once is kept.

        Raises:
            SepbenchError: no steps, or more than 10.24 s have.
        """
        if not 1 <= steps <= self.grid.steps:
            raise SepbenchError("no such number of steps", given=str(steps), wanted=f"from 1 to {self.grid.steps}")
        memories = self._remembered(features)
        pasts: list[Memory | None] = [None] * len(self.layers)
        last, codes = self.beginning.expand(len(features), -1, -1), []
        for step in range(steps):
            sequence = last + self.positions.pe[:, step : step + 1]
            for number, layer in enumerate(self.layers):
                passed = layer(sequence, pasts[number], memories[number], self.heard[step : step + 1])
                sequence, pasts[number] = passed.sequence, passed.steps
            codes.append(choose(self.told(sequence)))
            last = self._embedded(codes[-1])
        return torch.cat(codes, dim=-1)

    def _embedded(self, codes: Tensor) -> Tensor:
        """``(batch, books, steps)`` -> ``(batch, steps, width)``: a sum over the books."""
        return torch.stack([words(book) for words, book in zip(self.words, codes.unbind(1), strict=True)]).sum(dim=0)

    def _remembered(self, features: Tensor) -> list[Memory]:
        placed = self.features(features) + self.places
        return [layer.features.remember(placed) for layer in self._layers()]

    def _layers(self) -> list[DecoderLayer]:
        return cast("list[DecoderLayer]", list(self.layers))

    def told(self, sequence: Tensor) -> Tensor:
        """Logits of steps: ``(batch, steps, width)`` -> ``(batch, books, steps, 1024)``."""
        logits: Tensor = self.logits(self.norm(sequence))
        return logits.reshape(*sequence.shape[:2], self.grid.books, CODE_WORDS).transpose(1, 2)
