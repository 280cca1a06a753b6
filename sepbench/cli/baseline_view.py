"""What ``sepbench baseline update`` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sepbench.cli.output import print_json, print_table
from sepbench.errors import on_one_line
from sepbench.manifest import SCHEMA
from sepbench.results.answers import Answers
from sepbench.results.baseline_changes import BaselineChange, ModelChange

COLUMNS = ("model", "metric", "before", "now", "change", "95 %", "items up", "items down", "lost", "gained")


def show(change: BaselineChange, new: Answers, path: Path, *, written: bool, as_json: bool) -> None:
    """The difference, and whether it was written; what did not move has no line in the table."""
    if as_json:
        print_json(_described(change, new, path) | {"written": written})
        return
    if change.reset:
        print(on_one_line(f"{path}: {change.reset}"))
    moved = [one for one in change.changes if one.moved]
    if moved:
        print_table(f"{new.suite.name}: baseline before, run now", COLUMNS, [_row(one) for one in moved])
    elif not change.reset:
        print("no value changed")
    for word, names in (("added", change.added), ("removed", change.removed)):
        if names:
            print(on_one_line(f"{word}: {', '.join(names)}"))
    for line in change.recipes:
        print(on_one_line(f"metric {line}"))
    end = f"written to {path}" if written else f"not written to {path}; --yes writes"
    print(on_one_line(f"items: {len(new.items)}, models: {len(new.models)}, {end}"))


def _row(one: ModelChange) -> list[str]:
    change, found = one.change, one.change.difference
    numbers = ["-" if value is None else f"{value:.4g}" for value in (change.before, change.after)]
    mean = "-" if found is None else f"{found.mean:+.4g}"
    bounds = "-" if found is None or found.interval is None else f"{found.interval[0]:+.4g} to {found.interval[1]:+.4g}"
    ends = (0, 0) if found is None else (found.risen, found.fallen)
    counts = [str(count) for count in (*ends, change.lost, change.gained)]
    return [one.model, change.metric.name, *numbers, mean, bounds, *counts]


def _described(change: BaselineChange, new: Answers, path: Path) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "baseline": str(path),
        "suite": new.suite.name,
        "items": len(new.items),
        "models": sorted(new.models),
        "reset": change.reset,
        "added": list(change.added),
        "removed": list(change.removed),
        "recipes": list(change.recipes),
        "changes": [_entry(one) for one in change.changes],
    }


def _entry(one: ModelChange) -> dict[str, Any]:
    change, found = one.change, one.change.difference
    return {
        "model": one.model,
        "metric": change.metric.name,
        "before": change.before,
        "after": change.after,
        "change": None if found is None else found.mean,
        "ci95": None if found is None or found.interval is None else list(found.interval),
        "risen": 0 if found is None else found.risen,
        "fallen": 0 if found is None else found.fallen,
        "lost": change.lost,
        "gained": change.gained,
    }
