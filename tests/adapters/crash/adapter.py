"""Ends its process for every item whose name ends in .1, in the way it is told to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._how = config["how"]

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        if self._how == "always" or any(request.item.endswith(".1") for request in requests):
            print("about to fall", file=sys.stderr)
            if self._how == "exit":
                os._exit(7)
            os.kill(os.getpid(), signal.SIGSEGV)
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
