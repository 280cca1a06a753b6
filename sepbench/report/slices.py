"""The suite cut by SNR, by query and by source: tables of a few metrics, models in the order of the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sepbench.report.records import Cell, Column, Head, Line, Span, Table
from sepbench.report.view import cell, groups, leading

SLICES = {
    "snr_bin": "By the item's SNR in dB",
    "presence": "By whether the sound is there",
    "mode": "By what is asked",
    "kind": "By how it is asked",
    "source_count": "By number of sources",
    "list": "By list",
    "corpus": "By corpus",
    "training": "By whether the model was trained on the corpus",
    "faults": "As published, and without the faulty rows",
    "variant": "By variant of the same sounds",
    "label": "By class",
}
SLICE_METRICS = ("si_sdri", "sdri", "lsd", "silent_output_rate", "absent_output_level")
NARROW = 4  # a slice with more values than this shows its leading metric only, to stay readable


def slice_tables(summary: Mapping[str, Any], shown: Sequence[Column]) -> list[Table]:
    """A table for every slice that has more than one value, of a few metrics only."""
    by_name = {column.name: column for column in shown}
    first = leading(shown)
    few = [by_name[name] for name in SLICE_METRICS if name in by_name] or list(shown[:1])
    tables = []
    for name in SLICES:
        values = _slice_values(summary, name)
        of = few if len(values) <= NARROW else [first or few[0]] if few else []
        if len(values) > 1 and of:
            tables.append(_slice_table(summary, name, [(column, value) for column in of for value in values], shown))
    return tables


def _slice_values(summary: Mapping[str, Any], name: str) -> list[str]:
    values = {value for model in summary["models"].values() for value in model["slices"].get(name, {})}
    return sorted(values, key=_value_order)


def _value_order(value: str) -> tuple[bool, float, str]:
    """Numbers, and the lower ends of bins, by size; then words."""
    low = value.split("..")[0]
    digits = low.removeprefix("-").isdecimal()
    return (not digits, float(low) if digits else 0.0, value)


def _slice_table(
    summary: Mapping[str, Any], name: str, wanted: Sequence[tuple[Column, str]], shown: Sequence[Column]
) -> Table:
    """One slice, its models in the order of the results; `shown` are the results' columns."""
    cuts = {model: facts["slices"].get(name, {}) for model, facts in summary["models"].items()}
    pairs = [(of, value) for of, value in wanted if any(of.name in cut.get(value, {}) for cut in cuts.values())]
    spans = [(column, len(list(run))) for column, run in groupby(pairs, key=lambda pair: pair[0])]
    found = []
    for group in groups(summary, shown):
        names = [line.model for line in group.lines]
        lines = [Line(model, "", (), "", _slice_cells(cuts[model], pairs, summary["models"][model])) for model in names]
        found.append(replace(group, lines=tuple(lines)))
    return Table(
        title=SLICES[name],
        spans=tuple(Span(f"{c.label} ({c.unit}) {c.arrow}" if c.unit else f"{c.label} {c.arrow}", n) for c, n in spans),
        heads=tuple(Head(value.replace("..", " to "), better=column.better) for column, value in pairs),
        groups=tuple(found),
        whole=False,
    )


def _slice_cells(
    cut: Mapping[str, Any], pairs: Sequence[tuple[Column, str]], model: Mapping[str, Any]
) -> tuple[Cell, ...]:
    nothing = {"value": None, "ci95": None, "median": None, "n": 0, "n_undefined": 0}
    return tuple(cell(column, cut.get(value, {}).get(column.name, nothing), model) for column, value in pairs)
