"""The contract between the harness and a separator, whatever carries it: in process, a worker, a command, or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from sepbench.audio import Audio
from sepbench.manifest import STRICT, QueryKind, QueryMode

if TYPE_CHECKING:
    from pydantic import ConfigDict

Scope = Literal["separator_only", "pipeline", "code_stream"]
"""What a sum of parts speaks of: the network that separates; waveform to waveform; a codec's codes to codes."""


@dataclass(frozen=True)
class Request:
    """One thing to do: extract what `query` says from `mixture`, or remove it.

    Attributes:
        item: its name; the estimate carries it back.
        mixture: float32 ``(time,)`` at `sample_rate` Hz.
        prompts: the texts of all sources, for adapters that declare ``needs = ["all_prompts"]``; else empty.
        references: (wanted signal, everything else), for oracles that declare ``needs = ["references"]``; else empty.
        kind: what sort of text `query` is. An instruction says in its own words what `mode` says too.
    """

    item: str
    mixture: Audio
    sample_rate: int
    query: str
    mode: QueryMode
    prompts: tuple[str, ...] = ()
    references: tuple[Audio, ...] = ()
    kind: QueryKind = "label"


@dataclass(frozen=True)
class Estimate:
    """What came back for `item`: float ``(time,)`` at `sample_rate` Hz."""

    item: str
    audio: Audio
    sample_rate: int


@dataclass(frozen=True)
class Part:
    """One part of a separator, and what it costs for one estimate.

    Attributes:
        trainable: parameters that its authors trained; one that several parts share is counted in the first.
        frozen: parameters that they left as they were.
        buffers: numbers stored beside the parameters.
        macs: multiply-accumulates of all its steps, Fourier transforms apart.
        fft_macs: what its Fourier transforms come to, at 2.5 N log2 N each.
        steps: how often it is called.
        scopes: the sums that it belongs to.
        per_query: its work depends on the query's text alone, and need be done once only for many mixtures.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    trainable: int
    frozen: int
    buffers: int
    macs: int
    fft_macs: int = 0
    steps: int = 1
    scopes: tuple[Scope, ...] = ("separator_only", "pipeline")
    per_query: bool = False


@dataclass(frozen=True)
class Cost:
    """What one estimate of a mixture of `seconds` costs, by part; `dtype` is the parameters'."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    seconds: float
    parts: dict[str, Part]
    dtype: str = "float32"


class Separator(Protocol):
    """What ``adapters/<name>/adapter.py`` defines as ``class Adapter``.

    Optional, and asked for by name: ``cost(self, seconds: float) -> Cost``, for a mixture of that length, and
    ``sketch(self, config) -> None``, in the place of `load` where no weights are: `cost` is all that follows.
    """

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Make ready: read weights, learn dictionaries. Called once."""
        ...

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, in order."""
        ...
