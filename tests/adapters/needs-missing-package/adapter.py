"""Imports what is not installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import a_package_that_nobody_has

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        self._module = a_package_that_nobody_has

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        return []
