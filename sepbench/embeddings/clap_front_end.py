"""What LAION's CLAP hears: ten seconds at 48 kHz as a log-mel spectrogram, in numpy and without any chance.

Two banks are in use: checkpoints trained with feature fusion were fed by torchaudio's (HTK), the others by librosa's
(Slaney). Clips under ten seconds are repeated as often as they fit and then padded with zeros, as the originals do.
Source: Wu et al. 2023, arXiv 2211.06687, section 3, and its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio
from sepbench.errors import SepbenchError
from sepbench.mel_bank import htk_mel_bank, mel_bank

RATE = 48000
LENGTH = 10 * RATE
WINDOW, HOP, BANDS = 1024, 480, 64
POWER_FLOOR = 1e-10
"""-100 dB."""

LogMel = NDArray[np.float32]


@dataclass(frozen=True)
class FrontEnd:
    """The filter bank of a checkpoint: its scale, and its range in Hz."""

    scale: Literal["htk", "slaney"]
    low_hz: float = 50.0
    high_hz: float = 14000.0

    def log_mel(self, window: Audio) -> LogMel:
        """Decibels of mel bands, -100 at least.

        Args:
            window: ``(time,)`` at 48 kHz, more than 512 samples.

        Returns:
            ``(1 + time // 480, 64)`` float32; 1001 frames for ten seconds.

        >>> round(float(FrontEnd("htk").log_mel(np.zeros(48000, np.float32)).max()), 1)
        -100.0
        """
        padded = np.pad(window.astype(np.float64), WINDOW // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
        power = np.abs(np.fft.rfft(frames * hann)) ** 2
        make = htk_mel_bank if self.scale == "htk" else mel_bank
        mel = power @ make(RATE, WINDOW, BANDS, self.low_hz, self.high_hz).T
        return (10 * np.log10(np.maximum(mel, POWER_FLOOR))).astype(np.float32)


def repeat_padded(clip: Audio) -> Audio:
    """Ten seconds of a clip that is no longer: repeated as often as it fits whole, then zeros.

    Raises:
        SepbenchError: the clip is empty.

    >>> padded = repeat_padded(np.ones(200_000, np.float32))
    >>> len(padded), int(padded.sum())
    (480000, 400000)
    """
    if len(clip) == 0:
        raise SepbenchError("an empty clip has no vector", wanted="at least one sample", remedy="leave it out")
    repeated = np.tile(clip, LENGTH // len(clip))
    return np.pad(repeated, (0, LENGTH - len(repeated)))
