"""Which other answer about the same mixture a metric wants to hear beside the one it scores."""

from __future__ import annotations

from collections.abc import Collection

from sepbench.manifest import Mixture, Query
from sepbench.metrics.metric import Companion


def companions(mixture: Mixture, query_index: int, wanted: Collection[Companion]) -> dict[Companion, int]:
    """The queries whose answers go with a query's own, by what they are to it.

    Args:
        wanted: what the chosen metrics need; nothing else is looked for, since each may cost a separation.

    Returns:
        Indexes of queries of the same mixture, the first that fits: ``complement``, for a removal, is the extraction of
        the same sources in the same words; ``swapped``, for an extraction, asks for other sources of the mixture.
    """
    query = mixture.queries[query_index]
    fits = {"complement": _is_complement, "swapped": _is_swapped}
    found: dict[Companion, int] = {}
    for name in sorted(wanted):
        match = next((i for i, other in enumerate(mixture.queries) if fits[name](query, other)), None)
        if match is not None:
            found[name] = match
    return found


def _is_complement(query: Query, other: Query) -> bool:
    same_words = (query.text, query.text_sha256) == (other.text, other.text_sha256)
    return query.mode == "remove" and other.mode == "extract" and query.sources == other.sources and same_words


def _is_swapped(query: Query, other: Query) -> bool:
    both_there = bool(query.sources) and bool(other.sources) and not set(query.sources) & set(other.sources)
    return query.mode == other.mode == "extract" and both_there
