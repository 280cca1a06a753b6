"""A codec of log-mel levels: what a small separator that makes sounds anew can learn to tell in minutes.

As in the spectral codecs of Langman et al. (arXiv 2406.05298) code books hold the levels of mel bands, and phases are
the decoder's own. A codec of waveforms would have codes for phases too, which nothing can tell from log-mel features;
here every code follows from levels alone. Books are `sepbench.networks.dac_quantiser.ResidualQuantiser`'s.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.mel_bank import mel_bank
from sepbench.networks.logmel import LogMel, MelRange
from sepbench.networks.spectra import Framing, Spectra

PHASE_SEED = 0
"""Phases are drawn once and are the same for every sound: an estimate depends on its codes alone."""


@dataclass(frozen=True)
class SpectralCodecSize:
    """Size of the codec.

    Attributes:
        window, hop: of its spectra, in samples; a frame of codes is one hop.
        bands: from `low_hz` to `high_hz`, as many as the latent has channels.
        stages: code books.
        floor_db: fainter levels are this one.
        mean_db, deviation_db: what levels are standardised with; full scale is about 30.
        silent_db: fainter levels are made silence. What is told between silence and a sound would be a hiss that nobody
            hears, but taggers do: on synthetic sounds this took a third off the KL of their tags, more than -75, -70
            and -50 dB did.
        valley_db: what a waveform is fainter than its levels. A band's level is that of its loudest bins, and decibels
            are compared in the valleys as well; on synthetic sounds log-mel PSNR was best so, of steps of 2.5 dB.
    """

    sample_rate: int
    window: int
    hop: int
    bands: int
    stages: int
    low_hz: float = 0.0
    high_hz: float = 8000.0
    floor_db: float = -80.0
    mean_db: float = -40.0
    deviation_db: float = 30.0
    silent_db: float = -60.0
    valley_db: float = 2.5

    @property
    def channels(self) -> int:
        """Of the latent."""
        return self.bands

    @property
    def framing(self) -> Framing:
        """Of its spectra."""
        return Framing(self.sample_rate, self.window, self.hop, "constant")


class LevelEncoder(nn.Module):
    """Waveform to standardised levels; has no weights."""

    def __init__(self, size: SpectralCodecSize) -> None:
        super().__init__()
        self.size = size
        self.logmel = LogMel(size.framing, MelRange(size.bands, size.low_hz, size.high_hz))

    def forward(self, waveform: Tensor) -> Tensor:
        """``(batch, 1, time)`` -> ``(batch, bands, frames)``; zeros fill the last frame.

        Raises:
            SepbenchError: half a window of samples or fewer.
        """
        size = self.size
        whole = nn.functional.pad(waveform[:, 0], (0, -waveform.shape[-1] % size.hop))
        decibels = self.logmel(whole)[:, : whole.shape[-1] // size.hop].clamp_min(size.floor_db)
        standardised: Tensor = (decibels.transpose(1, 2) - size.mean_db) / size.deviation_db
        return standardised


class LevelDecoder(nn.Module):
    """Standardised levels to a waveform of these levels, whose phases are drawn; has no weights."""

    spread: Tensor

    def __init__(self, size: SpectralCodecSize) -> None:
        super().__init__()
        self.size = size
        self.spectra = Spectra(size.framing)
        self.register_buffer("spread", _spread(size), persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        """``(batch, bands, frames)`` -> ``(batch, 1, time)``, within full scale."""
        size, frames = self.size, latent.shape[-1]
        framed = nn.functional.pad(latent, (0, 1), mode="replicate")  # a frame is centred at each end of the time
        decibels = framed * size.deviation_db + size.mean_db
        powers = torch.where(decibels < size.silent_db, 0.0, 10 ** (decibels / 10))
        # Overlapping frames of unrelated phases add up to hop / window of the power that related ones have.
        powers = powers * (size.window / size.hop * 10 ** (-size.valley_db / 10))
        magnitudes = torch.matmul(self.spread, powers).sqrt()
        drawn = torch.rand(frames + 1, size.framing.bins, generator=torch.Generator().manual_seed(PHASE_SEED))
        phases = (2 * math.pi * drawn.t()).to(magnitudes.device).expand_as(magnitudes)
        waveform = self.spectra.inverse(torch.polar(magnitudes, phases), frames * size.hop)
        return waveform[:, None].clamp(-1, 1)


def _spread(size: SpectralCodecSize) -> Tensor:
    """``(bins, bands)``: each bin has the mean power of its bands, weighted by their filters there.

    Bins that no filter hears stay silent.
    """
    bank = torch.tensor(mel_bank(size.sample_rate, size.window, size.bands, size.low_hz, size.high_hz))
    heard = bank.sum(dim=0)
    shares = torch.where(heard > 0, bank / heard, 0.0)
    return (shares / bank.sum(dim=1, keepdim=True)).t().float()
