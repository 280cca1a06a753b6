"""Self-attention with the parameters of `torch.nn.MultiheadAttention`.

That module's fast path at inference hides its products from counters of operations, and so does torch's fused
attention on a CPU.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Every frame attends to every frame, its own and later ones too."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, sequence: Tensor) -> Tensor:
        """``(batch, frames, width)``."""
        batch, frames, _ = sequence.shape
        projected = nn.functional.linear(sequence, self.in_proj_weight, self.in_proj_bias)
        query, key, value = projected.reshape(batch, frames, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-2, -1)), dim=-1)
        heard: Tensor = self.out_proj(torch.matmul(weights, value).transpose(1, 2).flatten(2))
        return heard
