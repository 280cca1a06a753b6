"""A mask as the inner product of a query and a spectrum's features, as CLIPSep and BiModalSep end."""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn


class InnerProduct(nn.Module):
    """A scale for each channel, one bias for all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, query: Tensor, features: Tensor) -> Tensor:
        """Logits of a mask.

        >>> InnerProduct(2)(torch.tensor([[1.0, 2.0]]), torch.tensor([[[[3.0]], [[5.0]]]])).item()
        13.0

        Args:
            query: ``(batch, channels)``.
            features: ``(batch, channels, bins, frames)``.

        Returns:
            ``(batch, bins, frames)``.
        """
        return torch.einsum("bc,bchw->bhw", query * self.scale, features) + self.bias
