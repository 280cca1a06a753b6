"""What papers report, kept apart from what is measured here.

One JSON file per paper or system in ``results/published``, numbers with the digits they are printed with. A reported
number is shown with its table and protocol beside a measured one and is never mixed with it: each table has mixtures,
prompts and recipes of its own. What a paper leaves out is None, never 0.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import SCHEMA, STRICT
from sepbench.records import parse_json, read_text
from sepbench.search_path import shipped

if TYPE_CHECKING:
    from pydantic import ConfigDict

FOLDER = "results/published"
Fault = tuple[str, object, str]
"""(field, what was given, what was wanted)."""


@dataclass(frozen=True)
class PublishedSet:
    """What a paper tested on.

    `suite` is ours for the same set, `list` the name of its list there, and `mixtures` whether the paper's mixtures
    are that suite's ("other": the same description, other pairs). All None: no suite of ours. `seconds` and `snr_db`
    are (least, most); `recordings` is how many the mixtures draw from.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    suite: str | None
    list: str | None
    mixtures: Literal["same", "other", "unclear"] | None
    recordings: int | None = None
    pairs: int | None = None
    seconds: tuple[float, float] | None = None
    captions: bool | None = None
    snr_db: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True)
class PublishedMetric:
    """A column of a paper's table.

    `recipe` is our metric with the same recipe; None: there is none, and `note` says why; `nearest` are ours that are
    closest, not known to be the same. `better` None marks a fact about the system, such as its size, that is no score.
    `decimals` is how many the paper prints.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    unit: str
    better: Literal["higher", "lower"] | None
    decimals: int
    recipe: str | None
    nearest: tuple[str, ...] = ()
    note: str = ""

    def printed(self, value: float | None) -> str:
        """The number as the paper prints it; a dash for what it leaves out.

        >>> clap = PublishedMetric(name="CLAP", unit="", better="higher", decimals=3, recipe=None, note="MSCLAP")
        >>> clap.printed(0.49), clap.printed(None)
        ('0.490', '-')
        """
        return "-" if value is None else f"{value:.{self.decimals}f}"


@dataclass(frozen=True)
class PublishedRow:
    """A system's values on one test set, by metric; `test_set` None: values that belong to none, such as its size."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    system: str
    setting: str | None
    test_set: str | None
    values: dict[str, float | None]

    @property
    def name(self) -> str:
        """The system, with its setting where the paper gives one."""
        return f"{self.system}, {self.setting}" if self.setting else self.system


@dataclass(frozen=True)
class PublishedTable:
    """A table of a paper; `protocol` is what a reader must know of its mixtures and averages."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str
    caption: str
    protocol: str
    metrics: tuple[PublishedMetric, ...]
    rows: tuple[PublishedRow, ...]


@dataclass(frozen=True)
class Paper:
    """One source: `version` is what was read of it, `reading` how its numbers are to be taken."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    system: str
    title: str
    reference: str
    version: str
    evidence: Literal["table", "abstract", "second-hand"]
    reading: tuple[str, ...]
    test_sets: tuple[PublishedSet, ...]
    tables: tuple[PublishedTable, ...]


@dataclass(frozen=True)
class Reported:
    """One row with all that has to be shown with it."""

    paper: Paper
    table: PublishedTable
    test_set: PublishedSet
    row: PublishedRow


def published_for(suite: str) -> tuple[Reported, ...]:
    """The rows that papers report on a suite's test sets, in order of file, table and row; none for other suites.

    Raises:
        MissingData, InvalidRecord: as `published_results`.

    >>> for found in published_for("audiosep/premixed/clotho"):
    ...     print(found.paper.system, found.table.id, found.row.system, found.row.values, found.test_set.mixtures)
    AudioSep README AudioSep {'SDRi': 6.85, 'SI-SDR': 5.242} same
    """
    return tuple(
        Reported(paper, table, test_set, row)
        for paper in published_results()
        for table in paper.tables
        for row in table.rows
        for test_set in paper.test_sets
        if test_set.name == row.test_set and test_set.suite == suite
    )


def published_results(folder: Path | None = None) -> tuple[Paper, ...]:
    """Every paper of a folder, by file name; None: the ones this installation carries.

    Raises:
        MissingData: no such file is there.
        InvalidRecord: naming file and field.

    >>> [paper.system for paper in published_results() if paper.evidence == "abstract"]
    ['CodecSep']
    """
    folder = shipped(FOLDER) if folder is None else folder
    files = sorted(folder.glob("*.json"))
    if not files:
        raise MissingData(
            "no published results", given=str(folder), wanted="*.json files", remedy="install sepbench again"
        )
    return tuple(load_paper(file) for file in files)


def load_paper(path: Path) -> Paper:
    """Read and check one file.

    Raises:
        MissingData: no such file.
        InvalidRecord: naming file and field.
    """
    paper = parse_json(Paper, read_text(path), place=str(path))
    for field, given, wanted in _faults(paper):
        raise InvalidRecord(f"{path}: field {field}", given=str(given), wanted=wanted, remedy="correct the field")
    return paper


def _faults(paper: Paper) -> Iterator[Fault]:
    """The rules that hold between fields."""
    if paper.schema != SCHEMA:
        yield "schema", paper.schema, str(SCHEMA)
    yield from _repeated("test_sets", [test_set.name for test_set in paper.test_sets])
    yield from _repeated("tables", [table.id for table in paper.tables])
    for i, test_set in enumerate(paper.test_sets):
        if (test_set.suite is None) != (test_set.mixtures is None) or (test_set.list and not test_set.suite):
            yield f"test_sets.{i}.suite", test_set.suite, "a suite, with mixtures; or null, and list and mixtures too"
    for i, table in enumerate(paper.tables):
        for field, given, wanted in _table_faults(table, {test_set.name for test_set in paper.test_sets}):
            yield f"tables.{i}.{field}", given, wanted


def _table_faults(table: PublishedTable, test_sets: set[str]) -> Iterator[Fault]:
    yield from _repeated("metrics", [metric.name for metric in table.metrics])
    yield from _repeated("rows", [(row.system, row.setting, row.test_set) for row in table.rows])
    for i, metric in enumerate(table.metrics):
        if metric.better and not metric.recipe and not metric.note:
            yield f"metrics.{i}.note", "nothing", "why none of our metrics has this recipe"
    decimals = {metric.name: metric.decimals for metric in table.metrics}
    columns: dict[str | None, list[str]] = {}
    for i, row in enumerate(table.rows):
        if row.test_set is not None and row.test_set not in test_sets:
            yield f"rows.{i}.test_set", row.test_set, "one of the paper's test_sets, or null"
        if list(row.values) != columns.setdefault(row.test_set, list(row.values)):
            yield f"rows.{i}.values", list(row.values), f"{columns[row.test_set]}, as the rows above; null for a dash"
        for name, value in row.values.items():
            if name not in decimals:
                yield f"rows.{i}.values.{name}", name, f"a metric of the table: {', '.join(decimals)}"
            elif value is not None and round(value, decimals[name]) != value:
                yield f"rows.{i}.values.{name}", value, f"at most {decimals[name]} decimals, as its metric says"


def _repeated(field: str, keys: Sequence[Hashable]) -> Iterator[Fault]:
    for i, key in enumerate(keys):
        if key in keys[:i]:
            yield f"{field}.{i}", key, "each once"
