"""The summary that rows come to, and in what another one differs from it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sepbench.engine.config import RunConfig
from sepbench.engine.reducing import reducing_apart
from sepbench.results.costs import with_costs
from sepbench.results.row_table import Rows
from sepbench.results.run_folder import STATS
from sepbench.results.summary import Extent, summarise_run

ROUNDING = 1e-5
"""Relative or absolute: another machine sums in another order, and a summary has six digits."""


def recomputed(config: RunConfig, folder: Path, rows: Rows) -> dict[str, Any]:
    """The summary of rows that every model has for the same items, as it would be read from a file.

    Args:
        folder: holds the statistics that rows name, and the costs.

    Raises:
        MissingData, InvalidRecord, RunFolderError: a statistic is not there or no statistic; the costs are damaged.
    """
    items = len(rows) // len(config.models)
    extent = Extent(items, len(config.suite.items()) - items, None)
    with reducing_apart(folder / STATS) as reducing:
        found = summarise_run(config.suite, extent, config.models, config.metrics, rows, reducing)
    summary: dict[str, Any] = json.loads(json.dumps(with_costs(found, folder)))
    return summary


def differences(claimed: object, found: object, place: str = "") -> Iterator[str]:
    """Every value that is not the same, with its place; numbers within rounding are.

    >>> list(differences({"a": {"n": 3, "value": 2.5}}, {"a": {"n": 3, "value": 2.4999999}}))
    []
    >>> list(differences({"a": {"n": 3, "value": 2.5}}, {"a": {"n": 2, "value": 2.5}}))
    ['a.n is 3, and 2 of the rows']
    """
    if isinstance(claimed, Mapping) and isinstance(found, Mapping):
        for name in sorted(claimed.keys() | found.keys()):
            inside = f"{place}.{name}" if place else str(name)
            if name not in claimed or name not in found:
                yield f"{inside} is {'left out' if name in found else 'not of the rows'}"
            else:
                yield from differences(claimed[name], found[name], inside)
    elif isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        for number, (one, other) in enumerate(zip(claimed, found, strict=True)):
            yield from differences(one, other, f"{place}.{number}")
    elif not _same(claimed, found):
        yield f"{place} is {_short(claimed)}, and {_short(found)} of the rows"


def _same(one: object, other: object) -> bool:
    if type(one) is float and type(other) is float:
        return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]
