"""Oracle Wiener mask: |S|² / (|S|² + |N|²), made from the references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.oracle_masks import separate_with, wiener_mask
from sepbench.separators.separator import Estimate, Request


class Adapter:
    """Masks mixtures by their own references."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Nothing to load."""

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One masked mixture per request."""
        return separate_with(wiener_mask, requests)
