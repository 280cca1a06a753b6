"""A run's items as the columns that a page can hold: what was asked, and every model's value, in few bytes.

Values are whole numbers of the last digit that the page shows: a metric of two decimals gives 1234 for 12.34.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sepbench.report.records import Column
from sepbench.report.view import digits
from sepbench.results.rows import Row
from sepbench.results.slicing import slice_values
from sepbench.suite import Slice

FACETS: tuple[Slice, ...] = (
    "corpus",
    "kind",
    "mode",
    "label",
    "list",
    "variant",
    "source_count",
    "presence",
    "snr_bin",
)


def item_rows(rows: Iterable[Row]) -> dict[str, Row]:
    """One row of every item, by item: what all models' rows of it agree on."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.item, row)
    return dict(sorted(found.items()))


def item_index(items: Mapping[str, Row], queries: Mapping[str, str]) -> dict[str, Any]:
    """What was asked: a column per fact, in the order of `items`.

    Args:
        queries: the words of the items whose words may be shown.
    """
    rows = list(items.values())
    return {
        "item": list(items),
        "query": [queries.get(item, "") for item in items],
        "snr_db": [None if row.snr_db is None else round(row.snr_db, 2) for row in rows],
        "facets": {name: _coded([facet(row, name) for row in rows]) for name in FACETS},
    }


def facet(row: Row, name: Slice) -> str:
    """The part of a slice that an item belongs to; empty for none. The slices' names, as far as items share them."""
    return next(iter(slice_values(row, name, learnt=())), "")


def _coded(texts: Sequence[str]) -> dict[str, Any]:
    """Texts that repeat: each once, and its place for every item.

    >>> _coded(["b", "a", "b"])
    {'names': ['a', 'b'], 'codes': [1, 0, 1]}
    """
    names = sorted(set(texts))
    place = {name: code for code, name in enumerate(names)}
    return {"names": names, "codes": [place[text] for text in texts]}


def model_columns(rows: Mapping[str, Row], items: Sequence[str], metrics: Sequence[Column]) -> dict[str, Any]:
    """One model's values in the order of `items`, and why there are none.

    Args:
        rows: of the model, by item.

    Returns:
        ``values`` and ``gaps`` (status -> places) by metric; ``status`` (other than ok -> places) and ``errors``
        (place -> what was said) of rows.
    """
    found = [rows.get(item) for item in items]
    status: dict[str, list[int]] = {}
    for place, row in enumerate(found):
        if row is None or row.status != "ok":
            status.setdefault("not run" if row is None else row.status, []).append(place)
    errors = {str(i): f"{row.error.type}: {row.error.message}" for i, row in enumerate(found) if row and row.error}
    return {
        "values": {metric.name: [_whole(metric, row) for row in found] for metric in metrics},
        "gaps": {metric.name: _gaps(metric, found) for metric in metrics},
        "status": status,
        "errors": errors,
    }


def _whole(metric: Column, row: Row | None) -> int | None:
    score = row.metrics.get(metric.name) if row else None
    return None if score is None or score.value is None else round(score.value * 10 ** digits(metric))


def _gaps(metric: Column, rows: Sequence[Row | None]) -> dict[str, list[int]]:
    """Places of the items that were answered and have no value, by what the metric said of them."""
    found: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        score = row.metrics.get(metric.name) if row else None
        if score is not None and score.value is None and score.status not in ("ok", "not_applicable"):
            found.setdefault(score.status, []).append(place)
    return found
