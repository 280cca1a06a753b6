"""The mixture as it came: zero improvement by definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Returns every mixture untouched."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Nothing to load."""

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """The mixtures themselves."""
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
