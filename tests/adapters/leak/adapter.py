"""Answers with the mixture and keeps four megabytes of every item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._kept: list[np.ndarray] = []

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        self._kept += [np.ones(1 << 20, np.float32) for _ in requests]
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
