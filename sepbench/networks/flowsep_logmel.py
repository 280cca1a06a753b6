"""What FlowSep hears: 10.24 s at 16 kHz, its peak at one half, as the natural logarithm of mel magnitudes.

Other front ends here take powers and decibels (`logmel`); this one takes magnitudes (TacotronSTFT).
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.mel_bank import mel_bank
from sepbench.networks.spectra import Framing, Spectra

FRAMING = Framing(sample_rate=16000, window=1024, hop=160)
BANDS = 64
FRAMES = 1024
SAMPLES = FRAMES * FRAMING.hop
"""10.24 s, the only length it knows."""

PEAK = 0.5
MAGNITUDE_FLOOR = 1e-5
TINY = 1e-8


def peak_gain(waveform: Tensor) -> Tensor:
    """What brings ``(..., time)`` without its mean to a peak of one half, ``(..., 1)``; 5e7 for silence.

    >>> peak_gain(torch.tensor([0.25, -0.25]))
    tensor([2.])
    """
    centred = waveform - waveform.mean(dim=-1, keepdim=True)
    return PEAK / (centred.abs().amax(dim=-1, keepdim=True) + TINY)


def prepared(waveform: Tensor) -> Tensor:
    """``(batch, time)`` of 10.24 s at most -> ``(batch, 163840)``: no mean, peak at one half, zeros at the end.

    Raises:
        SepbenchError: nothing at all, or longer; where to cut is the caller's to say.
    """
    samples = waveform.shape[-1]
    if not 0 < samples <= SAMPLES:
        raise SepbenchError(
            "not a length that FlowSep hears at once",
            given=f"{samples} samples",
            wanted=f"1 to {SAMPLES}",
            remedy="cut longer audio into windows",
        )
    centred = waveform - waveform.mean(dim=-1, keepdim=True)
    return nn.functional.pad(centred * peak_gain(waveform), (0, SAMPLES - samples))


class LogMagnitudeMel(nn.Module):
    """Waveform to log-mel magnitudes; holds a window and a filter bank and no weights."""

    bank: Tensor

    def __init__(self) -> None:
        super().__init__()
        # In single precision the transform's own error fills quiet bands: 4e-3 instead of 1e-3 after the logarithm.
        self.spectra = Spectra(FRAMING).double()
        bank = mel_bank(FRAMING.sample_rate, FRAMING.window, BANDS)
        self.register_buffer("bank", torch.tensor(bank.T), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """``(batch, time)`` -> ``(batch, time // 160, 64)``, -11.51 at least."""
        magnitudes = self.spectra(waveform.double()).abs().transpose(1, 2) @ self.bank
        return torch.log(magnitudes.float().clamp_min(MAGNITUDE_FLOOR))[:, : waveform.shape[-1] // FRAMING.hop]
