"""The sine and cosine table of positions (Vaswani et al., arXiv 1706.03762), as official files hold it."""

# mypy: allow-subclassing-any

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError

BASE = 10000.0


class Positions(nn.Module):
    """Adds the table to a sequence: sines in even columns, cosines in odd ones."""

    pe: Tensor

    def __init__(self, limit: int, width: int) -> None:
        super().__init__()
        self.register_buffer("pe", position_table(limit, width))

    def forward(self, sequence: Tensor) -> Tensor:
        """``(batch, frames, width)``.

        Raises:
            SepbenchError: more frames than the table has.
        """
        frames = sequence.shape[1]
        if frames > self.pe.shape[1]:
            raise SepbenchError(
                "audio too long for the model's table of positions",
                given=f"{frames} frames",
                wanted=f"{self.pe.shape[1]} or fewer",
                remedy="give it in shorter pieces",
            )
        return sequence + self.pe[:, :frames]


def position_table(limit: int, width: int) -> Tensor:
    """``(1, limit, width)``.

    >>> position_table(2, 2)
    tensor([[[0.0000, 1.0000],
             [0.8415, 0.5403]]])
    """
    slowness = torch.exp(torch.arange(0, width, 2) * (-math.log(BASE) / width))
    angles = torch.arange(limit)[:, None] * slowness
    return torch.stack([angles.sin(), angles.cos()], dim=-1).reshape(1, limit, width)
