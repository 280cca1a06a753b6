"""For items whose name ends in .1: wants more memory than it may have, or answers with hours of audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._how = config["how"]

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        return [self._separate(request) for request in requests]

    def _separate(self, request: Request) -> Estimate:
        if request.item.endswith(".1"):
            if self._how == "memory":
                np.ones(1 << 32)
            if self._how == "audio":
                return Estimate(request.item, np.zeros(1 << 24, np.float32), request.sample_rate)
            if self._how == "rate":
                return Estimate(request.item, request.mixture, 1)
        return Estimate(request.item, request.mixture, request.sample_rate)
