"""From ``summary.json`` to the tables of a page: plain records, no HTML and no files.

Systems are ranked among themselves only. Controls and oracles stand apart; a system that makes its sound anew is not
ranked by ratios of waveforms, since it cannot meet the reference sample by sample; one whose weights are random is not
ranked at all. ``summary.json`` is written with sorted keys, so every order a reader sees is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sepbench.report.ranking import Tested, ranked
from sepbench.report.records import FAMILIES, OTHER, Cell, Column, Group, Head, Kind, Line, Span, Table

DASH = "\u2013"
SYNTHESISING = ("regenerate", "generative")
IMPROVEMENTS = ("si_sdri", "sdri")
SORT_BY = (*IMPROVEMENTS, "si_sdr", "sdr")
GROUP_TITLES: Mapping[Kind, tuple[str, str]] = {
    "systems": ("Systems", ""),
    "controls": ("Controls", "what doing nothing, or nothing sensible, scores; never ranked"),
    "oracles": ("Oracles", "given the answer; never ranked"),
}
UNTESTED: Tested = {}
NEEDS = {
    "references": "is given the answer",
    "all_prompts": "is given all prompts",
    "training_clips": "learns from the corpora's other recordings",
}


def columns(summary: Mapping[str, Any], *, papers: bool) -> list[Column]:
    """Our metrics, or the papers' variants, by family and within it in the suite's order."""
    suite = summary["suite"]
    metrics = suite["metrics"]
    facts = ("label", "unit", "better", "signature", "source")
    chosen = [name for name in suite.get("metric_order", metrics) if ("@" in name) == papers]
    found = [Column(name, *(metrics[name][fact] for fact in facts)) for name in chosen]
    families = [*(family for family, _ in FAMILIES), OTHER]
    return sorted(found, key=lambda column: families.index(column.family))


def leading(shown: Iterable[Column]) -> Column | None:
    """The metric a table is sorted by: the first waveform improvement there is."""
    by_name = {column.name: column for column in shown}
    return next((by_name[name] for name in SORT_BY if name in by_name), None)


def results(summary: Mapping[str, Any], title: str, *, papers: bool, tested: Tested = UNTESTED) -> Table:
    """Every model by every metric, ours or the papers'; `tested` are the paired tests by metric."""
    shown = columns(summary, papers=papers)
    return Table(
        title=title,
        spans=tuple(Span(family, len(list(of))) for family, of in groupby(shown, key=lambda column: column.family)),
        heads=tuple(Head(c.label, c.unit, c.better, c.arrow, c.signature) for c in shown),
        groups=groups(summary, shown, tested),
        whole=True,
    )


def groups(summary: Mapping[str, Any], shown: Sequence[Column], tested: Tested = UNTESTED) -> tuple[Group, ...]:
    """Every group that has models; each best first by the leading metric, those it does not rank last."""
    found = []
    for kind, models in _by_kind(summary):
        lines = _sorted([_line(name, model, shown) for name, model in models], shown)
        if kind == "systems":
            lines = ranked(lines, shown, leading(shown), tested)
        found.append(Group(kind, *GROUP_TITLES[kind], tuple(lines)))
    return tuple(found)


def _by_kind(summary: Mapping[str, Any]) -> list[tuple[Kind, list[tuple[str, Mapping[str, Any]]]]]:
    models = list(summary["models"].items())
    sorted_out = [(kind, [each for each in models if kind_of(each[1]) == kind]) for kind in GROUP_TITLES]
    return [(kind, chosen) for kind, chosen in sorted_out if chosen]


def kind_of(model: Mapping[str, Any]) -> Kind:
    """Whoever is given the answer is an oracle, whatever it calls itself."""
    if model["paradigm"] == "oracle" or "references" in model["needs"]:
        return "oracles"
    return "controls" if model["paradigm"] == "control" else "systems"


def _sorted(lines: list[Line], shown: Sequence[Column]) -> list[Line]:
    column = leading(shown)
    if column is None:
        return sorted(lines, key=lambda line: line.model)
    index, sign = shown.index(column), -1 if column.better == "higher" else 1

    def order(line: Line) -> tuple[bool, bool, float, str]:
        cell = line.cells[index]
        return (bool(cell.unranked), cell.sort is None, sign * (cell.sort or 0.0), line.model)

    return sorted(lines, key=order)


def _line(name: str, model: Mapping[str, Any], shown: Sequence[Column]) -> Line:
    covered = model["coverage"]
    cells = tuple(cell(column, model["metrics"][column.name], model) for column in shown)
    return Line(
        model=name,
        title=model["title"],
        marks=marks_of(model),
        coverage=f"{covered['ok']} of {covered['items']}",
        cells=cells,
        gaps=tuple((column.label, cell.gaps) for column, cell in zip(shown, cells, strict=True) if cell.gaps),
    )


