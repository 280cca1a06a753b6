"""Short-time spectra as the originals frame them: centred frames, periodic Hann window, ends mirrored or silent."""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError


@dataclass(frozen=True)
class Framing:
    """`window` samples of window and transform, `hop` samples between frames, at `sample_rate` Hz.

    `beyond` is what the first and the last frame hear past the ends: the signal mirrored, or silence.
    """

    sample_rate: int
    window: int
    hop: int
    beyond: Literal["reflect", "constant"] = "reflect"

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

    def inverse_dft_shapes(self, place: str) -> dict[str, tuple[int, ...]]:
        """The same of the kernels and the window that they convolve back with.

        >>> Framing(16000, 512, 160).inverse_dft_shapes("istft.")["istft.ola_window"]
        (512,)
        """
        kernels = {f"{place}conv_{part}.weight": (self.window, self.window, 1) for part in ("real", "imag")}
        return {f"{place}ola_window": (self.window,), **kernels}


class Spectra(nn.Module):
    """Waveform to complex spectrum and back; holds a window and no weights.

    Args:
        framing: how.
        dtype: of waveforms. In float32 a bin that should be silent is at 1e-7 of the loudest, which matters to whoever
            takes its logarithm.
    """

    window: Tensor

    def __init__(self, framing: Framing, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.framing = framing
        self.register_buffer("window", torch.hann_window(framing.window, dtype=dtype), persistent=False)

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
            pad_mode=self.framing.beyond,
            return_complex=True,
        )
        return spectrum

    def inverse(self, spectrum: Tensor, samples: int) -> Tensor:
        """Complex ``(batch, bins, frames)`` -> ``(batch, samples)`` by weighted overlap-add."""
        waveform: Tensor = torch.istft(
            spectrum, self.framing.window, self.framing.hop, window=self.window, center=True, length=samples
        )
        return waveform
