"""LASS-Net's U-Net: residual blocks after whose convolutions a text adds to every channel.

Tensors are ``(batch, channels, frames, bins)``, conditions ``(batch, 256)``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sepbench.networks.norms import stored_norm

SLOPE = 0.01
"""Of the leaky ReLU below zero."""

LEFT_OUT = 2
"""Highest bins that the network neither hears nor judges; the other 511 come down to 7 and back by n -> 2 n + 1."""


class Shift(nn.Module):
    """What a condition adds to each channel; never below zero."""

    def __init__(self, condition: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Sequential(
            nn.Linear(condition, 2 * channels), nn.ReLU(), nn.Linear(2 * channels, channels), nn.ReLU()
        )

    def forward(self, condition: Tensor) -> Tensor:
        """``(batch, channels, 1, 1)``."""
        shift: Tensor = self.linear(condition)
        return shift[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two pre-activated 3x3 convolutions, each shifted, around a shortcut that is 1x1 and shifted between widths."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.film1 = Shift(condition, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.film2 = Shift(condition, outputs)
        self.widens = inputs != outputs
        if self.widens:
            self.shortcut = nn.Conv2d(inputs, outputs, 1)
            self.film_res = Shift(condition, outputs)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """``(batch, inputs, frames, bins)`` -> ``(batch, outputs, frames, bins)``."""
        y: Tensor = self.conv1(_activated(self.bn1, x)) + self.film1(condition)
        y = self.conv2(_activated(self.bn2, y)) + self.film2(condition)
        beside: Tensor = self.shortcut(x) + self.film_res(condition) if self.widens else x
        return beside + y


class EncoderBlock(nn.Module):
    """Two residual blocks; what they give is kept for the decoder and halved for the next block."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.conv_block1 = ResidualBlock(inputs, outputs, condition)
        self.conv_block2 = ResidualBlock(outputs, outputs, condition)

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Halved and whole output."""
        whole: Tensor = self.conv_block2(self.conv_block1(x, condition), condition)
        return nn.functional.avg_pool2d(whole, 2), whole


class DecoderBlock(nn.Module):
    """A transposed convolution to twice the size, the encoder's output behind it, and two residual blocks."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.ConvTranspose2d(inputs, outputs, 3, stride=2, bias=False)
        self.conv_block2 = ResidualBlock(2 * outputs, outputs, condition)
        self.conv_block3 = ResidualBlock(outputs, outputs, condition)

    def forward(self, x: Tensor, skip: Tensor, condition: Tensor) -> Tensor:
        """``(batch, inputs, frames, bins)`` and the encoder's ``(batch, outputs, ...)`` -> the latter's shape."""
        up = self.conv1(torch.relu(stored_norm(self.bn1, x)))[:, :, :-1]
        y: Tensor = self.conv_block2(torch.cat((up, skip), dim=1), condition)
        y = self.conv_block3(y, condition)
        return y


class ConditionedUNet(nn.Module):
    """Magnitudes to a mask's logits.

    Args:
        widths: channels after each encoder block.
        condition: length of the text's vector.
    """

    def __init__(self, widths: Sequence[int], condition: int) -> None:
        super().__init__()
        self.depth = len(widths)
        ins, outs = (1, *widths), (widths[-1], *reversed(widths))
        for number in range(self.depth):
            setattr(self, f"encoder_block{number + 1}", EncoderBlock(ins[number], ins[number + 1], condition))
        self.conv_block7 = ResidualBlock(widths[-1], widths[-1], condition)
        for number in range(self.depth):
            setattr(self, f"decoder_block{number + 1}", DecoderBlock(outs[number], outs[number + 1], condition))
        self.after_conv_block1 = ResidualBlock(widths[0], widths[0], condition)
        self.after_conv2 = nn.Conv2d(widths[0], 1, 1)

    def forward(self, magnitude: Tensor, condition: Tensor) -> Tensor:
        """``(batch, frames, 513)`` -> the same; the two highest bins have the logit 0."""
        frames = magnitude.shape[1]
        x = nn.functional.pad(magnitude[:, None], (0, -LEFT_OUT, 0, -frames % 2**self.depth))
        skips: list[Tensor] = []
        for number in range(1, self.depth + 1):
            x, skip = getattr(self, f"encoder_block{number}")(x, condition)
            skips.append(skip)
        x = self.conv_block7(x, condition)
        for number in range(1, self.depth + 1):
            x = getattr(self, f"decoder_block{number}")(x, skips.pop(), condition)
        logit = self.after_conv2(self.after_conv_block1(x, condition))
        return nn.functional.pad(logit, (0, LEFT_OUT))[:, 0, :frames]


def _activated(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return nn.functional.leaky_relu_(stored_norm(norm, x), SLOPE)
