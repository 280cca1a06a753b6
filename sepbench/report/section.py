"""From one run's records to everything that its part of the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sepbench.report.asked import Asked
from sepbench.report.packing import Packed, inline_json
from sepbench.report.payload import overview, pages, paired_tests
from sepbench.report.plots import snr_curves
from sepbench.report.records import Column, Table
from sepbench.report.reported import ReportedTable, reported_tables
from sepbench.report.robustness import AnalysisPart, analysis_parts
from sepbench.report.slices import slice_tables
from sepbench.report.view import IMPROVEMENTS, columns, leading, results
from sepbench.results.rows import Row


@dataclass(frozen=True)
class Named:
    """A fact with its name."""

    name: str
    value: str


@dataclass(frozen=True)
class Banner:
    """What a reader must know before any number."""

    title: str
    text: str


@dataclass(frozen=True)
class Failure:
    """Why `count` items of a model have no estimate."""

    model: str
    message: str
    count: int


@dataclass(frozen=True)
class Plot:
    """A finished drawing; `svg` is markup made here, in which texts are escaped."""

    title: str
    improvement: bool
    svg: str


@dataclass(frozen=True)
class Section:
    """One run on the page."""

    title: str
    description: str
    facts: tuple[Named, ...]
    banners: tuple[Banner, ...]
    results: Table
    papers: Table
    sorted_by: str
    analyses: tuple[AnalysisPart, ...]
    plots: tuple[Plot, ...]
    slices: tuple[Table, ...]
    failures: tuple[Failure, ...]
    metrics: tuple[Column, ...]
    hashes: tuple[Named, ...]
    training: tuple[Named, ...]
    provenance: tuple[Named, ...]
    reported: tuple[ReportedTable, ...]
    tested: bool
    items: int
    data: str
    pages: tuple[Packed, ...]


@dataclass(frozen=True)
class Gathered:
    """What a run's part of the page is made of.

    Attributes:
        rows: by model and item; none where the run's rows are not here.
        sounds: the compressed pages of what can be heard, by item.
    """

    summary: Mapping[str, Any]
    run: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)
    sounds: Mapping[str, Packed] = field(default_factory=dict)


def build_section(gathered: Gathered, prefix: str) -> Section:
    """Everything one run shows; `prefix` makes its ids its own."""
    summary, rows = gathered.summary, gathered.rows
    suite, models = summary["suite"], summary["models"]
    ours, theirs = columns(summary, papers=False), columns(summary, papers=True)
    first = leading(ours)
    tested = paired_tests(summary, ours, rows)
    items = len({item for model in rows.values() for item in model})
    heard = {item: page.id for item, page in gathered.sounds.items()}
    data = overview(summary, ours, tested, items) | {"sounds": heard, "unknown_words": gathered.asked.reason}
    return Section(
        title=suite["title"],
        description=suite["description"],
        facts=_facts(suite),
        banners=_banners(suite),
        results=results(summary, "Results", papers=False, tested=tested),
        papers=results(summary, "Recipes of papers", papers=True),
        sorted_by="" if first is None else first.label,
        analyses=analysis_parts(summary, ours, prefix),
        plots=_plots(summary, ours, prefix),
        slices=tuple(slice_tables(summary, ours)),
        failures=tuple(
            Failure(name, message, count)
            for name, model in models.items()
            for message, count in model["coverage"]["errors"].items()
        ),
        metrics=(*ours, *theirs),
        hashes=_hashes(summary),
        training=tuple(Named(name, ", ".join(model["trained_on"])) for name, model in models.items()),
        provenance=_provenance(gathered.run),
        reported=reported_tables(suite["name"]),
        tested=bool(tested),
        items=items,
        data=inline_json(data),
        pages=(*pages(prefix, summary, ours, tested, rows, gathered.asked.texts), *gathered.sounds.values()),
    )


def _facts(suite: Mapping[str, Any]) -> tuple[Named, ...]:
    built = suite["items"] - suite["missing_items"]
    return (
        Named("items scored", f"{suite.get('scored_items', built)} of {suite['items']}"),
        Named("mixtures in the suite", str(suite["mixtures"])),
        Named("scored at", f"{suite['scoring_rate']} Hz" if suite["scoring_rate"] else "each clip's own rate"),
        Named("averaging", suite["averaging"].replace("_", " ")),
        Named("suite hash", suite["hash"][:12]),
    )


def _banners(suite: Mapping[str, Any]) -> tuple[Banner, ...]:
    total, missing, refused = suite["items"], suite["missing_items"], suite.get("refused_items", 0)
    found = []
    if suite["partial"]:
        which = "Not all items were scored" if suite["limit"] is None else f"Scored with --limit {suite['limit']}"
        found.append(Banner("PARTIAL RUN.", f"{which}; these numbers are not the suite's."))
    if missing:
        text = f"{total - missing} of {total} items could be built here; the clips of {missing} are not on the machine."
        found.append(Banner("Coverage.", text))
    for one in suite.get("unbuilt", ()):
        text = f"{one['list']}, {one['mixtures'] or 'some'} mixtures, could not be built here: {one['reason']}"
        found.append(Banner("List left out.", text))
    if refused:
        text = f"{refused} items are left out for every model: their mixtures break the drawing rules."
        found.append(Banner("Refused.", text))
    return tuple(found)


def _plots(summary: Mapping[str, Any], shown: Sequence[Column], prefix: str) -> tuple[Plot, ...]:
    """The improvements over SNR; without any, the metric that leads, or else the first."""
    wanted = [column for column in shown if column.name in IMPROVEMENTS]
    first = leading(shown)
    wanted = wanted or ([first] if first else list(shown[:1]))
    drawn = [(column, snr_curves(summary, column, f"{prefix}-{column.name}")) for column in wanted]
    return tuple(Plot(column.label, column.name in IMPROVEMENTS, svg) for column, svg in drawn if svg)


def _hashes(summary: Mapping[str, Any]) -> tuple[Named, ...]:
    suite = summary["suite"]
    return (
        Named(f"suite {suite['name']}", suite["hash"]),
        *(Named(f"list {name}", value) for name, value in suite["manifests"].items()),
        *(Named(f"model {name}", model["revision"]) for name, model in summary["models"].items()),
    )


def _provenance(run: Mapping[str, Any]) -> tuple[Named, ...]:
    git, seconds = run["git"], run.get("wall_seconds")
    packages = ", ".join(f"{name} {version}" for name, version in run["packages"].items())
    machine = [f"{name.replace('_', ' ')} {value}" for name, value in run["hardware"].items() if value is not None]
    commit = (
        "no git checkout" if git is None else git["commit"] + (", with uncommitted changes" if git["dirty"] else "")
    )
    facts = {
        "sepbench": run["sepbench"],
        "started": run["started"],
        "finished": run["finished"] or "not finished",
        "wall time": "" if seconds is None else f"{seconds:.0f} s",
        "machine": ", ".join([run["platform"], *machine]),
        "device": run["device"],
        "workers": run.get("workers"),
        "batch": run.get("batch"),
        "Python": run["python"],
        "packages": packages,
        "git state": commit,
        "rows by status": ", ".join(f"{status} {count}" for status, count in run.get("counts", {}).items()),
    }
    return tuple(Named(name, str(value)) for name, value in facts.items() if value not in (None, ""))
