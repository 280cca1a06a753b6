"""What every export is made of: a run's tables as its page ranks them, and what a reader must know beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepbench.errors import SepbenchError
from sepbench.report.payload import paired_tests
from sepbench.report.reading import as_written, read_folder
from sepbench.report.records import Cell, Column, Line
from sepbench.report.view import columns, results
from sepbench.search_path import closest

UNTRAINED = "untrained"
GROUPS = {
    "systems": "Systems",
    UNTRAINED: "Random weights, never ranked",
    "controls": "Controls, never ranked",
    "oracles": "Oracles: given the answer, never ranked",
}
"""The page's groups; models of random weights stand apart here, where no colour marks them."""


@dataclass(frozen=True)
class Ranked:
    """Models that are read together; `kind` is of `GROUPS`."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ExportedTable:
    """Models by metrics: our recipes, or those of papers."""

    title: str
    columns: tuple[Column, ...]
    groups: tuple[Ranked, ...]

    def cells(self) -> Iterator[tuple[str, Line, Column, Cell]]:
        """Every cell with its group's kind, its line and its column."""
        for group in self.groups:
            for line in group.lines:
                for column, cell in zip(self.columns, line.cells, strict=True):
                    yield group.kind, line, column, cell


@dataclass(frozen=True)
class Gathered:
    """One run; `warnings` say in words why its numbers are not the suite's."""

    summary: Mapping[str, Any]
    run: Mapping[str, Any]
    tables: tuple[ExportedTable, ...]
    warnings: tuple[str, ...]

    @property
    def suite(self) -> Mapping[str, Any]:
        """The suite's part of the summary."""
        suite: Mapping[str, Any] = self.summary["suite"]
        return suite


def gather(folder: Path, metrics: Sequence[str] = ()) -> Gathered:
    """Read a run folder.

    Args:
        metrics: the columns, in place of all.

    Raises:
        MissingData, InvalidRecord: no run folder, or one that this version did not write.
        SepbenchError: no such metric in the run.
    """
    read = read_folder(folder)
    with as_written(folder):
        summary = _only(read.summary, metrics)
        ours = columns(summary, papers=False)
        tested = paired_tests(summary, ours, read.rows)
        tables = [
            results(summary, title, papers=papers, tested={} if papers else tested)
            for title, papers in (("Results", False), ("Recipes of papers", True))
        ]
        found = tuple(
            ExportedTable(table.title, tuple(shown), tuple(_apart(summary, table.groups)))
            for table, shown in zip(tables, (ours, columns(summary, papers=True)), strict=True)
            if shown
        )
        return Gathered(summary, read.run, found, tuple(_warnings(summary["suite"])))


def _only(summary: Mapping[str, Any], metrics: Sequence[str]) -> Mapping[str, Any]:
    known = list(summary["suite"].get("metric_order", summary["suite"]["metrics"]))
    if strangers := [name for name in metrics if name not in known]:
        raise SepbenchError("the run has no such metric", given=strangers[0], remedy=closest(strangers[0], known))
    return {**summary, "suite": summary["suite"] | {"metric_order": list(dict.fromkeys(metrics)) or known}}


def _apart(summary: Mapping[str, Any], groups: Sequence[Any]) -> Iterator[Ranked]:
    random = {name for name, model in summary["models"].items() if UNTRAINED in model["flags"]}
    parts = [(group.kind, [line for line in group.lines if line.model not in random]) for group in groups]
    parts.append((UNTRAINED, [line for group in groups for line in group.lines if line.model in random]))
    for kind in GROUPS:
        yield from (Ranked(kind, tuple(lines)) for name, lines in parts if name == kind and lines)


def _warnings(suite: Mapping[str, Any]) -> Iterator[str]:
    total, missing = suite["items"], suite["missing_items"]
    scored = suite.get("scored_items", total - missing)
    if suite["partial"]:
        yield f"PARTIAL RUN: {scored} of {total} items were scored; these numbers are not the suite's."
    if missing:
        yield f"Coverage: {missing} of {total} items could not be built where this was run."
