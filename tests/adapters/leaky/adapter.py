"""What is wanted plus a share of the rest: every score of a robustness suite has a closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._leak = float(config["leak"])

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        return [self._leaky(request) for request in requests]

    def _leaky(self, request: Request) -> Estimate:
        wanted, rest = request.references
        return Estimate(request.item, wanted + self._leak * rest, request.sample_rate)
