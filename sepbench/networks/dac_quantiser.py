"""Residual vector quantisation as in the Descript audio codec: each stage codes what the earlier ones left.

A stage projects the rest to a few numbers, takes the code word of the closest direction, and projects that word back.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError

CODE_WORDS = 1024
CODE_WIDTH = 8


@dataclass(frozen=True)
class Quantised:
    """`latent` ``(batch, channels, frames)``; `codes` ``(batch, stages, frames)`` from 0 to 1023.

    `projected` ``(batch, 8 * stages, frames)`` are the stages' numbers before a code word replaces them.
    """

    latent: Tensor
    codes: Tensor
    projected: Tensor


class Stage(nn.Module):
    """One code book."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.in_proj = nn.Conv1d(channels, CODE_WIDTH, 1)
        self.out_proj = nn.Conv1d(CODE_WIDTH, channels, 1)
        self.codebook = nn.Embedding(CODE_WORDS, CODE_WIDTH)

    def nearest(self, projected: Tensor) -> Tensor:
        """Words of the largest cosine: ``(batch, 8, frames)`` -> ``(batch, frames)``, the first of equal ones."""
        words = nn.functional.normalize(self.codebook.weight, dim=1)
        return torch.matmul(words, nn.functional.normalize(projected, dim=1)).argmax(dim=1)

    def decode(self, codes: Tensor) -> Tensor:
        """``(batch, frames)`` -> ``(batch, channels, frames)``, of the words as they are, not of unit length."""
        latent: Tensor = self.out_proj(self.codebook(codes).transpose(1, 2))
        return latent


class ResidualQuantiser(nn.Module):
    """A chain of stages.

    Args:
        channels: of the latent.
        stages: number of code books.
    """

    def __init__(self, channels: int, stages: int) -> None:
        super().__init__()
        self.quantizers = nn.ModuleList(Stage(channels) for _ in range(stages))

    def forward(self, latent: Tensor, *, stages: int | None = None) -> Quantised:
        """Code ``(batch, channels, frames)`` with the first `stages` code books, all by default.

        Raises:
            SepbenchError: there are not so many.
        """
        rest, total, codes, projected = latent, torch.zeros_like(latent), [], []
        for stage in self._first(len(self.quantizers) if stages is None else stages):
            projected.append(stage.in_proj(rest))
            codes.append(stage.nearest(projected[-1]))
            decoded = stage.decode(codes[-1])
            rest, total = rest - decoded, total + decoded
        return Quantised(latent=total, codes=torch.stack(codes, dim=1), projected=torch.cat(projected, dim=1))

    def from_codes(self, codes: Tensor) -> Tensor:
        """The latent of ``(batch, stages, frames)``: a sum over the stages that are given.

        Raises:
            SepbenchError: more stages than code books.
        """
        pairs = zip(self._first(codes.shape[1]), codes.unbind(1), strict=True)
        return torch.stack([stage.decode(each) for stage, each in pairs]).sum(dim=0)

    def _first(self, stages: int) -> list[Stage]:
        if not 1 <= stages <= len(self.quantizers):
            raise SepbenchError(
                "no such number of code books", given=str(stages), wanted=f"from 1 to {len(self.quantizers)}"
            )
        return cast("list[Stage]", list(self.quantizers)[:stages])
