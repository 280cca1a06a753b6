"""What a suite's analyses show on the page: a heading, how to read it, drawings and tables for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sepbench.report.plots import roc_curves, swept_curves
from sepbench.report.records import Cell, Column, Head, Line, Span, Table
from sepbench.report.view import DASH, IMPROVEMENTS, cell, groups

NOTHING: Mapping[str, Any] = {"value": None, "ci95": None, "median": None, "n": 0, "n_undefined": 0}
AUC = Column("auc", "AUC", "", "higher", "", "")


@dataclass(frozen=True)
class Drawing:
    """A finished drawing; `svg` is markup made here, in which texts are escaped."""

    title: str
    caption: str
    svg: str


@dataclass(frozen=True)
class AnalysisPart:
    """One analysis on the page."""

    title: str
    text: str
    drawings: tuple[Drawing, ...]
    tables: tuple[Table, ...]


Analyses = Mapping[str, Any]


def analysis_parts(summary: Mapping[str, Any], shown: Sequence[Column], prefix: str) -> tuple[AnalysisPart, ...]:
    """A part for every analysis the suite names.

    Args:
        shown: the metrics of the results' table, in its order.
        prefix: makes the drawings' ids this section's own.
    """
    return tuple(PARTS[name](summary, shown, prefix) for name in PARTS if name in summary["suite"].get("analyses", ()))


def _activation(summary: Mapping[str, Any], shown: Sequence[Column], prefix: str) -> AnalysisPart:
    caption = "From the loudest answers down. The diagonal is a separator that is as loud whatever is asked."
    drawings = _drawings([("Present against absent sounds", caption, roc_curves(summary, f"{prefix}-roc"))])
    heads = (_head(AUC, "area under the curve"), Head("answers to present sounds"), Head("answers to absent sounds"))

    def cells(model: Mapping[str, Any], found: Analyses) -> tuple[Cell, ...]:
        counts = [_plain(str(found.get(name, 0))) for name in ("n_present", "n_absent")]
        return (cell(AUC, found.get("auc", NOTHING), model), *counts)

    text = (
        "Whether the level of the output tells sounds that are in the mixture from sounds that are not: the area under "
        "the curve is the chance that the answer to a present sound is louder than the answer to an absent one. "
        "1 is perfect, 0.5 no better than a guess."
    )
    table = _table(summary, shown, "activation", "Present against absent sounds", (Span("", 3),), heads, cells)
    return AnalysisPart("Does it know what is there?", text, drawings, (table,))


def _variants(summary: Mapping[str, Any], shown: Sequence[Column], prefix: str) -> AnalysisPart:
    text = (
        "Each sound is asked for in several variants that mean the same. Worst, range (best minus worst) and standard "
        "deviation are taken over the variants of one sound, and averaged over sounds. A sound for which one variant "
        "has no value is left out."
    )
    tables = tuple(_variants_table(summary, shown, metric) for metric in _analysed(summary, shown, "variants"))
    return AnalysisPart("The same sound, asked for otherwise", text, (), tables)


def _variants_table(summary: Mapping[str, Any], shown: Sequence[Column], metric: Column) -> Table:
    spread = replace(metric, better="lower")
    statistics = {"mean": metric, "worst": metric, "range": spread, "std": spread}
    names = {"mean": "mean", "worst": "worst", "range": "range", "std": "standard deviation"}
    heads = tuple(_head(column, names[name]) for name, column in statistics.items())

    def cells(model: Mapping[str, Any], found: Analyses) -> tuple[Cell, ...]:
        entries = found.get(metric.name, {})
        return tuple(_unflagged(column, entries.get(name, NOTHING), model) for name, column in statistics.items())

    sizes = {tuple(found[metric.name]["sizes"]) for found in _found(summary, "variants") if metric.name in found}
    low, high = min(low for low, _ in sizes), max(high for _, high in sizes)
    count = f"{low} variants" if low == high else f"{low} to {high} variants"
    return _table(summary, shown, "variants", f"{metric.label} over {count}", (_span(metric, 4),), heads, cells)


def _snr_curve(summary: Mapping[str, Any], shown: Sequence[Column], prefix: str) -> AnalysisPart:
    metrics = _analysed(summary, shown, "snr_curve")
    caption = "The same pairs at every ratio, with 95 % intervals; curves are set a little apart to be seen."
    over = "The line at 0 is the untouched mixture."
    drawn = [metric for metric in metrics if metric.name in IMPROVEMENTS] or metrics[:1]
    drawings = [
        (
            f"{metric.label} against SNR",
            f"{caption} {over}" if metric.name in IMPROVEMENTS else caption,
            swept_curves(summary, metric, f"{prefix}-swept-{metric.name}"),
        )
        for metric in drawn
    ]
    wanted = [(metric, part) for metric in metrics for part in _curve_parts(metric)]

    def cells(model: Mapping[str, Any], found: Analyses) -> tuple[Cell, ...]:
        return tuple(_curve_cell(metric, part, found.get(metric.name, {}), model) for metric, part in wanted)

    heads = tuple(_head(metric, {"area": "mean height", "crossing": "ends at"}[part]) for metric, part in wanted)
    spans = tuple(_span(metric, len(_curve_parts(metric))) for metric in metrics)
    text = (
        "Mean height is the area under the curve over its width. An improvement ends at the ratio beyond which the "
        "mean never is above 0 again: there, leaving the mixture alone is better."
    )
    table = _table(summary, shown, "snr_curve", "Height of the curves, and where improvements end", spans, heads, cells)
    return AnalysisPart("Over the range of ratios", text, _drawings(drawings), (table,))


def _curve_parts(metric: Column) -> tuple[str, ...]:
    return ("area", "crossing") if metric.name in IMPROVEMENTS else ("area",)


def _curve_cell(metric: Column, part: str, found: Analyses, model: Mapping[str, Any]) -> Cell:
    if part == "area":
        return _unflagged(metric, found.get("area", NOTHING), model)
    crossing = found.get("crossing", {"snr_db": None, "ci95": None, "reason": "", "n": 0, "n_undefined": 0})
    entry = {**crossing, "value": crossing["snr_db"], "median": None}
    shown = _unflagged(replace(metric, unit="dB"), entry, model)
    return replace(shown, interval=shown.interval or crossing["reason"], text=_with_unit(shown.text))


def _with_unit(text: str) -> str:
    return text if text == DASH else f"{text} dB"


PARTS: Mapping[str, Callable[[Mapping[str, Any], Sequence[Column], str], AnalysisPart]] = {
    "activation": _activation,
    "snr_curve": _snr_curve,
    "variants": _variants,
}


def _found(summary: Mapping[str, Any], name: str) -> list[Analyses]:
    return [model["analyses"].get(name, {}) for model in summary["models"].values()]


def _analysed(summary: Mapping[str, Any], shown: Sequence[Column], name: str) -> list[Column]:
    """The metrics an analysis speaks of, in the results' order."""
    return [column for column in shown if any(column.name in found for found in _found(summary, name))]


