"""From rows to ``summary.json``: averages with intervals, slices, coverage and flags.

Deterministic: the same rows, in whatever order they were written, give the same bytes. Nothing of time or machine is in
it; that stands in ``run.json``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sepbench.manifest import SCHEMA
from sepbench.metrics.metric import Metric
from sepbench.results.analyses import analyse
from sepbench.results.analyses.scored import Scored
from sepbench.results.entries import Ground, Measured, averaged
from sepbench.results.rows import Row
from sepbench.results.set_entries import NO_STATISTICS, Reducing, set_entry, undefined_counts
from sepbench.separators.spec import Model
from sepbench.separators.training import trained_corpora
from sepbench.stats import resampling
from sepbench.suite import LoadedSuite, Slice

SNR_BIN_DB = 5
IN_DOMAIN = "in domain"
"""Where the model was trained on the corpus a row's sound comes from, though perhaps not on that clip."""


@dataclass(frozen=True)
class Extent:
    """How much of the suite a run covers: `items` have a row of every model, `missing_items` lack clips on this
    machine, `unfinished_items` were still to do when the run was stopped."""

    items: int
    missing_items: int
    limit: int | None
    unfinished_items: int = 0

    @property
    def partial(self) -> bool:
        """Whether items were left out that could have been scored."""
        return self.limit is not None or self.unfinished_items > 0


@dataclass(frozen=True)
class Context:
    """What every table of one summary shares."""

    metrics: Sequence[Metric]
    ground: Ground
    reducing: Reducing


def summarise_run(
    suite: LoadedSuite,
    extent: Extent,
    models: Sequence[Model],
    metrics: Sequence[Metric],
    rows: Sequence[Row],
    reducing: Reducing = NO_STATISTICS,
) -> dict[str, Any]:
    """The whole of ``summary.json`` as plain data.

    Raises:
        MissingData, InvalidRecord: an array that a row names is not there, or damaged.
    """
    ordered = sorted(rows, key=lambda row: (row.model, row.item))
    draws = resampling([row.cluster for row in ordered], seed=suite.hash)
    context = Context(metrics, Ground(suite.suite.averaging, draws), reducing)
    scored = [row for row in ordered if row.status not in ("refused", "not_applicable")]
    by_model = {model.name: [row for row in scored if row.model == model.name] for model in models}
    beyond = Counter(row.model for row in ordered if row.status == "not_applicable")
    return {
        "schema": SCHEMA,
        "suite": _suite_part(suite, extent, metrics) | {"refused_items": _refused_items(ordered)},
        "models": {
            model.name: _model_part(context, suite, model, by_model[model.name])
            | {"not_applicable": beyond[model.name]}
            for model in models
        },
    }


def _suite_part(suite: LoadedSuite, extent: Extent, metrics: Sequence[Metric]) -> dict[str, Any]:
    settings = suite.suite
    return {
        "name": settings.name,
        "title": settings.title,
        "description": settings.description,
        "hash": suite.hash,
        "items": len(suite.items()),
        "mixtures": len({item.mixture.id for item in suite.items()}),
        "scored_items": extent.items,
        "missing_items": extent.missing_items,
        "unbuilt": [{"list": one.name, "mixtures": one.rows, "reason": one.reason} for one in suite.unbuilt],
        "partial": extent.partial,
        "unfinished_items": extent.unfinished_items,
        "limit": extent.limit,
        "scoring_rate": settings.scoring_rate,
        "averaging": settings.averaging,
        "analyses": list(settings.analyses),
        "manifests": {manifest.meta.name: manifest.meta.content_hash for manifest in suite.manifests},
        "metric_order": [metric.name for metric in metrics],
        "metrics": {metric.name: _metric_part(metric) for metric in metrics},
    }


def _refused_items(rows: Sequence[Row]) -> int:
    return len({row.item for row in rows if row.status == "refused"})


def _metric_part(metric: Metric) -> dict[str, Any]:
    facts = ("label", "unit", "better", "signature", "scope", "source")
    return {name: getattr(metric, name) for name in facts}


def _model_part(context: Context, suite: LoadedSuite, model: Model, rows: Sequence[Row]) -> dict[str, Any]:
    table = _metric_table(context, rows)
    failed = [row for row in rows if row.status == "failed"]
    averages = [metric for metric in context.metrics if metric.reduce is None]
    scored = [Scored(metric, [row for row in rows if in_scope(metric, row)]) for metric in averages]
    return {
        "title": model.file.title,
        "paradigm": model.file.paradigm,
        "needs": list(model.file.needs),
        "revision": model.revision,
        "native_removal": model.native_removal,
        "trained_on": list(model.file.trained_on),
        "coverage": {
            "items": len(rows),
            "ok": len(rows) - len(failed),
            "failed": len(failed),
            "errors": dict(sorted(Counter(_reason(row) for row in failed).items())),
        },
        "metrics": table,
        "in_domain": sorted({row.corpus for row in rows} & trained_corpora(model)),
        "slices": {name: _slice(context, model, rows, name) for name in suite.suite.slices},
        "analyses": analyse(suite.suite.analyses, scored, context.ground),
        "cost": {},
        "flags": _flags(context, model, rows, table),
    }


def _reason(row: Row) -> str:
    return f"{row.error.type}: {row.error.message}" if row.error else "unknown"


