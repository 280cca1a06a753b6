"""Which models, suites and metrics a published table is taken again with.

``results/published/reproduce/<name>.toml`` names the model of every row; suites and recipes are those of the paper's
own file (`sepbench.results.published`), unless it says others. ``sepbench reproduce`` is asked for ``<name>:<table>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import STRICT
from sepbench.records import load_toml
from sepbench.results.published import FOLDER, Paper, PublishedMetric, PublishedTable, load_paper
from sepbench.search_path import closest, shipped

if TYPE_CHECKING:
    from pydantic import ConfigDict


@dataclass(frozen=True)
class TableEntry:
    """One table of the file.

    Attributes:
        table: the paper's id of it.
        models: by row, ``system`` or ``system, setting``.
        metrics: by column, where the paper's file names no metric of ours.
        suites: by test set, where another suite holds the same mixtures.
        note: what a reader must know of the choice.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    table: str
    models: dict[str, str]
    metrics: dict[str, str] = field(default_factory=dict)
    suites: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class ReproduceFile:
    """A file's content; `paper` names the file of the published numbers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    paper: str
    tables: dict[str, TableEntry]


@dataclass(frozen=True)
class Cell:
    """A published number, and what measures it here.

    Attributes:
        row: the system, with its setting.
        list: of the suite that the number speaks of.
        mixtures: whether they are the paper's: same, other or unclear.
        exact: whether `metric` is the paper's recipe, or the nearest of ours.
    """

    row: str
    test_set: str
    column: PublishedMetric
    published: float
    model: str
    suite: str
    list: str
    mixtures: str
    metric: str
    exact: bool


@dataclass(frozen=True)
class Reproduction:
    """A table to be taken again."""

    name: str
    paper: Paper
    table: PublishedTable
    note: str
    cells: tuple[Cell, ...]

    def suites(self) -> dict[str, tuple[Cell, ...]]:
        """The cells by suite, in the table's order."""
        names = dict.fromkeys(cell.suite for cell in self.cells)
        return {name: tuple(cell for cell in self.cells if cell.suite == name) for name in names}


def reproductions(folder: Path | None = None) -> dict[str, Reproduction]:
    """Every table that can be taken again, by name; None: the ones this installation carries.

    Raises:
        MissingData, InvalidRecord: a file is missing or faulty.

    >>> found = reproductions()["audiosep:readme"]
    >>> len(found.cells), found.cells[0].metric, found.cells[0].published
    (12, 'sdri@audiosep', 9.144)
    """
    place = shipped(FOLDER) if folder is None else folder
    found = {}
    for path in sorted((place / "reproduce").glob("*.toml")):
        file = load_toml(ReproduceFile, path)
        paper = load_paper(place / f"{file.paper}.json")
        for key, entry in file.tables.items():
            name = f"{path.stem}:{key}"
            found[name] = _resolved(name, paper, entry, path)
    return found


def find_reproduction(name: str) -> Reproduction:
    """The table of that name.

    Raises:
        MissingData: there is none; the nearest names are given.
    """
    known = reproductions()
    if name not in known:
        raise MissingData("no such table to reproduce", given=name, remedy=closest(name, list(known)))
    return known[name]


def measured(summary: Mapping[str, Any], cell: Cell) -> float | None:
    """What a run of the cell's suite found for it; None where the metric had no value.

    Args:
        summary: of a run of the cell's suite; one of several lists is cut by list.
    """
    model = summary["models"][cell.model]
    alone = len(summary["suite"]["manifests"]) == 1
    table = model["metrics"] if alone else model["slices"]["list"].get(cell.list, {})
    value: float | None = table.get(cell.metric, {}).get("value")
    return value


def _resolved(name: str, paper: Paper, entry: TableEntry, path: Path) -> Reproduction:
    table = next((one for one in paper.tables if one.id == entry.table), None)
    if table is None:
        wanted = ", ".join(one.id for one in paper.tables)
        raise InvalidRecord(f"{path}: field table of {name}", given=entry.table, wanted=wanted, remedy="correct it")
    rows = {row.name for row in table.rows}
    if rows != set(entry.models):
        odd = ", ".join(sorted(rows ^ set(entry.models)))
        raise InvalidRecord(f"{path}: field models of {name}", given=odd, wanted="each row once", remedy="correct it")
    return Reproduction(name, paper, table, entry.note, tuple(_cells(name, paper, table, entry, path)))


def _cells(name: str, paper: Paper, table: PublishedTable, entry: TableEntry, path: Path) -> Iterator[Cell]:
    sets = {one.name: one for one in paper.test_sets}
    for row in table.rows:
        for column in table.metrics:
            value = row.values.get(column.name)
            if value is None:
                continue
            metric = entry.metrics.get(column.name) or column.recipe or next(iter(column.nearest), None)
            test_set = sets[row.test_set] if row.test_set else None
            if metric is None or test_set is None or test_set.suite is None:
                lack = f"{column.name} of {row.name}"
                wanted = "a metric and a suite for it"
                raise InvalidRecord(f"{path}: {name}", given=lack, wanted=wanted, remedy="name them")
            yield Cell(
                row=row.name,
                test_set=test_set.name,
                column=column,
                published=value,
                model=entry.models[row.name],
                suite=entry.suites.get(test_set.name, test_set.suite),
                list=test_set.list or "",
                mixtures=test_set.mixtures or "",
                metric=metric,
                exact=metric == column.recipe or column.name in entry.metrics,
            )
