"""Blocks of ResUNet30: residual convolutions before which a condition shifts every channel.

Tensors are ``(batch, channels, frames, bins)``, shifts ``(batch, channels)``. The conditioning is additive only: no
channel is scaled by the text.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn

from sepbench.networks.norms import stored_scale

SLOPE = 0.01
"""Of the leaky ReLU below zero."""


def shifted_activation(norm: nn.BatchNorm2d, x: Tensor, shift: Tensor) -> Tensor:
    """leaky_relu(batch_norm(x) + shift) with the norm's stored statistics, in one pass over the tensor."""
    scale, offset = stored_scale(norm)
    added = (offset + shift)[:, :, None, None].to(x.dtype)
    y = torch.addcmul(added, x, scale[None, :, None, None].to(x.dtype))
    return nn.functional.leaky_relu_(y, SLOPE)


class ResidualBlock(nn.Module):
    """Two pre-activated 3x3 convolutions around a shortcut, which is 1x1 where the number of channels changes."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Tensor, shift1: Tensor, shift2: Tensor) -> Tensor:
        """``(batch, inputs, frames, bins)`` -> ``(batch, outputs, frames, bins)``."""
        y: Tensor = self.conv1(shifted_activation(self.bn1, x, shift1))
        y = self.conv2(shifted_activation(self.bn2, y, shift2))
        return y + (x if self.shortcut is None else self.shortcut(x))


class EncoderBlock(nn.Module):
    """A residual block; what it gives is kept for the decoder and pooled for the next block."""

    def __init__(self, inputs: int, outputs: int, pool: tuple[int, int]) -> None:
        super().__init__()
        self.conv_block1 = ResidualBlock(inputs, outputs)
        self.pool = pool

    def forward(self, x: Tensor, shift1: Tensor, shift2: Tensor) -> tuple[Tensor, Tensor]:
        """Pooled and unpooled output."""
        skip: Tensor = self.conv_block1(x, shift1, shift2)
        return nn.functional.avg_pool2d(skip, self.pool), skip


class DecoderBlock(nn.Module):
    """A transposed convolution without overlap, the encoder's output beside it, and a residual block."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.ConvTranspose2d(inputs, outputs, stride, stride, bias=False)
        self.conv_block2 = ResidualBlock(2 * outputs, outputs)
        self.bn2 = nn.BatchNorm2d(inputs)  # trained files hold it, no forward pass uses it

    def forward(self, x: Tensor, skip: Tensor, shift: Tensor, shift1: Tensor, shift2: Tensor) -> Tensor:
        """``(batch, inputs, frames, bins)`` and the encoder's ``(batch, outputs, ...)`` -> the latter's shape."""
        up = self.conv1(shifted_activation(self.bn1, x, shift))
        y: Tensor = self.conv_block2(torch.cat((up, skip), dim=1), shift1, shift2)
        return y
