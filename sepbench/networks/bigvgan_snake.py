"""BigVGAN's activation: a periodic one at twice the rate, so that the harmonics it adds do not fold back.

Lee et al., arXiv 2206.04658, after StyleGAN3; the Kaiser-windowed sinc of 12 taps is the only filter.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

RATIO = 2
TAPS = 12
CUTOFF = 0.5 / RATIO
TRANSITION = 0.6
"""Both in cycles per sample at the doubled rate; the transition from one side of the cutoff to the other."""

TINY = 1e-9


def lowpass() -> Tensor:
    """The filter, ``(12,)``, of sum 1.

    Its window's shape is Kaiser's rule for the attenuation that so many taps reach over the transition, 51 dB here.

    >>> lowpass()[:6]
    tensor([ 0.0020,  0.0094, -0.0255, -0.0577,  0.1286,  0.4432])
    """
    attenuation = 2.285 * (TAPS // 2 - 1) * math.pi * 2 * TRANSITION + 7.95
    window = torch.kaiser_window(TAPS, periodic=False, beta=0.1102 * (attenuation - 8.7))
    taps = window * torch.sinc(2 * CUTOFF * (torch.arange(TAPS) - (TAPS - 1) / 2))
    return taps / taps.sum()


class SnakeBeta(nn.Module):
    """x + sin²(e^alpha x) / e^beta, channel by channel; both slopes are kept as logarithms."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``, shape kept."""
        alpha, beta = self.alpha.exp()[:, None], self.beta.exp()[:, None]
        waves = torch.sin(x * alpha)
        return torch.addcmul(x, waves.square_(), 1 / (beta + TINY))  # at the highest rate, passes over memory count


class SmoothSnake(nn.Module):
    """Twice the rate, the activation, half the rate; ends are held."""

    taps: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.act = SnakeBeta(channels)
        self.register_buffer("taps", lowpass(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)``, shape kept."""
        return self.halved(self.act(self.doubled(x)))

    def doubled(self, x: Tensor) -> Tensor:
        """``(batch, channels, time)`` -> ``(batch, channels, 2 * time)``."""
        channels, beyond = x.shape[1], TAPS // RATIO - 1
        held = nn.functional.pad(x, (beyond, beyond), mode="replicate")
        y = RATIO * nn.functional.conv_transpose1d(held, self._per_channel(channels), stride=RATIO, groups=channels)
        cut = beyond * RATIO + (TAPS - RATIO) // 2
        return y[..., cut:-cut]

    def halved(self, x: Tensor) -> Tensor:
        """``(batch, channels, 2 * time)`` -> ``(batch, channels, time)``."""
        channels = x.shape[1]
        held = nn.functional.pad(x, (TAPS // 2 - 1, TAPS // 2), mode="replicate")
        y: Tensor = nn.functional.conv1d(held, self._per_channel(channels), stride=RATIO, groups=channels)
        return y

    def _per_channel(self, channels: int) -> Tensor:
        return self.taps.expand(channels, 1, -1)
