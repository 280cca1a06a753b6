"""The ground truth: the reference itself, a metric's own ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Gives back what was wanted."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Nothing to load."""

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One reference per request."""
        return [Estimate(request.item, request.references[0], request.sample_rate) for request in requests]
