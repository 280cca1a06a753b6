"""CLIPSep's U-Net: seven halvings of a log-magnitude map and back, with the map of each size beside the way up.

Maps are ``(batch, channels, bins, frames)``, both a multiple of 2 to the number of halvings.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from sepbench.networks.norms import stored_norm

WIDTHS = (64, 128, 256, 512, 512, 512, 512)
"""Channels after each halving."""

SLOPE = 0.2
"""Of the leaky ReLU below zero."""


class Level(nn.Module):
    """One halving, what lies below it, and the way back up. Numbers are places in the original's chains of layers."""

    def __init__(self, inputs: int, width: int, inner: Level | None) -> None:
        super().__init__()
        down = nn.Conv2d(inputs, width, 4, stride=2, padding=1, bias=False)
        up = nn.Conv2d(width if inner is None else 2 * width, inputs, 3, padding=1, bias=False)
        if inner is None:
            chain: dict[str, nn.Module] = {"1": down, "4": up, "5": nn.BatchNorm2d(inputs)}
        else:
            chain = {"1": down, "2": nn.BatchNorm2d(width), "3": inner, "6": up, "7": nn.BatchNorm2d(inputs)}
        self.model = nn.ModuleDict(chain)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, inputs, ...)`` -> ``(batch, 2 * inputs, ...)``: the activated input, and what came back up."""
        x = nn.functional.leaky_relu(x, SLOPE)
        y: Tensor = self.model["1"](x)
        if "3" in self.model:
            y = self.model["3"](_normed(self.model["2"], y))
            y = _normed(self.model["7"], self.model["6"](_enlarged(y)))
        else:
            y = _normed(self.model["5"], self.model["4"](_enlarged(y)))
        return torch.cat((x, y), dim=1)


class Outermost(nn.Module):
    """The first halving, which neither norms nor keeps its input, and the last way up."""

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        inner: Level | None = None
        for inputs, width in reversed(list(pairwise(widths))):
            inner = Level(inputs, width, inner)
        assert inner is not None
        down = nn.Conv2d(1, widths[0], 4, stride=2, padding=1, bias=False)
        up = nn.Conv2d(2 * widths[0], channels, 3, padding=1)
        self.model = nn.ModuleDict({"0": down, "1": inner, "4": up})

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, 1, bins, frames)`` -> ``(batch, channels, bins, frames)``."""
        y: Tensor = self.model["4"](_enlarged(self.model["1"](self.model["0"](x))))
        return y


class ClipSepUNet(nn.Module):
    """Log magnitudes to features.

    Args:
        channels: of the features.
        widths: channels after each halving, two or more.
    """

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(1)
        self.unet_block = Outermost(channels, widths)

    def forward(self, log_magnitude: Tensor) -> Tensor:
        """``(batch, bins, frames)`` -> ``(batch, channels, bins, frames)``."""
        features: Tensor = self.unet_block(stored_norm(self.bn0, log_magnitude[:, None]))
        return features


def _enlarged(x: Tensor) -> Tensor:
    """Without what is below zero, twice the bins and frames."""
    return nn.functional.interpolate(torch.relu(x), scale_factor=2.0, mode="bilinear", align_corners=True)


def _normed(norm: nn.Module, x: Tensor) -> Tensor:
    assert isinstance(norm, nn.BatchNorm2d)
    return stored_norm(norm, x)
