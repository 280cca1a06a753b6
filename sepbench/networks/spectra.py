"""Short-time spectra as the originals frame them: centred frames, mirrored ends, periodic Hann window."""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError


@dataclass(frozen=True)
class Framing:
    """`window` samples of window and transform, `hop` samples between frames, at `sample_rate` Hz."""

    sample_rate: int
    window: int
    hop: int

    @property
    def bins(self) -> int:
        """Frequencies from 0 to half the rate."""
        return self.window // 2 + 1

    def dft_shapes(self, place: str) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the DFT kernels that originals convolve with, for files that hold them.

        >>> Framing(16000, 512, 160).dft_shapes("stft.")
        {'stft.conv_real.weight': (257, 1, 512), 'stft.conv_imag.weight': (257, 1, 512)}
        """
        return {f"{place}conv_{part}.weight": (self.bins, 1, self.window) for part in ("real", "imag")}


class Spectra(nn.Module):
    """Waveform to complex spectrum and back; holds a window and no weights."""

    window: Tensor

    def __init__(self, framing: Framing) -> None:
        super().__init__()
        self.framing = framing
        self.register_buffer("window", torch.hann_window(framing.window), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """``(batch, time)`` -> complex ``(batch, bins, 1 + time // hop)``.

        Raises:
            SepbenchError: half a window of samples or fewer, which cannot be mirrored.
        """
        least = self.framing.window // 2 + 1
        if waveform.shape[-1] < least:
            raise SepbenchError(
                "audio too short for the window",
                given=f"{waveform.shape[-1]} samples",
                wanted=f"{least} or more",
                remedy="pad it with zeros and cut the result",
            )
        spectrum: Tensor = torch.stft(
            waveform,
            self.framing.window,
            self.framing.hop,
            window=self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        return spectrum

    def inverse(self, spectrum: Tensor, samples: int) -> Tensor:
        """Complex ``(batch, bins, frames)`` -> ``(batch, samples)`` by weighted overlap-add."""
        waveform: Tensor = torch.istft(
            spectrum, self.framing.window, self.framing.hop, window=self.window, center=True, length=samples
        )
        return waveform
