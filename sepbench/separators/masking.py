"""Time-frequency masking: a transform that gives back what went in, and masks applied to a mixture.

The transform is a Hann window of 64 ms with three quarters of overlap; spectra have shape ``(frames, bins)``. Audio is
float32 ``(time,)``, spectra are complex128. Any length is restored, shorter than a window as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio

WINDOW_SECONDS = 0.064
OVERLAP = 4

Spectrum = NDArray[np.complex128]
Mask = NDArray[np.float64]


@dataclass(frozen=True)
class Transform:
    """A short-time Fourier transform: `window` samples, a quarter of it as hop."""

    window: int

    @classmethod
    def at(cls, sample_rate: int, *, seconds: float = WINDOW_SECONDS) -> Transform:
        """The transform of a window of so many seconds, rounded to a multiple of the overlap.

        >>> Transform.at(16000)
        Transform(window=1024)
        """
        return cls(max(OVERLAP, round(seconds * sample_rate / OVERLAP) * OVERLAP))

    @property
    def hop(self) -> int:
        """Samples between frames."""
        return self.window // OVERLAP

    def forward(self, audio: Audio) -> Spectrum:
        """``(time,)`` -> ``(frames, window // 2 + 1)``; zeros are taken to lie before and after the audio."""
        hop = self.hop
        after = -len(audio) % hop + self.window - hop
        padded = np.pad(audio.astype(np.float64), (self.window - hop, after))
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.window)[::hop]
        return np.fft.rfft(frames * self._hann(), axis=1)

    def inverse(self, spectrum: Spectrum, samples: int) -> Audio:
        """``(frames, bins)`` -> ``(samples,)`` by weighted overlap-add (Griffin and Lim 1984, eq. 6).

        >>> transform, tone = Transform(1024), np.sin(np.arange(5001, dtype=np.float32))
        >>> float(np.max(np.abs(transform.inverse(transform.forward(tone), 5001) - tone))) < 1e-6
        True
        """
        hop, window = self.hop, self._hann()
        frames = np.fft.irfft(spectrum, self.window, axis=1) * window
        total = np.zeros((len(frames) + OVERLAP - 1, hop))
        for part in range(OVERLAP):
            total[part : part + len(frames)] += frames[:, part * hop : (part + 1) * hop]
        weight = np.sum(window.reshape(OVERLAP, hop) ** 2, axis=0)  # the same for every hop: the audio lies well inside
        restored = (total / weight).ravel()[self.window - hop :]
        return np.asarray(restored[:samples], dtype=np.float32)

    def _hann(self) -> NDArray[np.float64]:
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.window) / self.window)


def apply_mask(mixture: Audio, mask: Mask, transform: Transform) -> Audio:
    """The mixture with every bin weighted; its phase is kept.

    Args:
        mixture: ``(time,)``.
        mask: ``(frames, bins)`` of `transform`, usually 0 to 1.
    """
    return transform.inverse(transform.forward(mixture) * mask, len(mixture))
