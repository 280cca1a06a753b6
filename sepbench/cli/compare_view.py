"""What ``sepbench compare`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sepbench.cli.output import print_json, print_table
from sepbench.errors import MissingData, on_one_line
from sepbench.manifest import SCHEMA
from sepbench.results.comparing import ItemChange, MetricChange
from sepbench.results.matches import Match
from sepbench.results.subjects import Subject
from sepbench.search_path import closest

COLUMNS = ("metric", "A", "B", "B - A", "95 %", "p", "p Holm", "better", "n", "up", "down", "lost", "gained")
PART_COLUMNS = ("slice", "part", "A", "B", "B - A", "95 %", "n")
MOST_PARTS = 12
SIDES = {"before": "A", "after": "B", "": ""}


def show(matches: Sequence[Match], *, by: str, as_json: bool) -> None:
    """Every match: its metrics, then slices and most changed items of the metric `by`, or of the first."""
    if as_json:
        print_json({"schema": SCHEMA, "comparisons": [_described(match) for match in matches]})
        return
    for match in matches:
        names = [change.metric.name for change in match.comparison.metrics]
        if by and by not in names:
            raise MissingData("option --by: no such metric compared", given=by, remedy=closest(by, names))
        _show(match, by or next(iter(names), ""))


def _show(match: Match, by: str) -> None:
    found = match.comparison
    print(on_one_line(f"A: {match.before.name}"))
    print(on_one_line(f"B: {match.after.name}"))
    print_table(match.after.answers.suite.name, COLUMNS, [_row(change) for change in found.metrics])
    for whole in match.wholes:
        values = f"{_number(whole.before)} in A, {_number(whole.after)} in B"
        print(on_one_line(f"{whole.metric}, of the whole set: {values}, untested: {whole.why}"))
    parts = [one for one in found.parts if one.change.metric.name == by]
    counts = {name: sum(one.slice == name for one in parts) for name in dict.fromkeys(one.slice for one in parts)}
    rows = [[one.slice, one.part, *_averages(one.change)] for one in parts if counts[one.slice] <= MOST_PARTS]
    if rows:
        print_table(f"{by} by slice", PART_COLUMNS, rows)
    for name, count in counts.items():
        if count > MOST_PARTS:
            print(f"slice {name}: {count} parts, shown by --json")
    _show_moved(match, [one for one in found.moved if one.metric == by])
    for note in match.notes:
        print(on_one_line(f"note: {note}"))


def _show_moved(match: Match, moved: Sequence[ItemChange]) -> None:
    if not moved:
        return
    columns = ["item", "label", "A", "B", "B - A"]
    rows = [
        [one.item, one.label, f"{one.before:.4g}", f"{one.after:.4g}", f"{one.after - one.before:+.4g}"]
        for one in moved
    ]
    print_table(f"{moved[0].metric}: items that changed most", columns, rows)
    for one in moved:
        for side, subject in (("A", match.before), ("B", match.after)):
            if (path := subject.sound(one.item)) is not None:
                print(on_one_line(f"{side} {path}"))


def _row(change: MetricChange) -> list[str]:
    found = change.difference
    name = change.metric.name + (f" ({change.metric.unit})" if change.metric.unit else "")
    tests = [_p(change.p), _p(change.p_holm), SIDES[change.better]]
    if change.metric.per_item:
        ends = ["0", "0"] if found is None else [str(found.risen), str(found.fallen)]
    else:
        ends = ["-", "-"]
    *averages, n = _averages(change)
    return [name, *averages, *tests, n, *ends, str(change.lost), str(change.gained)]


def _averages(change: MetricChange) -> list[str]:
    """Both averages, their difference with its interval, and the number of items."""
    found = change.difference
    cells = [_number(change.before), _number(change.after)]
    if found is None:
        return [*cells, "-", "-", "0"]
    bounds = "-" if found.interval is None else f"{found.interval[0]:+.4g} to {found.interval[1]:+.4g}"
    return [*cells, f"{found.mean:+.4g}", bounds, str(found.n)]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _described(match: Match) -> dict[str, Any]:
    found = match.comparison
    slices: dict[str, Any] = {}
    for one in found.parts:
        slices.setdefault(one.slice, {}).setdefault(one.part, {})[one.change.metric.name] = _numbers(one.change)
    suite = match.after.answers.suite
    return {
        "suite": {"name": suite.name, "hash": suite.hash},
        "before": _subject(match.before),
        "after": _subject(match.after),
        "metric_order": [change.metric.name for change in found.metrics],
        "metrics": {change.metric.name: _numbers(change) | _test(change) for change in found.metrics},
        "wholes": {one.metric: {"before": one.before, "after": one.after, "why": one.why} for one in match.wholes},
        "slices": slices,
        "items": [_item(match, one) for one in found.moved],
        "notes": list(match.notes),
    }


def _subject(subject: Subject) -> dict[str, str]:
    revision = subject.answers.models[subject.model].revision
    return {"run": str(subject.run.folder), "model": subject.model, "revision": revision}


def _numbers(change: MetricChange) -> dict[str, Any]:
    found = change.difference
    return {
        "before": change.before,
        "after": change.after,
        "change": None if found is None else found.mean,
        "ci95": None if found is None or found.interval is None else list(found.interval),
        "n": 0 if found is None else found.n,
        "recordings": 0 if found is None else found.recordings,
    }


def _test(change: MetricChange) -> dict[str, Any]:
    found = change.difference
    return {
        "signature": change.metric.signature,
        "unit": change.metric.unit,
        "direction": change.metric.better,
        "per_item": change.metric.per_item,
        "p": change.p,
        "p_holm": change.p_holm,
        "better": change.better or None,
        "risen": 0 if found is None else found.risen,
        "fallen": 0 if found is None else found.fallen,
        "lost": change.lost,
        "gained": change.gained,
    }


def _item(match: Match, one: ItemChange) -> dict[str, Any]:
    sounds = [subject.sound(one.item) for subject in (match.before, match.after)]
    paths = [None if path is None else str(path) for path in sounds]
    return {
        "metric": one.metric,
        "item": one.item,
        "label": one.label,
        "before": one.before,
        "after": one.after,
        "change": one.after - one.before,
        "audio_before": paths[0],
        "audio_after": paths[1],
    }
