"""Batch norm as inference needs it: with stored statistics, whatever mode a module is in."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def stored_norm(norm: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor) -> Tensor:
    """Normalise dimension 1 of ``(batch, features, ...)``."""
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    y: Tensor = nn.functional.batch_norm(x, mean, variance, norm.weight, norm.bias, training=False, eps=norm.eps)
    return y


def stored_scale(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """The norm as ``x * scale + offset``, both ``(features,)``."""
    scale = norm.weight * torch.rsqrt(norm.get_buffer("running_var") + norm.eps)
    return scale, norm.bias - norm.get_buffer("running_mean") * scale
