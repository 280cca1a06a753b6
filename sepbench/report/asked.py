"""What a run was asked: its suite's items, found again on this machine, with their words and their sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sepbench.audio import Audio
from sepbench.corpora.availability import recordings
from sepbench.errors import InvalidRecord, MissingData
from sepbench.mixing import reference, render
from sepbench.protocols.prepare import prepared_suite
from sepbench.suite import Item, find_suite


@dataclass(frozen=True)
class Asked:
    """The items by name; none, and the reason, where the run's suite is not on this machine."""

    items: Mapping[str, Item] = field(default_factory=dict)
    reason: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """The words of every query that the lists themselves hold; others may not be passed on."""
        return {name: item.query.text for name, item in self.items.items() if item.query.text is not None}


@dataclass(frozen=True)
class Heard:
    """An item's mixture and what should come out of it, float32 ``(time,)``."""

    mixture: Audio
    target: Audio
    sample_rate: int


def find_asked(suite: Mapping[str, Any], manifests: Sequence[Path] = ()) -> Asked:
    """Look for a run's suite in the very state it was run.

    Args:
        suite: that of ``summary.json``.
        manifests: folders to look in besides those of the search path.
    """
    try:
        loaded = prepared_suite(find_suite(suite["name"], manifests))
    except (MissingData, InvalidRecord) as error:
        return Asked(reason=f"the suite is not here: {error}")
    if loaded.hash != suite["hash"]:
        return Asked(reason=f"the suite here is in another state, {loaded.hash[:12]}, than the one that was run")
    return Asked({item.name: item for item in loaded.items()})


def hear(item: Item) -> Heard:
    """Render an item anew.

    Raises:
        MissingData: a clip is not on this machine.
        SepbenchError: its clips do not give the mixture that the list describes.
    """
    rendered = render(item.mixture, recordings(item.mixture))
    return Heard(rendered.mixture, reference(rendered, item.query), rendered.sample_rate)
