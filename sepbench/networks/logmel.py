"""Log-mel spectra inside a network: power spectrum, Slaney's filters, decibels re full scale squared."""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.mel_bank import mel_bank
from sepbench.networks.spectra import Framing, Spectra

POWER_FLOOR = 1e-10
"""-100 dB."""


@dataclass(frozen=True)
class MelRange:
    """`bands` filters from `low_hz` to `high_hz`."""

    bands: int
    low_hz: float
    high_hz: float


class LogMel(nn.Module):
    """Waveform to decibels of mel bands; holds a window and a filter bank and no weights."""

    bank: Tensor

    def __init__(self, framing: Framing, mel: MelRange) -> None:
        super().__init__()
        self.spectra = Spectra(framing)
        bank = mel_bank(framing.sample_rate, framing.window, mel.bands, mel.low_hz, mel.high_hz)
        self.register_buffer("bank", torch.tensor(bank.T, dtype=torch.float32), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """``(batch, time)`` -> ``(batch, frames, bands)`` dB, -100 at least.

        Raises:
            SepbenchError: half a window of samples or fewer.
        """
        spectrum = self.spectra(waveform)
        power = (spectrum.real.square() + spectrum.imag.square()).transpose(1, 2) @ self.bank
        return 10 * torch.log10(power.clamp_min(POWER_FLOOR))
