"""A stand-in for a model: bins of the spectrum below their median are turned down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Hears no query; it is here to be gated."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Take the gain of what is quiet."""
        self._gain = float(config["quiet_gain"])

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, in order."""
        return [Estimate(one.item, self._quieter(one.mixture), one.sample_rate) for one in requests]

    def _quieter(self, mixture: np.ndarray) -> np.ndarray:
        spectrum = np.fft.rfft(mixture.astype(np.float64))
        level = np.abs(spectrum)
        gains = np.where(level < np.median(level), self._gain, 1.0)
        return np.fft.irfft(spectrum * gains, mixture.size).astype(np.float32)
