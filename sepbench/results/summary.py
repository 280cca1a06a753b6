"""From rows to ``summary.json``: averages with intervals, slices, coverage and flags.

Deterministic: the same rows, in whatever order they were written, give the same bytes. Nothing of time or machine is in
it; that stands in ``run.json``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import eq
from typing import Any

import numpy as np

from sepbench.manifest import SCHEMA
from sepbench.metrics.metric import Metric
from sepbench.results.analyses import analyse
from sepbench.results.analyses.scored import Scored
from sepbench.results.entries import Ground, averaged_rows
from sepbench.results.parts import parts
from sepbench.results.row_table import Rows, rows_of
from sepbench.results.rows import Failure, Row
from sepbench.results.set_entries import NO_STATISTICS, Reducing, set_entry, undefined_counts
from sepbench.separators.spec import Model
from sepbench.separators.training import trained_corpora
from sepbench.stats import resampling
from sepbench.suite import LoadedSuite, Slice


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
    rows: Iterable[Row],
    reducing: Reducing = NO_STATISTICS,
) -> dict[str, Any]:
    """The whole of ``summary.json`` as plain data.

    Raises:
        MissingData, InvalidRecord: an array that a row names is not there, or damaged.
    """
    held = rows_of(rows)
    draws = resampling(held.distinct("cluster"), seed=suite.hash)
    context = Context(metrics, Ground(suite.suite.averaging, draws), reducing)
    return {
        "schema": SCHEMA,
        "suite": _suite_part(suite, extent, metrics) | {"refused_items": _refused_items(held)},
        "models": {
            model.name: _model_part(context, suite, model, held.where("model", partial(eq, model.name)))
            for model in models
        },
    }


def _refused_items(rows: Rows) -> int:
    return len(set(rows.where("status", partial(eq, "refused")).items()))


def _suite_part(suite: LoadedSuite, extent: Extent, metrics: Sequence[Metric]) -> dict[str, Any]:
    settings, items = suite.suite, suite.items()
    return {
        "name": settings.name,
        "title": settings.title,
        "description": settings.description,
        "hash": suite.hash,
        "items": len(items),
        "mixtures": len({item.mixture.id for item in items}),
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


def _metric_part(metric: Metric) -> dict[str, Any]:
    facts = ("label", "unit", "better", "signature", "scope", "source")
    return {name: getattr(metric, name) for name in facts}


def _model_part(context: Context, suite: LoadedSuite, model: Model, of_model: Rows) -> dict[str, Any]:
    tried = of_model.where("status", lambda status: status not in ("refused", "not_applicable"))
    rows = tried.by_item()  # or the last digits of sums would depend on the order in which rows were written
    table = _metric_table(context, rows)
    failed = rows.where("status", partial(eq, "failed"))
    averages = [metric for metric in context.metrics if metric.reduce is None]
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
            "errors": dict(sorted(Counter(map(_reason, failed.coded("error"))).items())),
        },
        "metrics": table,
        "in_domain": sorted(set(rows.distinct("corpus")) & trained_corpora(model)),
        "slices": {name: _slice(context, model, rows, name) for name in suite.suite.slices},
        "analyses": analyse(
            suite.suite.analyses, [Scored(metric, in_scope(metric, rows)) for metric in averages], context.ground
        ),
        "cost": {},
        "flags": _flags(context, model, rows, table),
        "not_applicable": int(of_model.flags("status", partial(eq, "not_applicable")).sum()),
    }


def _reason(error: Failure | None) -> str:
    return f"{error.type}: {error.message}" if error else "unknown"


def in_scope(metric: Metric, rows: Rows) -> Rows:
    """The rows whose items the metric speaks of; what it does not speak of is neither value nor gap.

    A removal of a sound that is not there leaves the whole mixture as its reference, so it counts as present.
    """
    if metric.scope == "any":
        return rows
    silent_reference = rows.flags("absent", bool) & rows.flags("mode", partial(eq, "extract"))
    return rows.take(silent_reference if metric.scope == "absent" else ~silent_reference)


def _metric_table(context: Context, rows: Rows) -> dict[str, Any]:
    table = {}
    for metric in context.metrics:
        of_metric = in_scope(metric, rows)
        if metric.reduce is not None:
            table[metric.name] = set_entry(context.reducing, metric, of_metric, context.ground.draws)
            table[metric.name] |= {"undefined": undefined_counts(metric, of_metric), "over_mixture": None}
            continue
        entry = averaged_rows(of_metric, of_metric.values(metric.name), context.ground)
        entry["undefined"] = _undefined(metric, of_metric)
        entry["over_mixture"] = (
            averaged_rows(of_metric, of_metric.changes(metric.name), context.ground) if metric.over_mixture else None
        )
        table[metric.name] = entry
    return table


def _undefined(metric: Metric, rows: Rows) -> dict[str, int]:
    """How many rows have no value, by status."""
    without = rows.take(np.isnan(rows.values(metric.name)))
    return dict(sorted(Counter(status or "failed" for status in without.statuses(metric.name)).items()))


def _slice(context: Context, model: Model, rows: Rows, name: Slice) -> dict[str, Any]:
    """Tables of the same metrics over the rows of each of the slice's values."""
    return {
        part: {
            metric.name: _part_entry(context, metric, scoped)
            for metric in context.metrics
            if len(scoped := in_scope(metric, inside))
        }
        for part, inside in parts(rows, name, trained_corpora(model))
    }


def _part_entry(context: Context, metric: Metric, rows: Rows) -> dict[str, Any]:
    """A metric of a set has no interval in the parts of a slice: a bootstrap of each would take hours."""
    if metric.reduce is not None:
        return set_entry(context.reducing, metric, rows, draws=None)
    return averaged_rows(rows, rows.values(metric.name), context.ground)


def _flags(context: Context, model: Model, rows: Rows, table: dict[str, Any]) -> list[str]:
    flags: list[str] = [model.file.paradigm] if model.file.paradigm in ("control", "oracle") else []
    flags += ["untrained"] if model.file.untrained else []
    flags += [f"needs:{need}" for need in model.file.needs]
    if "subtracted" in rows.distinct("removal"):
        flags.append("removal:subtracted")
    if trained_corpora(model).intersection(rows.distinct("corpus")):
        flags.append("in_domain")
    if "failed" in rows.distinct("status"):
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


def _only_mixtures(rows: Rows) -> bool:
    """Whether no answer differed from the untouched mixture, as of a baseline that found nothing to learn from."""
    changes = np.concatenate([rows.changes(metric) for metric in rows.table.scores] or [np.zeros(0)])
    known = changes[np.isfinite(changes)]
    return bool(known.size) and not known.any()


def _worse(metric: Metric, change: float) -> bool:
    return change < 0 if metric.better == "higher" else change > 0
