"""A spectrum's bins on a logarithmic scale of frequency and back, as CLIPSep and its forerunners warp them.

Both ways sample bilinearly; positions run from -1 at the first bin to 1 at the last.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

BASE = 21.0
"""So many times closer lie the warped bins at the low end than at the high one."""


def to_log_frequency(spectrum: Tensor, bins: int) -> Tensor:
    """``(batch, linear bins, frames)`` -> ``(batch, bins, frames)``.

    >>> to_log_frequency(torch.arange(11.0).reshape(1, 11, 1).expand(1, 11, 2), 3)[0, :, 0]
    tensor([ 0.0000,  1.7913, 10.0000])
    """
    place = torch.linspace(-1, 1, bins, dtype=torch.float64)
    return _sampled(spectrum, (BASE ** ((place + 1) / 2) - (BASE + 1) / 2) / ((BASE - 1) / 2))


def to_linear_frequency(spectrum: Tensor, bins: int) -> Tensor:
    """``(batch, log bins, frames)`` -> ``(batch, bins, frames)``."""
    place = torch.linspace(-1, 1, bins, dtype=torch.float64)
    warped = torch.log((BASE - 1) / 2 * place + (BASE + 1) / 2) / torch.log(torch.tensor(BASE, dtype=torch.float64))
    return _sampled(spectrum, 2 * warped - 1)


def _sampled(spectrum: Tensor, places: Tensor) -> Tensor:
    """At these places of the bins, and at every frame."""
    frames = torch.linspace(-1, 1, spectrum.shape[2], dtype=torch.float64)
    x, y = torch.meshgrid(frames, places, indexing="xy")
    grid = torch.stack((x, y), dim=-1).to(spectrum)
    chosen = nn.functional.grid_sample(
        spectrum[:, None], grid.expand(len(spectrum), -1, -1, -1), mode="bilinear", align_corners=True
    )
    return chosen[:, 0]
