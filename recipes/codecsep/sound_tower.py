"""A small tower for whole sounds, that a text tower learns beside and nothing is asked of later."""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sepbench.audio import Recording
from sepbench.networks.logmel import LogMel, MelRange
from sepbench.networks.spectra import Framing

BANDS = 64
FEATURES = 3 * BANDS


class SoundTower(nn.Module):
    """Two layers over `sound_features`."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, embedding))

    def forward(self, features: Tensor) -> Tensor:
        """``(sounds, features)`` -> ``(sounds, embedding)`` of unit length."""
        return nn.functional.normalize(self.layers(features), dim=-1)


def sound_features(recordings: Sequence[Recording]) -> Tensor:
    """``(sounds, 192)``: of 64 log-mel bands the mean, the spread and the mean change from frame to frame.

    Each of the 192 has mean 0 and spread 1 over the sounds given.
    """
    framing = Framing(recordings[0].sample_rate, 1024, 320)
    front = LogMel(framing, MelRange(BANDS, 50.0, framing.sample_rate / 2))
    rows = []
    for one in recordings:
        bands = front(torch.tensor(one.audio)[None])[0]
        rows.append(torch.cat([bands.mean(0), bands.std(0), bands.diff(dim=0).abs().mean(0)]))
    features = torch.stack(rows)
    return (features - features.mean(0)) / (features.std(0) + 1e-3)
