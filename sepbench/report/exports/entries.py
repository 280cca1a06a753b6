"""Results as data: one entry for every model and metric, complete in itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sepbench.report.exports.gathered import Gathered


@dataclass(frozen=True)
class Entry:
    """One number with all that it means; the columns of CSV and Parquet, and the fields of JSON.

    Attributes:
        partial: whether items were left out that could have been scored: then it is not the suite's number.
        scored_items: of `suite_items`; the rest could not be built, or was left out.
        group: ``systems``, ``untrained``, ``controls`` or ``oracles``; only systems are ranked.
        signature: the metric's recipe.
        value: the average by the suite's rule; None where the metric has none.
        ci95_low, ci95_high: of recordings, resampled.
        n, n_undefined: items behind the value, and those without one.
        over_mixture: the average change over the untouched mixture.
        rank: ``best``, ``near`` (not told apart from the best) or empty.
        place: one more than how many systems are better and told apart; None for who has none.
        unranked: why it is not ranked, empty where it is.
        marks: what else must be known of the model.
    """

    suite: str
    suite_hash: str
    partial: bool
    scored_items: int
    suite_items: int
    model: str
    title: str
    revision: str
    group: str
    metric: str
    label: str
    unit: str
    better: str
    signature: str
    value: float | None
    ci95_low: float | None
    ci95_high: float | None
    median: float | None
    n: int
    n_undefined: int
    over_mixture: float | None
    rank: str
    place: int | None
    unranked: str
    below_mixture: bool
    marks: str
    sepbench: str


FIELDS = tuple(field.name for field in dataclasses.fields(Entry))


def entries(runs: Sequence[Gathered]) -> list[Entry]:
    """Of all runs, table by table in the page's order."""
    return [one for found in runs for one in _of_run(found)]


def _of_run(found: Gathered) -> Iterator[Entry]:
    suite = found.suite
    for table in found.tables:
        for group, line, column, cell in table.cells():
            model = found.summary["models"][line.model]
            entry = model["metrics"][column.name]
            low, high = entry["ci95"] or (None, None)
            place = cell.place.rstrip("=")
            yield Entry(
                suite=suite["name"],
                suite_hash=suite["hash"],
                partial=suite["partial"],
                scored_items=suite.get("scored_items", suite["items"] - suite["missing_items"]),
                suite_items=suite["items"],
                model=line.model,
                title=line.title,
                revision=model["revision"],
                group=group,
                metric=column.name,
                label=column.label,
                unit=column.unit,
                better=column.better,
                signature=column.signature,
                value=entry["value"],
                ci95_low=low,
                ci95_high=high,
                median=entry["median"],
                n=entry["n"],
                n_undefined=entry["n_undefined"],
                over_mixture=(entry.get("over_mixture") or {}).get("value"),
                rank=cell.rank,
                place=int(place) if place else None,
                unranked=cell.unranked,
                below_mixture=cell.below_mixture,
                marks="; ".join(line.marks),
                sepbench=found.run["sepbench"] or "",
            )
