"""A suite: which lists are asked, scored by which metrics, at which rate, averaged and cut how. One TOML file each."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar, Literal

from sepbench.audio import HIGHEST_RATE, LOWEST_RATE
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import SCHEMA, STRICT, Manifest, Mixture, Query, QueryKind, QueryMode, load_meta
from sepbench.manifest import load as load_manifest
from sepbench.paths import is_inside, is_name
from sepbench.records import canonical_json, load_toml, parse_toml, read_lines, read_text
from sepbench.search_path import closest, folders

if TYPE_CHECKING:
    from pydantic import ConfigDict

RECIPE_SUFFIX = ".recipe.toml"
"""Files that say how a list was drawn stand beside the lists and are no suites."""

ON_DEMAND = "built on demand"
MOST_TOLERANCE_MS = 60_000
Averaging = Literal["mean", "macro_class_mean", "class_median_mean"]
Slice = Literal[
    "snr_bin",
    "mode",
    "kind",
    "presence",
    "source_count",
    "corpus",
    "label",
    "list",
    "variant",
    "faults",
    "training",
]
Analysis = Literal["activation", "variants", "snr_curve"]
"""What `sepbench.results.analyses` makes of rows beyond averages."""


@dataclass(frozen=True)
class Suite:
    """The TOML file's content.

    `scoring_rate` is in Hz; metrics that are defined at another rate say so themselves. `length_tolerance_ms` is how
    much an estimate's length may differ before the item fails (one codec hop by default).
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int
    name: str
    title: str
    description: str
    manifests: tuple[str, ...]
    metrics: tuple[str, ...]
    scoring_rate: int
    averaging: Averaging = "mean"
    slices: tuple[Slice, ...] = ("snr_bin", "mode", "kind", "presence", "source_count")
    query_kinds: tuple[QueryKind, ...] = ("label", "caption", "instruction")
    query_modes: tuple[QueryMode, ...] = ("extract", "remove")
    length_tolerance_ms: float = 20.0
    analyses: tuple[Analysis, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A mixture with one of its queries; `list` names the manifest it stands in."""

    mixture: Mixture
    query_index: int
    list: str

    @property
    def name(self) -> str:
        """``<mixture id>.<query index>``: what rows, estimates and pages call it."""
        return self.mixture.item(self.query_index)

    @property
    def query(self) -> Query:
        """The query itself."""
        return self.mixture.queries[self.query_index]


@dataclass(frozen=True)
class Unbuilt:
    """A list that is not shipped and could not be built here.

    Attributes:
        rows: how many mixtures it would have; None where only its audio can tell.
        recipe_sha256: of the recipe's text.
        reason: what is missing and what to do.
    """

    name: str
    rows: int | None
    recipe_sha256: str
    reason: str


@dataclass(frozen=True)
class LoadedSuite:
    """A suite with its manifests read and checked; `unbuilt` names the lists that are not here."""

    suite: Suite
    manifests: tuple[Manifest, ...]
    unbuilt: tuple[Unbuilt, ...] = ()

    @property
    def hash(self) -> str:
        """sha256 of everything that can change a score: settings and lists, not title or description."""
        return _suite_hash(self.suite, [manifest.meta.content_hash for manifest in self.manifests], self.unbuilt)

    def items(self) -> list[Item]:
        """Every item, mixtures by id and queries in their order."""
        mixtures = {
            mixture.id: (mixture, manifest.meta.name) for manifest in self.manifests for mixture in manifest.mixtures
        }
        return [
            Item(mixture, index, name)
            for _, (mixture, name) in sorted(mixtures.items())
            for index, query in enumerate(mixture.queries)
            if _counts(self.suite, query.kind, query.mode)
        ]


@dataclass(frozen=True)
class Overview:
    """What a list of suites shows of one: counted, not checked."""

    suite: Suite
    mixtures: int
    items: int
    unbuilt: tuple[Unbuilt, ...]
    hash: str


def _suite_hash(suite: Suite, lists: Sequence[str], unbuilt: Sequence[Unbuilt]) -> str:
    unhashed = {"title", "description"} | (set() if suite.analyses else {"analyses"})  # older suites keep their hash
    settings = {k: v for k, v in dataclasses.asdict(suite).items() if k not in unhashed}
    content = {"settings": settings, "lists": [*lists, *(f"recipe {one.recipe_sha256}" for one in unbuilt)]}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def suite_files(named: Sequence[Path] = ()) -> dict[str, Path]:
    """Every suite on the search path: name (path without ``.toml``, with slashes) -> file."""
    found: dict[str, Path] = {}
    for folder in folders("manifests", named):
        for path in sorted(folder.rglob("*.toml")):
            if path.name.endswith(RECIPE_SUFFIX):
                continue
            found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    return dict(sorted(found.items()))


def find_suite(name: str, named: Sequence[Path] = ()) -> Path:
    """The file of a suite given by name or by path.

    Raises:
        MissingData: there is none; the nearest names are given.
    """
    if name.endswith(".toml"):
        return Path(name)
    known = suite_files(named)
    if name not in known:
        raise MissingData("unknown suite", given=name, remedy=closest(name, list(known)))
    return known[name]


def load_suite(path: Path, *, built: Callable[[Path], Path | str] | None = None) -> LoadedSuite:
    """Read a suite and its manifests, whose names are relative to the suite's file.

    Args:
        built: gives the list made from a recipe, or the reason why there is none; asked where a recipe stands in the
            place of a list. None: such lists stay unbuilt.

    Raises:
        MissingData, InvalidRecord: naming file, line and field.
    """
    suite = _read_suite(path)
    manifests, unbuilt = [], []
    for name in suite.manifests:
        file, recipe = path.parent / f"{name}.jsonl", path.parent / f"{name}{RECIPE_SUFFIX}"
        found: Path | str = file
        if not file.is_file() and recipe.is_file():
            found = built(recipe) if built else ON_DEMAND
        if isinstance(found, Path):
            manifests.append(load_manifest(found))
        else:
            unbuilt.append(_unbuilt(name, recipe, found))
    return LoadedSuite(suite, tuple(manifests), tuple(unbuilt))


def overview(path: Path) -> Overview:
    """Count a suite's mixtures and items without checking every row: some suites have thousands.

    Raises:
        MissingData, InvalidRecord: naming file, line and field.
    """
    suite = _read_suite(path)
    metas, unbuilt = [], []
    items = 0
    for name in suite.manifests:
        file, recipe = path.parent / f"{name}.jsonl", path.parent / f"{name}{RECIPE_SUFFIX}"
        if not file.is_file() and recipe.is_file():
            unbuilt.append(_unbuilt(name, recipe, ON_DEMAND))
            continue
        metas.append(load_meta(file))
        items += _count_items(suite, file)
    lists = [meta.content_hash for meta in metas]
    return Overview(suite, sum(meta.rows for meta in metas), items, tuple(unbuilt), _suite_hash(suite, lists, unbuilt))


def _count_items(suite: Suite, file: Path) -> int:
    try:
        rows = [json.loads(line) for line in read_lines(file)]
        return sum(_counts(suite, query["kind"], query["mode"]) for row in rows for query in row["queries"])
    except (ValueError, KeyError, TypeError, RecursionError):
        load_manifest(file)  # says what is wrong, and where
        raise


def _counts(suite: Suite, kind: str, mode: str) -> bool:
    """Whether a query belongs to the suite."""
    return kind in suite.query_kinds and mode in suite.query_modes


def _read_suite(path: Path) -> Suite:
    suite = load_toml(Suite, path)
    if suite.schema != SCHEMA:
        raise InvalidRecord(
            f"{path}: field schema", given=str(suite.schema), wanted=str(SCHEMA), remedy="update sepbench"
        )
    files = [f"{name}{RECIPE_SUFFIX}" for name in suite.manifests]
    once = len({PurePosixPath(file) for file in files}) == len(files)
    for field, value, good, wanted in (
        ("name", suite.name, is_name(suite.name), "a relative path of printed characters, without ="),
        ("manifests", suite.manifests, files and once and all(map(is_inside, files)), "paths beside it, each once"),
        ("metrics", suite.metrics, len(suite.metrics) == len(set(suite.metrics)) > 0, "at least one metric, each once"),
        (
            "scoring_rate",
            suite.scoring_rate,
            LOWEST_RATE <= suite.scoring_rate <= HIGHEST_RATE,
            f"{LOWEST_RATE} to {HIGHEST_RATE} Hz",
        ),
        (
            "length_tolerance_ms",
            suite.length_tolerance_ms,
            0 <= suite.length_tolerance_ms <= MOST_TOLERANCE_MS,
            f"0 to {MOST_TOLERANCE_MS} milliseconds",
        ),
    ):
        if not good:
            raise InvalidRecord(f"{path}: field {field}", given=str(value), wanted=wanted, remedy="correct the field")
    return suite


def drawn_from(recipe: Path) -> tuple[str, ...]:
    """The corpora that a recipe names, before anything else of it is checked."""
    corpora = parse_toml(read_text(recipe), recipe).get("corpora", [])
    if not isinstance(corpora, list) or not all(isinstance(name, str) for name in corpora):
        raise InvalidRecord(
            f"{recipe}: field corpora", given=str(corpora), wanted="names of corpora", remedy="correct the recipe"
        )
    return tuple(corpora)


def _unbuilt(name: str, recipe: Path, reason: str) -> Unbuilt:
    text = read_text(recipe)
    rows = parse_toml(text, recipe).get("rows")
    if rows is not None and type(rows) is not int:
        raise InvalidRecord(f"{recipe}: field rows", given=str(rows), wanted="a number", remedy="correct the recipe")
    return Unbuilt(name, rows, hashlib.sha256(text.encode()).hexdigest(), reason)
