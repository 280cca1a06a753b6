"""Nothing but NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._value = np.nan

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        return [Estimate(r.item, np.full_like(r.mixture, self._value), r.sample_rate) for r in requests]
