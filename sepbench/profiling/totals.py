"""Sums over the parts of a separator: what people compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from sepbench.separators.separator import Cost, Part, Scope

SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True)
class Total:
    """The parts of one scope together.

    Attributes:
        macs: multiply-accumulates for one mixture.
        query_macs: those that need be done once only for a query; not in `macs`.
        fft_macs: what the Fourier transforms come to; in neither.
        trainable, frozen, buffers: parameters and stored numbers, those of the query's parts included.
    """

    macs: int
    query_macs: int
    fft_macs: int
    trainable: int
    frozen: int
    buffers: int


def totals(cost: Cost) -> dict[Scope, Total]:
    """By scope, those that some part belongs to.

    >>> net, text = Part(10, 0, 0, macs=300), Part(0, 20, 0, macs=50, scopes=("pipeline",), per_query=True)
    >>> found = totals(Cost(1.0, {"net": net, "text": text}))
    >>> found["separator_only"].macs, found["pipeline"].macs, found["pipeline"].query_macs, found["pipeline"].frozen
    (300, 300, 50, 20)
    """
    inside = {scope: [part for part in cost.parts.values() if scope in part.scopes] for scope in SCOPES}
    return {scope: _total(parts) for scope, parts in inside.items() if parts}


def _total(parts: Iterable[Part]) -> Total:
    parts = list(parts)
    return Total(
        macs=sum(part.macs for part in parts if not part.per_query),
        query_macs=sum(part.macs for part in parts if part.per_query),
        fft_macs=sum(part.fft_macs for part in parts),
        trainable=sum(part.trainable for part in parts),
        frozen=sum(part.frozen for part in parts),
        buffers=sum(part.buffers for part in parts),
    )