def _table(
    summary: Mapping[str, Any],
    shown: Sequence[Column],
    name: str,
    title: str,
    spans: tuple[Span, ...],
    heads: tuple[Head, ...],
    cells: Callable[[Mapping[str, Any], Analyses], tuple[Cell, ...]],
) -> Table:
    """One analysis, its models in the order of the results."""
    models = summary["models"]
    found = []
    for group in groups(summary, shown):
        names = [line.model for line in group.lines]
        lines = [Line(of, "", (), "", cells(models[of], models[of]["analyses"].get(name, {}))) for of in names]
        found.append(replace(group, lines=tuple(lines)))
    return Table(title, spans, heads, tuple(found), whole=False)


def _drawings(found: Sequence[tuple[str, str, str]]) -> tuple[Drawing, ...]:
    return tuple(Drawing(title, caption, svg) for title, caption, svg in found if svg)


def _head(column: Column, label: str) -> Head:
    return Head(label, better=column.better)


def _span(column: Column, width: int) -> Span:
    return Span(f"{column.label} ({column.unit})" if column.unit else column.label, width)


def _unflagged(column: Column, entry: Mapping[str, Any], model: Mapping[str, Any]) -> Cell:
    """A cell without the mark of being worse than the mixture: that belongs to averages over items."""
    return replace(cell(column, entry, model), below_mixture=False)


def _plain(text: str) -> Cell:
    return Cell(text, "", "", "", "", below_mixture=False, unranked="", sort=None, bounds=None)