def in_scope(metric: Metric, row: Row) -> bool:
    """Whether the metric speaks of the row's item at all; what it does not speak of is neither value nor gap.

    A removal of a sound that is not there leaves the whole mixture as its reference, so it counts as present.
    """
    silent_reference = row.absent and row.mode == "extract"
    return metric.scope == "any" or (metric.scope == "absent") == silent_reference


def _metric_table(context: Context, rows: Sequence[Row]) -> dict[str, Any]:
    table = {}
    for metric in context.metrics:
        of_metric = [row for row in rows if in_scope(metric, row)]
        if metric.reduce is not None:
            table[metric.name] = set_entry(context.reducing, metric, of_metric, context.ground.draws)
            table[metric.name] |= {"undefined": undefined_counts(metric, of_metric), "over_mixture": None}
            continue
        table[metric.name] = _entry(context, metric.name, of_metric, lambda score: score.value)
        undefined = Counter(_status(metric.name, row) for row in of_metric if _value(metric.name, row) is None)
        table[metric.name]["undefined"] = dict(sorted(undefined.items()))
        table[metric.name]["over_mixture"] = (
            _entry(context, metric.name, of_metric, lambda score: score.over_mixture) if metric.over_mixture else None
        )
    return table


def _value(metric: str, row: Row) -> float | None:
    score = row.metrics.get(metric)
    return None if score is None else score.value


def _status(metric: str, row: Row) -> str:
    score = row.metrics.get(metric)
    return "failed" if score is None else score.status


def _entry(context: Context, metric: str, rows: Sequence[Row], pick: Callable[[Any], float | None]) -> dict[str, Any]:
    found = ((row, row.metrics.get(metric)) for row in rows)
    measured = [Measured(None if score is None else pick(score), row.cluster, row.label) for row, score in found]
    return averaged(measured, context.ground)


def _slice(context: Context, model: Model, rows: Sequence[Row], name: Slice) -> dict[str, Any]:
    """Tables of the same metrics over the rows of each of the slice's values."""
    values = {row.item: _slice_values(model, row, name) for row in rows}
    parts = sorted({value for found in values.values() for value in found}, key=_slice_order)
    table = {}
    for part in parts:
        inside = [row for row in rows if part in values[row.item]]
        table[part] = {
            metric.name: _part_entry(context, metric, scoped)
            for metric in context.metrics
            if (scoped := [row for row in inside if in_scope(metric, row)])
        }
    return table


def _part_entry(context: Context, metric: Metric, rows: Sequence[Row]) -> dict[str, Any]:
    """A metric of a set has no interval in the parts of a slice: a bootstrap of each would take hours."""
    if metric.reduce is not None:
        return set_entry(context.reducing, metric, rows, draws=None)
    return _entry(context, metric.name, rows, lambda score: score.value)


def _slice_values(model: Model, row: Row, name: Slice) -> tuple[str, ...]:
    """The parts of a slice that a row belongs to: one, none, or, for a list with faulty rows, two."""
    if name == "snr_bin":
        return () if row.snr_db is None else (snr_bin(row.snr_db),)
    if name == "presence":
        return ("absent" if row.absent else "present",)
    if name == "faults":
        return ("as published",) if row.faults else ("as published", "clean")
    if name == "training":
        return (IN_DOMAIN if row.corpus in trained_corpora(model) else "held out",)
    value = str(getattr(row, name))
    return (value,) if value else ()


def _slice_order(value: str) -> tuple[float, str]:
    first = value.split("..")[0]
    return (float(first), "") if first.lstrip("-").isdigit() else (math.inf, value)


def snr_bin(snr_db: float) -> str:
    """The 5 dB bin an item falls into, its lower end included.

    >>> snr_bin(-0.1), snr_bin(0.0), snr_bin(14.99)
    ('-5..0', '0..5', '10..15')
    """
    low = math.floor(snr_db / SNR_BIN_DB) * SNR_BIN_DB
    return f"{low}..{low + SNR_BIN_DB}"


def _flags(context: Context, model: Model, rows: Sequence[Row], table: dict[str, Any]) -> list[str]:
    flags: list[str] = [model.file.paradigm] if model.file.paradigm in ("control", "oracle") else []
    flags += ["untrained"] if model.file.untrained else []
    flags += [f"needs:{need}" for need in model.file.needs]
    if any(row.removal == "subtracted" for row in rows):
        flags.append("removal:subtracted")
    if any(row.corpus in trained_corpora(model) for row in rows):
        flags.append("in_domain")
    if any(row.status == "failed" for row in rows):
        flags.append("failed_items")
    if model.file.paradigm != "control" and _only_mixtures(rows):
        flags.append("only_mixtures")
    for metric in context.metrics:
        change = _change(table[metric.name])
        if change is not None and _worse(metric, change):
            flags.append(f"below_mixture:{metric.name}")
    return flags


def _change(entry: dict[str, Any]) -> float | None:
    """By how much the separator changed what the untouched mixtures have: on average, or of the whole set."""
    if entry["over_mixture"] is not None:
        change: float | None = entry["over_mixture"]["value"]
        return change
    untouched = entry.get("of_mixture")
    return None if untouched is None or entry["value"] is None else entry["value"] - untouched


def _only_mixtures(rows: Sequence[Row]) -> bool:
    """Whether no answer differed from the untouched mixture, as of a baseline that found nothing to learn from."""
    changes = [score.over_mixture for row in rows for score in row.metrics.values() if score.over_mixture is not None]
    return bool(changes) and not any(changes)


def _worse(metric: Metric, change: float) -> bool:
    return change < 0 if metric.better == "higher" else change > 0
