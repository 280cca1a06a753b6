"""Waits for ever, with a child that waits too: for items whose name ends in .1, or when loaded."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        if config["load"]:
            subprocess.run(["sleep", "1000"], check=True)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        if any(request.item.endswith(".1") for request in requests):
            subprocess.run(["sleep", "1000"], check=True)
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
