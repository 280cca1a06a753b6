"""Silence: shows what a metric pays for saying nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Returns zeros."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Nothing to load."""

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """Zeros of the mixtures' lengths."""
        return [Estimate(r.item, np.zeros_like(r.mixture), r.sample_rate) for r in requests]
