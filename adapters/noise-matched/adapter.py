"""White Gaussian noise of the mixture's root mean square, the same noise for the same item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.seeds import seed_of
from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Returns noise."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Nothing to load."""

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """Noise seeded by the item's name."""
        return [_noise(request) for request in requests]


def _noise(request: Request) -> Estimate:
    seed = seed_of(request.item)
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(len(request.mixture))
    level = np.sqrt(np.mean(request.mixture.astype(np.float64) ** 2)) if len(noise) else 0.0
    return Estimate(request.item, (level * noise).astype(np.float32), request.sample_rate)
