"""What ``sepbench reproduce`` prints: the tables there are, what is missing for one, published beside measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sepbench.cli.output import print_json, print_table
from sepbench.engine.lacking import Lack
from sepbench.manifest import SCHEMA
from sepbench.results.reproducing import Cell, Reproduction, measured

KNOWN = ("name", "paper", "table", "suites")
COMPARED = ("row", "model", "test set", "column", "metric", "published", "measured", "difference")


def show_known(known: Sequence[Reproduction], *, as_json: bool) -> None:
    """The tables that can be asked for."""
    if as_json:
        print_json([_described(one) for one in known])
        return
    rows = [
        [one.name, one.paper.system, f"{one.table.id}: {one.table.caption}", ", ".join(one.suites())] for one in known
    ]
    print_table("tables to reproduce", KNOWN, rows)


def show_missing(wanted: Reproduction, missing: Sequence[Lack], *, as_json: bool) -> None:
    """Everything that has to be brought first."""
    if as_json:
        print_json(_described(wanted) | {"missing": [asdict(lack) for lack in missing]})
        return
    for lack in missing:
        print(f"missing {lack.kind}: {lack.what}")
        print(f"  for: {', '.join(lack.wanted_by)}")
        print(f"  try: {lack.remedy}")


def show_compared(wanted: Reproduction, summaries: Mapping[str, Any], limit: int | None, *, as_json: bool) -> None:
    """Every number of the table with the measured one, and what keeps the two apart.

    Args:
        summaries: of runs, by suite.
        limit: how many items of each suite were scored; None for all.
    """
    found = [(cell, measured(summaries[cell.suite], cell)) for cell in wanted.cells]
    if as_json:
        print_json(_described(wanted) | {"limit": limit, "cells": [_entry(cell, value) for cell, value in found]})
        return
    title = f"{wanted.paper.title}, {wanted.table.id}: {wanted.table.caption}"
    print_table(title, COMPARED, [_row(cell, value) for cell, value in found])
    if unsure := sorted({f"{cell.test_set} ({cell.mixtures})" for cell in wanted.cells if cell.mixtures != "same"}):
        print(f"not known to be the paper's mixtures: {', '.join(unsure)}")
    if wanted.note:
        print(f"note: {wanted.note}")
    if limit is not None:
        print(f"partial: --limit {limit}; the published numbers are of all items")


def _described(wanted: Reproduction) -> dict[str, Any]:
    paper = {"title": wanted.paper.title, "reference": wanted.paper.reference, "version": wanted.paper.version}
    table = {"id": wanted.table.id, "caption": wanted.table.caption, "protocol": wanted.table.protocol}
    return {"schema": SCHEMA, "name": wanted.name, "paper": paper, "table": table, "note": wanted.note}


def _entry(cell: Cell, value: float | None) -> dict[str, Any]:
    difference = None if value is None else value - cell.published
    return asdict(cell) | {"column": cell.column.name, "measured": value, "difference": difference}


def _row(cell: Cell, value: float | None) -> list[str]:
    difference = "-" if value is None else f"{value - cell.published:+.{cell.column.decimals}f}"
    metric = cell.metric if cell.exact else f"{cell.metric} (nearest)"
    numbers = [cell.column.printed(cell.published), cell.column.printed(value), difference]
    return [cell.row, cell.model, cell.test_set, cell.column.name, metric, *numbers]
