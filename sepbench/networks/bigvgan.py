"""BigVGAN (Lee et al., arXiv 2206.04658): log-mel magnitudes to a waveform; the size that FlowSep ends with.

Keys are the official ones after weight norm is resolved (`weight_norm.baked` does it for a file from before), which
FlowSep's checkpoint prefixes with ``first_stage_model.vocoder.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from sepbench.networks.bigvgan_snake import TAPS, SmoothSnake

if TYPE_CHECKING:
    from sepbench.networks.state_dict import Shapes

DILATIONS = (1, 3, 5)
ENDS = 7
"""Taps of the first and the last convolution."""


@dataclass(frozen=True)
class VocoderSize:
    """`width` channels, halved at every rise of the rate.

    A rise is by a stride, with a kernel of so many taps; blocks with each of `taps` follow it side by side.
    """

    bands: int = 64
    width: int = 512
    strides: tuple[int, ...] = (5, 4, 2, 2, 2)
    kernels: tuple[int, ...] = (16, 16, 8, 4, 4)
    taps: tuple[int, ...] = (3, 7, 11)

    @property
    def widths(self) -> list[int]:
        """Channels after each rise."""
        return [self.width // 2**number for number in range(1, len(self.strides) + 1)]


class ResidualBlock(nn.Module):
    """Three pairs of convolutions, the first of each dilated further, each pair added to what it heard."""

    def __init__(self, width: int, taps: int) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(_same(width, taps, dilation) for dilation in DILATIONS)
        self.convs2 = nn.ModuleList(_same(width, taps, 1) for _ in DILATIONS)
        self.activations = nn.ModuleList(SmoothSnake(width) for _ in range(2 * len(DILATIONS)))

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, width, time)``, shape kept."""
        pairs = zip(self.convs1, self.convs2, self.activations[::2], self.activations[1::2], strict=True)
        for first, second, before, between in pairs:
            x = x + second(between(first(before(x))))
        return x


class BigVgan(nn.Module):
    """The vocoder; the official size by default."""

    def __init__(self, size: VocoderSize | None = None) -> None:
        super().__init__()
        size = size or VocoderSize()
        self.beside = len(size.taps)
        self.conv_pre = _same(size.bands, ENDS, 1, size.width)
        ins = [size.width, *size.widths]
        self.ups = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose1d(inputs, outputs, taps, stride, padding=(taps - stride) // 2))
            for inputs, outputs, taps, stride in zip(ins, size.widths, size.kernels, size.strides, strict=False)
        )
        self.resblocks = nn.ModuleList(ResidualBlock(width, taps) for width in size.widths for taps in size.taps)
        self.activation_post = SmoothSnake(size.widths[-1])
        self.conv_post = _same(size.widths[-1], ENDS, 1, 1)

    @property
    def fixed(self) -> Shapes:
        """Tensors of the official file that the architecture determines: each activation's two filters."""
        activations = [name for name, module in self.named_modules() if isinstance(module, SmoothSnake)]
        return {
            f"{name}.{place}.filter": (1, 1, TAPS)
            for name in activations
            for place in ("upsample", "downsample.lowpass")
        }

    def forward(self, log_mel: Tensor) -> Tensor:
        """``(batch, bands, frames)`` -> ``(batch, 1, time)``; 160 samples a frame and 32 more, within full scale."""
        x = self.conv_pre(log_mel)
        for number, rise in enumerate(self.ups):
            x = rise(x)
            blocks = self.resblocks[number * self.beside : (number + 1) * self.beside]
            x = torch.stack([block(x) for block in blocks]).mean(dim=0)
        return torch.tanh(self.conv_post(self.activation_post(x)))


def _same(inputs: int, taps: int, dilation: int, outputs: int | None = None) -> nn.Conv1d:
    """A convolution that keeps the length; as many channels as before where none are named."""
    return nn.Conv1d(inputs, outputs or inputs, taps, dilation=dilation, padding=dilation * (taps - 1) // 2)
