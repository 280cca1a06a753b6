"""Finding metrics: every file of this package with a tuple ``METRICS`` adds its own. Nothing is registered by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sepbench.errors import SepbenchError
from sepbench.metrics.metric import Metric
from sepbench.search_path import closest


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by name, sorted.

    Raises:
        SepbenchError: two files define one name.

    >>> metrics()["si_sdr"].unit
    'dB'
    """
    found: dict[str, Metric] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        family = importlib.import_module(f"sepbench.metrics.{module.name}")
        for metric in getattr(family, "METRICS", ()):
            if metric.name in found:
                raise SepbenchError("two metrics of one name", given=metric.name, remedy="rename one of them")
            found[metric.name] = metric
    return dict(sorted(found.items()))


def get(name: str) -> Metric:
    """The metric of that name.

    Raises:
        SepbenchError: there is none; the nearest names are given.
    """
    known = metrics()
    if name not in known:
        raise SepbenchError("unknown metric", given=name, remedy=closest(name, list(known)))
    return known[name]


def select(names: Iterable[str]) -> list[Metric]:
    """The metrics of those names, in order, each once.

    Raises:
        SepbenchError: an unknown name, or a bare string, whose letters would be taken for names.
    """
    if isinstance(names, str):
        raise SepbenchError(
            "one string instead of a list of metrics", given=names, wanted="a list of names", remedy=f'use ["{names}"]'
        )
    return [get(name) for name in dict.fromkeys(names)]
