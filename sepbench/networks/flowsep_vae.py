"""FlowSep's variational autoencoder: log-mel magnitudes to a latent map of a quarter of their length and bands.

That of AudioLDM (Liu et al., arXiv 2301.12503), without its losses. Keys are the official ones, which the checkpoint
prefixes with ``first_stage_model.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.networks.flowsep_vae_blocks import EPSILON, Halving, Middle, Scale
from sepbench.networks.latent_blocks import Doubling, group_norm

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
