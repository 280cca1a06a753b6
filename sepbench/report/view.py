"""From ``summary.json`` to the tables of a page: plain records, no HTML and no files.

Systems are ranked among themselves only. Controls and oracles stand apart; a system that makes its sound anew is not
ranked by ratios of waveforms, since it cannot meet the reference sample by sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

RATE_METRICS = ("silent_output_rate",)
WAVEFORM_PREFIXES = ("sdr", "si_sdr", "sd_sdr", "psnr_wave")
SYNTHESISING = ("regenerate", "generative")
GROUPS = (
    ("Systems", ("mask", "regenerate", "generative", "files")),
    ("Controls", ("control",)),
    ("Oracles", ("oracle",)),
)
SORT_BY = ("si_sdri", "sdri", "si_sdr", "sdr")


@dataclass(frozen=True)
class Column:
    """One metric as a column."""

    name: str
    label: str
    unit: str
    arrow: str
    better: str
    signature: str
    source: str

    @property
    def waveform(self) -> bool:
        """Whether it compares sample by sample."""
        return self.name.startswith(WAVEFORM_PREFIXES)


@dataclass(frozen=True)
class Cell:
    """One value as shown. `rank` is ``best``, ``near`` (its interval reaches the best's) or empty."""

    text: str
    interval: str
    coverage: str
    title: str
    below_mixture: bool
    unranked: bool
    sort: float | None
    bounds: tuple[float, float] | None = None
    rank: str = ""


@dataclass(frozen=True)
class Line:
    """One model's line."""

    model: str
    title: str
    marks: tuple[str, ...]
    coverage: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """Models that may be compared with each other."""

    name: str
    lines: tuple[Line, ...]


def columns(summary: Mapping[str, Any], *, papers: bool) -> list[Column]:
    """Our metrics, or the papers' variants, in the suite's order."""
    metrics = summary["suite"]["metrics"]
    return [
        Column(
            name=name,
            label=metrics[name]["label"],
            unit=metrics[name]["unit"],
            arrow="↑" if metrics[name]["better"] == "higher" else "↓",
            better=metrics[name]["better"],
            signature=metrics[name]["signature"],
            source=metrics[name]["source"],
        )
        for name in summary["suite"]["metric_order"]
        if ("@" in name) == papers
    ]


def groups(summary: Mapping[str, Any], shown: Sequence[Column]) -> list[Group]:
    """Every group that has models; systems best first by the leading improvement."""
    key = next((name for name in SORT_BY if any(column.name == name for column in shown)), None)
    found = []
    for title, paradigms in GROUPS:
        models = [(name, model) for name, model in summary["models"].items() if model["paradigm"] in paradigms]
        lines = [_line(name, model, shown) for name, model in models]
        if key is not None:
            lines.sort(key=lambda line: _order(line, shown, key))
        if title == "Systems":
            lines = _ranked(lines, shown)
        if lines:
            found.append(Group(title, tuple(lines)))
    return found


def _order(line: Line, shown: Sequence[Column], key: str) -> tuple[bool, float, str]:
    value = next(cell.sort for cell, column in zip(line.cells, shown, strict=True) if column.name == key)
    return (value is None, -(value or 0.0), line.model)


def _line(name: str, model: Mapping[str, Any], shown: Sequence[Column]) -> Line:
    covered = model["coverage"]
    return Line(
        model=name,
        title=model["title"],
        marks=_marks(model),
        coverage=f"{covered['ok']} of {covered['items']}",
        cells=tuple(_cell(column, model) for column in shown),
    )


def _marks(model: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader must know of the model before its numbers."""
    words = {
        "references": "is given the answer",
        "all_prompts": "is given all prompts",
        "training_clips": "learns from the corpora's other recordings",
    }
    marks = [words.get(need, need) for need in model["needs"]]
    if "removal:subtracted" in model["flags"]:
        marks.append("removal is mixture minus extract")
    if model["coverage"]["failed"]:
        marks.append(f"{model['coverage']['failed']} items failed")
    return tuple(marks)


def _cell(column: Column, model: Mapping[str, Any]) -> Cell:
    entry = model["metrics"][column.name]
    value, interval = entry["value"], entry["ci95"]
    reasons = ", ".join(f"{status} {count}" for status, count in entry["undefined"].items())
    change = entry["over_mixture"]
    parts = [f"{entry['n_undefined']} without a value: {reasons}"] if entry["n_undefined"] else []
    if entry["median"] is not None:
        parts.append(f"median {number(entry['median'], column)}")
    if change is not None and change["value"] is not None:
        parts.append(f"over the mixture {number(change['value'], column, signed=True)}")
    return Cell(
        text=number(value, column),
        interval="" if interval is None else f"{number(interval[0], column)} to {number(interval[1], column)}",
        coverage=f"{entry['n']} of {entry['n'] + entry['n_undefined']}" if entry["n_undefined"] else "",
        title="; ".join(parts),
        below_mixture=f"below_mixture:{column.name}" in model["flags"] and model["paradigm"] != "control",
        unranked=column.waveform and model["paradigm"] in SYNTHESISING,
        sort=value,
        bounds=None if interval is None else (interval[0], interval[1]),
    )


def number(value: float | None, column: Column, *, signed: bool = False) -> str:
    """A value with the digits its unit carries; a dash where there is none.

    >>> decibels = Column("sdr", "SDR", "dB", "", "higher", "", "")
    >>> number(3.14159, decibels), number(-0.001, decibels), number(None, decibels), number(1.5, decibels, signed=True)
    ('3.14', '0.00', '-', '+1.50')
    """
    if value is None:
        return "-"
    if column.name in RATE_METRICS:
        return f"{100 * value:.1f} %"
    digits = 2 if column.unit == "dB" else 3
    return f"{round(value, digits) + 0.0:{'+' if signed else ''}.{digits}f}"


def _ranked(lines: list[Line], shown: Sequence[Column]) -> list[Line]:
    """Mark the best of each column, and those whose interval reaches the best's; a lone system is not ranked."""
    by_column = [
        _ranked_column([line.cells[index] for line in lines], column.better) for index, column in enumerate(shown)
    ]
    return [replace(line, cells=tuple(cells[row] for cells in by_column)) for row, line in enumerate(lines)]


def _ranked_column(cells: list[Cell], better: str) -> list[Cell]:
    ranked = [cell for cell in cells if cell.sort is not None and not cell.unranked]
    if len(ranked) < 2:
        return cells
    choose = max if better == "higher" else min
    best = choose(ranked, key=lambda cell: cell.sort or 0.0)
    return [_with_rank(cell, best) if cell in ranked else cell for cell in cells]


def _with_rank(cell: Cell, best: Cell) -> Cell:
    if cell.sort == best.sort:
        return replace(cell, rank="best")
    return replace(cell, rank="near") if overlap(cell.bounds, best.bounds) else cell


def overlap(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Whether two intervals meet.

    >>> overlap((1.0, 2.0), (1.9, 3.0)), overlap((1.0, 2.0), (2.1, 3.0)), overlap(None, (2.1, 3.0))
    (True, False, False)
    """
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]


@dataclass(frozen=True)
class SliceTable:
    """One metric cut one way: a line per model, a column per value of the slice."""

    slice: str
    metric: Column
    values: tuple[str, ...]
    lines: tuple[tuple[str, tuple[str, ...]], ...]


SLICE_TITLES = {
    "snr_bin": "by the item's SNR in dB",
    "mode": "by what is asked",
    "kind": "by how it is asked",
    "presence": "by whether the sound is there",
    "source_count": "by number of sources",
    "corpus": "by corpus",
    "label": "by class",
}


def slice_tables(summary: Mapping[str, Any], shown: Sequence[Column]) -> list[SliceTable]:
    """Every slice of the leading improvement metric that has more than one value."""
    metric = next((column for name in SORT_BY for column in shown if column.name == name), None)
    if metric is None:
        return []
    tables = []
    names = list(next(iter(summary["models"].values()))["slices"])
    for name in names:
        cut = {model: facts["slices"][name] for model, facts in summary["models"].items()}
        values = tuple(
            dict.fromkeys(value for table in cut.values() for value, of in table.items() if metric.name in of)
        )
        lines = tuple(
            (model, tuple(_slice_cell(table, value, metric) for value in values)) for model, table in cut.items()
        )
        if len(values) > 1:
            tables.append(SliceTable(name, metric, values, lines))
    return tables


def _slice_cell(table: Mapping[str, Any], value: str, metric: Column) -> str:
    entry = table.get(value, {}).get(metric.name)
    return "-" if entry is None else number(entry["value"], metric)
