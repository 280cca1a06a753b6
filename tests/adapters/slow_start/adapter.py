"""Answers with the mixture, once it is loaded."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        time.sleep(config["seconds"])

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
