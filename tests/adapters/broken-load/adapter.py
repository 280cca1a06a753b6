"""Fails when loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        raise RuntimeError("no weights on this planet")

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        return []
