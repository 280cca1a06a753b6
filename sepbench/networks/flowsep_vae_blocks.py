"""Blocks of FlowSep's autoencoder: residual convolutions, attention over the map, and what makes up a scale.

Maps are ``(batch, channels, frames, bands)``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from sepbench.networks.latent_blocks import Doubling, attend, group_norm

EPSILON = 1e-6
"""Of every group norm."""


class ResidualBlock(nn.Module):
    """Two pre-activated 3x3 convolutions around a shortcut, which is 1x1 where the number of channels changes."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = group_norm(inputs, epsilon=EPSILON)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = group_norm(outputs, epsilon=EPSILON)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, inputs, ...)`` -> ``(batch, outputs, ...)``."""
        y: Tensor = self.conv1(nn.functional.silu(self.norm1(x)))
        y = self.conv2(nn.functional.silu(self.norm2(y)))
        return y + (x if self.nin_shortcut is None else self.nin_shortcut(x))


class MapAttention(nn.Module):
    """Every place of the map attends to every place, with one head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = group_norm(width, epsilon=EPSILON)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        normed = self.norm(x)
        query, key, value = (layer(normed).flatten(2).transpose(1, 2) for layer in (self.q, self.k, self.v))
        heard = attend(query, key, value).transpose(1, 2).reshape(x.shape)
        y: Tensor = x + self.proj_out(heard)
        return y


class Middle(nn.Module):
    """Two residual blocks with attention between them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.block_1 = ResidualBlock(width, width)
        self.attn_1 = MapAttention(width)
        self.block_2 = ResidualBlock(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        y: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return y


class Halving(nn.Module):
    """A 3x3 convolution at every other place; zeros are added after the last frame and band only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Half the frames and bands."""
        y: Tensor = self.conv(nn.functional.pad(x, (0, 1, 0, 1)))
        return y


class Scale(nn.Module):
    """The residual blocks of one scale; the way to the next is `downsample`, or `upsample`, or none."""

    def __init__(self, inputs: int, outputs: int, depth: int) -> None:
        super().__init__()
        widths = [inputs] + [outputs] * depth
        self.block = nn.ModuleList(ResidualBlock(*pair) for pair in pairwise(widths))
        self.downsample: Halving | None = None
        self.upsample: Doubling | None = None

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, inputs, ...)`` -> ``(batch, outputs, ...)``, at the next scale."""
        for block in self.block:
            x = block(x)
        for resize in (self.downsample, self.upsample):
            x = x if resize is None else resize(x)
        return x
