"""The contract between the harness and a separator, whatever carries it: in process, a worker, a command, or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sepbench.audio import Audio
from sepbench.manifest import QueryMode


@dataclass(frozen=True)
class Request:
    """One thing to do: extract what `query` says from `mixture`, or remove it.

    Attributes:
        item: its name; the estimate carries it back.
        mixture: float32 ``(time,)`` at `sample_rate` Hz.
        prompts: the texts of all sources, for adapters that declare ``needs = ["all_prompts"]``; else empty.
        references: (wanted signal, everything else), for oracles that declare ``needs = ["references"]``; else empty.
    """

    item: str
    mixture: Audio
    sample_rate: int
    query: str
    mode: QueryMode
    prompts: tuple[str, ...] = ()
    references: tuple[Audio, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """What came back for `item`: float ``(time,)`` at `sample_rate` Hz."""

    item: str
    audio: Audio
    sample_rate: int


@dataclass(frozen=True)
class Cost:
    """What one separation costs: parameters, and multiply-accumulates by part."""

    parameters: int
    macs: Mapping[str, int]


class Separator(Protocol):
    """What ``adapters/<name>/adapter.py`` defines as ``class Adapter``; `cost` is optional and asked for by name."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Make ready: read weights, learn dictionaries. Called once."""
        ...

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, in order."""
        ...
