"""The pieces of the Descript audio codec: periodic activation, residual units, down- and upsampling."""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn

DILATIONS = (1, 3, 9)
SNAKE_FLOOR = 1e-9


class Snake(nn.Module):
    """``x + sin^2(a x) / a`` with a slope for each channel (Ziyin et al., arXiv 2006.08195)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        return x + torch.sin(self.alpha * x).square() / (self.alpha + SNAKE_FLOOR)


class ResidualUnit(nn.Module):
    """A dilated and a pointwise convolution around the input."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            Snake(channels),
            nn.Conv1d(channels, channels, 7, dilation=dilation, padding=3 * dilation),
            Snake(channels),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``."""
        y: Tensor = x + self.block(x)
        return y


class Downsampling(nn.Module):
    """Residual units, then a strided convolution to twice the channels."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            *(ResidualUnit(channels, dilation) for dilation in DILATIONS),
            Snake(channels),
            nn.Conv1d(channels, 2 * channels, 2 * stride, stride=stride, padding=-(-stride // 2)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)`` -> ``(batch, 2 * channels, time // stride)`` for multiples of the stride."""
        y: Tensor = self.block(x)
        return y


class Upsampling(nn.Module):
    """A transposed convolution to half the channels, then residual units."""

    def __init__(self, channels: int, stride: int, *, padding: int) -> None:
        super().__init__()
        halved = channels // 2
        self.block = nn.Sequential(
            Snake(channels),
            Spread(channels, halved, stride, padding=padding),
            *(ResidualUnit(halved, dilation) for dilation in DILATIONS),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)`` -> ``(batch, channels // 2, (time + 1) * stride - 2 * padding)``."""
        y: Tensor = self.block(x)
        return y


class Spread(nn.Module):
    """A transposed convolution whose kernel spans two strides, as a matrix product and an overlap-add of halves.

    `torch.nn.functional.conv_transpose1d` is wrong by a tenth of the peak in the first eight outputs for odd strides
    and some lengths, in float32 on CPUs with AVX-512 and two or more threads (torch 2.13.0 with oneDNN 3.12.0).
    """

    def __init__(self, ins: int, outs: int, stride: int, *, padding: int) -> None:
        super().__init__()
        self.stride = stride
        self.padding = padding
        self.weight = nn.Parameter(torch.empty(ins, outs, 2 * stride))
        self.bias = nn.Parameter(torch.zeros(outs))
        nn.init.kaiming_uniform_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, ins, time)`` -> ``(batch, outs, (time + 1) * stride - 2 * padding)``."""
        batch, _, time = x.shape
        product = torch.matmul(self.weight.flatten(1).t(), x)
        pieces = product.reshape(batch, -1, 2, self.stride, time)
        sums = x.new_zeros(batch, pieces.shape[1], self.stride, time + 1)
        sums[..., :-1] += pieces[:, :, 0]
        sums[..., 1:] += pieces[:, :, 1]
        whole = sums.transpose(2, 3).flatten(2)
        return whole[..., self.padding : whole.shape[-1] - self.padding] + self.bias[:, None]
