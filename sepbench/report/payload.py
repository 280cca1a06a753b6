"""What the page's scripts work with: the summary's numbers in short; items and paired tests as compressed pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sepbench.report.items import item_index, item_rows, model_columns
from sepbench.report.packing import Packed, packed
from sepbench.report.ranking import place_text
from sepbench.report.records import Column
from sepbench.report.ties import Answers, Pair, Ties, paired_ties, table
from sepbench.report.view import IMPROVEMENTS, digits, is_rate, kind_of, leading, marks_of, unranked
from sepbench.results.answers import is_of_a_set
from sepbench.results.entries import digits as rounded
from sepbench.results.rows import Row


def overview(
    summary: Mapping[str, Any], metrics: Sequence[Column], tested: Mapping[str, Ties], items: int
) -> dict[str, Any]:
    """The part that the page needs at once.

    Args:
        items: how many have rows; 0 where the run's rows are not here.
    """
    suite = summary["suite"]
    first = leading(metrics) or (metrics[0] if metrics else None)
    return {
        "suite": {"name": suite["name"], "title": suite["title"], "averaging": suite["averaging"]},
        "leading": first.name if first else None,
        "metrics": [_metric(column) for column in metrics],
        "models": {name: _model(model, metrics) for name, model in summary["models"].items()},
        "places": {
            column.name: {model: place_text(places, model) for model in places}
            for column in metrics
            if column.name in tested and (places := tested[column.name].places(column.better))
        },
        "items": items,
    }


def _metric(column: Column) -> dict[str, Any]:
    facts = {"name": column.name, "label": column.label, "unit": column.unit, "better": column.better}
    return facts | {
        "family": column.family,
        "digits": digits(column),
        "rate": is_rate(column),
        "improvement": column.name in IMPROVEMENTS,
    }


def _model(model: Mapping[str, Any], metrics: Sequence[Column]) -> dict[str, Any]:
    return {
        "title": model["title"],
        "kind": kind_of(model),
        "paradigm": model["paradigm"],
        "marks": list(marks_of(model)),
        "in_domain": bool(model.get("in_domain", ())),
        "revision": model["revision"],
        "errors": model["coverage"]["errors"],
        "unranked": {column.name: why for column in metrics if (why := unranked(column, model))},
        "values": {column.name: _short(model["metrics"][column.name]) for column in metrics},
        "cost": cost(model["cost"]),
    }


def _short(entry: Mapping[str, Any]) -> list[float | int | None]:
    """Value, lower and upper end of its interval, how many items have one, and how many have none."""
    low, high = entry["ci95"] or (None, None)
    return [entry["value"], low, high, entry["n"], entry["n_undefined"]]


def cost(profile: Mapping[str, Any]) -> dict[str, float]:
    """What `sepbench profile --run` found, of the shortest length it took; empty where nobody asked.

    Returns:
        ``gmacs``: of the whole pipeline per second of audio, without what is done once per query; ``parameters`` in
        millions; ``rtf``: the real-time factor's median.
    """
    found: dict[str, float] = {}
    shortest = next(iter(profile.get("lengths", ())), None)
    if shortest is None:
        return found
    scopes = shortest.get("scopes") or {}
    if pipeline := scopes.get("pipeline"):
        found["gmacs"] = pipeline["macs_per_second"] / 1e9
        found["parameters"] = (pipeline["trainable"] + pipeline["frozen"]) / 1e6
    if timing := shortest.get("timing"):
        found["rtf"] = timing["rtf_median"]
    return found


def slices(summary: Mapping[str, Any], metrics: Sequence[Column]) -> dict[str, Any]:
    """Slice, value, metric, model -> short entry: the run's own averages and intervals of its parts."""
    found: dict[str, Any] = {}
    for model, facts in summary["models"].items():
        for name, parts in facts["slices"].items():
            for part, entries in parts.items():
                for column in metrics:
                    if column.name in entries:
                        by_metric = found.setdefault(name, {}).setdefault(part, {}).setdefault(column.name, {})
                        by_metric[model] = _short(entries[column.name])
    return found


def paired_tests(
    summary: Mapping[str, Any], metrics: Sequence[Column], rows: Mapping[str, Mapping[str, Row]]
) -> dict[str, Ties]:
    """The paired tests of every metric that is an average of items and ranks at least two systems."""
    suite, found = summary["suite"], {}
    items = item_rows(row for model in rows.values() for row in model.values())
    for column in metrics:
        ranked = [
            name
            for name, model in summary["models"].items()
            if kind_of(model) == "systems" and not unranked(column, model) and rows.get(name)
        ]
        if column.better == "neither" or len(ranked) < 2 or is_of_a_set(summary, column.name):
            continue
        answers = Answers(
            models=tuple(ranked),
            values=table({name: _values(rows[name].values(), column.name) for name in ranked}, list(items)),
            clusters=tuple(row.cluster for row in items.values()),
            classes=tuple(row.label for row in items.values()),
            by_class=suite["averaging"] != "mean",
        )
        ties = paired_ties(answers, seed=suite["hash"])
        if ties.pairs:
            found[column.name] = ties
    return found


def _values(rows: Iterable[Row], metric: str) -> dict[str, float | None]:
    return {row.item: score.value for row in rows if (score := row.metrics.get(metric))}


def pages(
    prefix: str,
    summary: Mapping[str, Any],
    metrics: Sequence[Column],
    tested: Mapping[str, Ties],
    rows: Mapping[str, Mapping[str, Row]],
    queries: Mapping[str, str],
) -> list[Packed]:
    """The compressed pages of a run: slices and tests, the items, and every model's values.

    Args:
        prefix: of the pages' ids.
        rows: by model and item; none gives no pages of items.
        queries: the words of the items whose words may be shown.
    """
    found = [
        packed(f"{prefix}-slices", slices(summary, metrics)),
        packed(f"{prefix}-tests", {name: [_pair(one) for one in ties.pairs] for name, ties in tested.items()}),
    ]
    items = item_rows(row for model in rows.values() for row in model.values())
    if not items:
        return found
    found.append(packed(f"{prefix}-items", item_index(items, queries)))
    for number, name in enumerate(summary["models"]):
        found.append(packed(f"{prefix}-model-{number}", model_columns(rows.get(name, {}), list(items), metrics)))
    return found


def _pair(pair: Pair) -> list[Any]:
    low, high = pair.ci95 or (None, None)
    return [pair.one, pair.other, *map(rounded, (pair.difference, low, high, pair.p)), pair.n]