def marks_of(model: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader must know of the model before its numbers."""
    marks = [NEEDS.get(need, f"is given {need}") for need in model["needs"]]
    marks += ["untrained: random weights, never ranked"] if _untrained(model) else []
    marks += ["makes its sound anew"] if model["paradigm"] in SYNTHESISING else []
    marks += ["removal is mixture minus extract"] if "removal:subtracted" in model["flags"] else []
    marks += ["gave the mixture back every time"] if "only_mixtures" in model["flags"] else []
    learnt = ", ".join(model.get("in_domain", ()))
    marks += [f"trained on {learnt}"] if learnt else []
    if beyond := model.get("not_applicable", 0):
        marks.append(f"not applicable to {beyond} items, which ask for no stem it knows")
    failed = model["coverage"]["failed"]
    return tuple(marks + ([f"{failed} items failed"] if failed else []))


def unranked(column: Column, model: Mapping[str, Any]) -> str:
    """Why a model's values in a column are not ranked; empty where they are."""
    if _untrained(model):
        return "random weights"
    return "made anew" if column.family == "waveform" and model["paradigm"] in SYNTHESISING else ""


def _untrained(model: Mapping[str, Any]) -> bool:
    return "untrained" in model["flags"]


def cell(column: Column, entry: Mapping[str, Any], model: Mapping[str, Any]) -> Cell:
    """A value of a table or of a slice; slices carry no reasons and no change over the mixture."""
    value, interval, missing = entry["value"], entry["ci95"], entry["n_undefined"]
    reasons = ", ".join(f"{status} {count}" for status, count in entry.get("undefined", {}).items())
    total = entry["n"] + missing
    gaps = f"{missing} of {total} undefined" + (f": {reasons}" if reasons else "") if missing else ""
    change = entry.get("over_mixture")
    parts = [gaps or f"{total} items"]
    parts += [f"median {number(entry['median'], column)}"] if entry["median"] is not None else []
    if change is not None and change["value"] is not None:
        parts.append(f"over the mixture {number(change['value'], column, signed=True)}")
    if entry.get("of_mixture") is not None:
        parts.append(f"the untouched mixtures {number(entry['of_mixture'], column)}")
    parts += [entry["why"]] if "why" in entry else []
    return Cell(
        text=number(value, column),
        interval="" if interval is None else f"{number(interval[0], column)} to {number(interval[1], column)}",
        coverage=f"{entry['n']} of {total}" if missing else "",
        title="; ".join(parts),
        gaps=gaps,
        below_mixture=_below_mixture(column, entry, model),
        unranked=unranked(column, model),
        sort=value,
        bounds=None if interval is None else (interval[0], interval[1]),
    )


def _below_mixture(column: Column, entry: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether the untouched mixture does better; controls are not blamed for it.

    An improvement is itself the change over the mixture and has no flag of its own: its sign tells. That holds in
    slices too; for other metrics the flag speaks of all items, so a slice is not marked by it.
    """
    if kind_of(model) == "controls" or entry["value"] is None:
        return False
    if column.name.split("@")[0] in IMPROVEMENTS:
        return bool(entry["value"] < 0)
    return "over_mixture" in entry and f"below_mixture:{column.name}" in model["flags"]


def number(value: float | None, column: Column, *, signed: bool = False) -> str:
    """A value with the digits its unit carries; a dash where there is none.

    >>> decibels = Column("sdr", "SDR", "dB", "higher", "", "")
    >>> number(3.14159, decibels), number(-0.001, decibels), number(1.5, decibels, signed=True)
    ('3.14', '0.00', '+1.50')
    >>> number(0.125, Column("silent_output_rate", "", "", "lower", "", "")), number(None, decibels) == DASH
    ('12.5 %', True)
    """
    if value is None:
        return DASH
    percent = is_rate(column)
    shown = digits(column) - 2 if percent else digits(column)
    rounded = round(100 * value if percent else value, shown) + 0.0  # adding zero turns -0.0 into 0.0
    return f"{rounded:{'+' if signed else ''}.{shown}f}" + (" %" if percent else "")


def is_rate(column: Column) -> bool:
    """Whether the metric is a share of items, shown in per cent."""
    return column.name.split("@")[0].endswith("_rate")


def digits(column: Column) -> int:
    """How many decimals of a value are shown: those of a share stand for a tenth of a per cent."""
    return 2 if column.unit == "dB" and not is_rate(column) else 3
