"""BiModalSep (Mahmud et al., ICLR 2024): a U-Net attends to a text's tokens, its embedding weighs the features.

Tokens and embedding are CLAP's (see `sepbench.networks.clap_text`). Keys are the official ones; the published file
holds them under ``state_dict`` with the prefix ``module.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.networks.bimodalsep_blocks import SLOPE, ConditionedBlock, ResidualBlock
from sepbench.networks.inner_product import InnerProduct
from sepbench.networks.norms import stored_norm
from sepbench.networks.spectra import Framing, Spectra
from sepbench.networks.state_dict import load_weights

BIMODALSEP_16K = Framing(sample_rate=16000, window=1022, hop=256)
BLOCK = 131070
"""Samples that are heard at once: 512 frames."""

EMBEDDING = 512
CLAP_PART = "net_clap.model."
"""What a whole file holds of CLAP, which its authors left as it was published."""


@dataclass(frozen=True)
class BiModalSepSize:
    """Channels of the features and after each halving, how many halvings attend, and width and heads of that."""

    channels: int = 32
    widths: tuple[int, ...] = (64, 128, 256, 512, 512, 512, 512)
    attending: int = 3
    text_width: int = 768
    heads: int = 8


@dataclass(frozen=True)
class TextVectors:
    """A text's embedding of unit length, ``(batch, 512)``, and its tokens' hidden states, ``(batch, tokens, 768)``."""

    embedding: Tensor
    tokens: Tensor


class Level(nn.Module):
    """One halving of a map, what lies below it, and the way back up."""

    def __init__(self, size: BiModalSepSize, depth: int) -> None:
        super().__init__()
        widths = (1, *size.widths)
        inputs, width = widths[depth : depth + 2]
        below = depth + 1 < len(size.widths)
        self.outermost = depth == 0
        self.downconv = nn.Conv2d(inputs, width, 4, stride=2, padding=1, bias=False)
        self.downnorm = nn.BatchNorm2d(width)
        self.downresblock = ResidualBlock(width)
        attends = depth >= len(size.widths) - size.attending
        self.ca_blocks = nn.ModuleList([ConditionedBlock(width, size.text_width, size.heads)] if attends else [])
        self.submodule = Level(size, depth + 1) if below else None
        joined = 2 * width if below else width
        self.upresblock = ResidualBlock(joined)
        if self.outermost:
            self.upconv = nn.Conv2d(joined, size.channels, 3, padding=1)
        else:
            self.upconv = nn.Conv2d(joined, inputs, 3, padding=1, bias=False)
            self.upnorm = nn.BatchNorm2d(inputs)

    def forward(self, x: Tensor, tokens: Tensor) -> Tensor:
        """``(batch, inputs, ...)`` -> ``(batch, 2 * inputs, ...)``: input and what came up; outermost, the features."""
        y = nn.functional.leaky_relu_(stored_norm(self.downnorm, self.downconv(x)), SLOPE)
        y = self.downresblock(y)
        for attention in self.ca_blocks:
            y = attention(y, tokens)
        if self.submodule is not None:
            y = self.submodule(y, tokens)
        y = nn.functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=True)
        up: Tensor = self.upconv(self.upresblock(y))
        if self.outermost:
            return up
        return torch.cat((x, torch.relu(stored_norm(self.upnorm, up))), dim=1)


class SoundNet(nn.Module):
    """Log magnitudes and a text's tokens to features."""

    def __init__(self, size: BiModalSepSize) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(1)
        self.unet_block = Level(size, 0)

    def forward(self, log_magnitude: Tensor, tokens: Tensor) -> Tensor:
        """``(batch, bins, frames)``, both multiples of 128 -> ``(batch, channels, bins, frames)``."""
        features: Tensor = self.unet_block(stored_norm(self.bn0, log_magnitude[:, None]), tokens)
        return features


class BiModalSep(nn.Module):
    """The separator without CLAP."""

    def __init__(self, size: BiModalSepSize | None = None) -> None:
        super().__init__()
        size = size or BiModalSepSize()
        self.net_sound = SoundNet(size)
        self.net_clap = nn.ModuleDict({"fc": nn.Linear(EMBEDDING, size.channels)})
        self.net_synthesizer = InnerProduct(size.channels)
        self.spectra = Spectra(BIMODALSEP_16K)

    def gate(self, embedding: Tensor) -> Tensor:
        """What a text makes of each feature, ``(batch, channels)`` from 0 to 1."""
        return torch.sigmoid(self.net_clap["fc"](embedding))

    def forward(self, mixture: Tensor, text: TextVectors) -> Tensor:
        """Separate what the text tells.

        Args:
            mixture: ``(batch, time)`` at 16 kHz, of a multiple of 128 frames: `BLOCK` samples are 512.
            text: as many texts as mixtures.

        Returns:
            ``(batch, time)``.
        """
        spectrum = self.spectra(mixture)
        features = self.net_sound(torch.log1p(spectrum.abs()), text.tokens)
        mask = torch.sigmoid(self.net_synthesizer(self.gate(text.embedding), features))
        return self.spectra.inverse(spectrum * mask, mixture.shape[-1])


def load_bimodalsep(network: BiModalSep, tensors: Mapping[str, Tensor]) -> None:
    """Fill a network from the tensors of a trained file, ``module.`` taken off; those of CLAP are left aside.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape.
    """
    own = {key: tensor for key, tensor in tensors.items() if not key.startswith(CLAP_PART)}
    fixed = {**BIMODALSEP_16K.dft_shapes("stft."), **BIMODALSEP_16K.inverse_dft_shapes("istft.")}
    load_weights(network, own, fixed=fixed)
