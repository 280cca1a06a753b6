"""CLIPSep and CLIPSep-NIT (Dong et al., ICLR 2023, arXiv 2212.07065): CLIP's vector of a text weighs a U-Net's maps.

CLIPSep-NIT has two further masks, for noise that no query speaks of; they shape the training, and the estimate leaves
them aside. Keys are the official ones; the published file is the dictionary itself, with the prefix ``module.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sepbench.networks.clipsep_unet import WIDTHS, ClipSepUNet
from sepbench.networks.inner_product import InnerProduct
from sepbench.networks.log_frequency import to_linear_frequency, to_log_frequency
from sepbench.networks.spectra import Framing, Spectra

CLIPSEP_16K = Framing(sample_rate=16000, window=1024, hop=256, beyond="constant")
BLOCK = 65535
"""Samples that are heard at once: 256 frames."""

EMBEDDING = 512
CHANNELS = 32
LOG_BINS = 256
NOISE_MASKS = 2
FLOOR = 1e-10
THRESHOLD = 0.5


class ClipSep(nn.Module):
    """Magnitudes and a text's vector to a mask.

    Args:
        channels: of the features that the query weighs.
        widths: channels after each halving of the U-Net.
    """

    def __init__(self, channels: int = CHANNELS, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.sound_net = ClipSepUNet(channels, widths)
        self.frame_net = nn.Linear(EMBEDDING, channels)
        self.synth_net = InnerProduct(channels)

    def features(self, magnitude: Tensor) -> Tensor:
        """``(batch, bins, frames)``, frames a multiple of 128 -> ``(batch, channels, 256, frames)``."""
        found: Tensor = self.sound_net(log_magnitudes(magnitude))
        return found

    def log_mask(self, features: Tensor, embedding: Tensor) -> Tensor:
        """``(batch, 256, frames)`` from 0 to 1, on the logarithmic scale of frequency."""
        return torch.sigmoid(self.synth_net(torch.sigmoid(self.frame_net(embedding)), features))

    def forward(self, magnitude: Tensor, embedding: Tensor) -> Tensor:
        """The mask of what a text tells.

        Args:
            magnitude: ``(batch, bins, frames)`` of `CLIPSEP_16K`, frames a multiple of 128.
            embedding: ``(batch, 512)``, CLIP's vector as it is, not brought to unit length.

        Returns:
            ``(batch, bins, frames)`` from 0 to 1; see `kept_whole`.
        """
        return to_linear_frequency(self.log_mask(self.features(magnitude), embedding), magnitude.shape[1])


class ClipSepNit(ClipSep):
    """The same with the layers of its two masks of noise."""

    def __init__(self, channels: int = CHANNELS, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__(channels, widths)
        self.pit_nets = nn.ModuleList(nn.Linear(channels, channels) for _ in range(NOISE_MASKS))

    def noise_masks(self, features: Tensor, embedding: Tensor) -> Tensor:
        """``(batch, 2, 256, frames)``, on the logarithmic scale of frequency."""
        query = self.frame_net(embedding)
        logits = [self.synth_net(torch.sigmoid(net(query)), features) for net in self.pit_nets]
        return torch.sigmoid(torch.stack(logits, dim=1))


def log_magnitudes(magnitude: Tensor) -> Tensor:
    """What the U-Net hears: ``(batch, bins, frames)`` -> ``(batch, 256, frames)``, natural logarithms."""
    return torch.log(to_log_frequency(magnitude + FLOOR, LOG_BINS))


def kept_whole(mask: Tensor) -> Tensor:
    """The original's default: 1 for bins of which more than half is wanted, 0 for all others.

    >>> kept_whole(torch.tensor([0.3, 0.5, 0.6]))
    tensor([0., 0., 1.])
    """
    return (mask > THRESHOLD).to(mask.dtype)


def clipsep_spectra() -> Spectra:
    """In double precision, as the original's: logarithms are taken of bins that are nearly silent."""
    return Spectra(CLIPSEP_16K, torch.float64)


def spectrum_of(spectra: Spectra, block: Tensor) -> Tensor:
    """``(batch, time)``, clipped to full scale as in the original -> complex ``(batch, bins, frames)``."""
    spectrum: Tensor = spectra(block.clamp(-1, 1).double())
    return spectrum


def sound_of(spectra: Spectra, spectrum: Tensor, samples: int) -> Tensor:
    """Complex ``(batch, bins, frames)`` -> ``(batch, samples)``, clipped likewise."""
    return spectra.inverse(spectrum, samples).float().clamp(-1, 1)
