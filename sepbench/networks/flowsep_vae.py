"""FlowSep's variational autoencoder: log-mel magnitudes to a latent map of a quarter of their length and bands.

That of AudioLDM (Liu et al., arXiv 2301.12503), without its losses. Keys are the official ones, which the checkpoint
prefixes with ``first_stage_model.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from sepbench.networks.latent_blocks import attend, doubled, group_norm

EPSILON = 1e-6
LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE = -30.0, 20.0


@dataclass(frozen=True)
class VaeSize:
    """`width` channels times `multiples` at each scale, `depth` blocks there, `latent` channels between the halves."""

    width: int = 128
    multiples: tuple[int, ...] = (1, 2, 4)
    depth: int = 2
    latent: int = 8

    @property
    def widths(self) -> list[int]:
        """Channels at each scale."""
        return [self.width * multiple for multiple in self.multiples]

    @property
    def shrinking(self) -> int:
        """Frames and bands for one of the latent map."""
        return int(2 ** (len(self.multiples) - 1))


@dataclass(frozen=True)
class Posterior:
    """What a spectrum may have come from: independent normal distributions, both ``(batch, latent, ...)``."""

    mean: Tensor
    deviation: Tensor


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


class Doubling(nn.Module):
    """Every place twice, and a 3x3 convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Twice the frames and bands."""
        y: Tensor = self.conv(doubled(x))
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


class Encoder(nn.Module):
    """Spectrum to the moments of its posterior."""

    def __init__(self, size: VaeSize) -> None:
        super().__init__()
        widths = size.widths
        self.conv_in = nn.Conv2d(1, size.width, 3, padding=1)
        ins = [size.width, *widths]
        self.down = nn.ModuleList(Scale(*pair, size.depth) for pair in zip(ins, widths, strict=False))
        for scale, width in zip(list(self.down)[:-1], widths, strict=False):
            scale.downsample = Halving(width)
        self.mid = Middle(widths[-1])
        self.norm_out = group_norm(widths[-1], epsilon=EPSILON)
        self.conv_out = nn.Conv2d(widths[-1], 2 * size.latent, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, 1, frames, bands)`` -> ``(batch, 2 * latent, frames // 4, bands // 4)``."""
        x = self.conv_in(x)
        for scale in self.down:
            x = scale(x)
        y: Tensor = self.conv_out(nn.functional.silu(self.norm_out(self.mid(x))))
        return y


class Decoder(nn.Module):
    """Latent map to spectrum; its scales are counted from the widest spectrum, and run from the last to the first."""

    def __init__(self, size: VaeSize) -> None:
        super().__init__()
        widths = size.widths
        self.conv_in = nn.Conv2d(size.latent, widths[-1], 3, padding=1)
        self.mid = Middle(widths[-1])
        ins = [*widths[1:], widths[-1]]
        self.up = nn.ModuleList(Scale(*pair, size.depth + 1) for pair in zip(ins, widths, strict=True))
        for scale, width in zip(list(self.up)[1:], widths[1:], strict=True):
            scale.upsample = Doubling(width)
        self.norm_out = group_norm(size.width * size.multiples[0], epsilon=EPSILON)
        self.conv_out = nn.Conv2d(size.width * size.multiples[0], 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, latent, frames, bands)`` -> ``(batch, 1, 4 * frames, 4 * bands)``."""
        x = self.mid(self.conv_in(x))
        for scale in reversed(list(self.up)):
            x = scale(x)
        y: Tensor = self.conv_out(nn.functional.silu(self.norm_out(x)))
        return y


class Autoencoder(nn.Module):
    """Both halves, and the 1x1 convolutions beside the latent map."""

    def __init__(self, size: VaeSize | None = None) -> None:
        super().__init__()
        self.size = size or VaeSize()
        self.encoder, self.decoder = Encoder(self.size), Decoder(self.size)
        self.quant_conv = nn.Conv2d(2 * self.size.latent, 2 * self.size.latent, 1)
        self.post_quant_conv = nn.Conv2d(self.size.latent, self.size.latent, 1)

    def moments(self, log_mel: Tensor) -> Tensor:
        """``(batch, 1, frames, bands)`` -> ``(batch, 2 * latent, frames // 4, bands // 4)``: means, log variances."""
        found: Tensor = self.quant_conv(self.encoder(log_mel))
        return found

    def encode(self, log_mel: Tensor) -> Posterior:
        """The posterior of ``(batch, 1, frames, bands)``."""
        mean, log_variance = self.moments(log_mel).chunk(2, dim=1)
        bounded = log_variance.clamp(LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE)
        return Posterior(mean, torch.exp(0.5 * bounded))

    def decode(self, latent: Tensor) -> Tensor:
        """``(batch, latent, frames, bands)`` -> ``(batch, 1, 4 * frames, 4 * bands)``, log-mel magnitudes."""
        spectrum: Tensor = self.decoder(self.post_quant_conv(latent))
        return spectrum
