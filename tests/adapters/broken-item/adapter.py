"""Fails for every item whose name ends in .1 and answers the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._count = 0

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        if any(request.item.endswith(".1") for request in requests):
            raise ValueError("this item is too much")
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
