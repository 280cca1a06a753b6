"""``adapter.toml``: the static facts of a separator, readable without importing any of its code."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sepbench.audio import HIGHEST_RATE, LOWEST_RATE
from sepbench.errors import InvalidRecord
from sepbench.manifest import STRICT, QueryMode
from sepbench.paths import is_inside
from sepbench.records import canonical_json, load_toml

if TYPE_CHECKING:
    from pydantic import ConfigDict

Paradigm = Literal["mask", "regenerate", "generative", "control", "oracle", "files"]
Runtime = Literal["inline", "worker", "command"]
VENV_MARK = "pyvenv.cfg"
VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
MOST_SECONDS = 1e7
MOST_GB = 1e6
Availability = Literal["public", "on request", "unpublished"]
LEAST_AVAILABLE: tuple[Availability, ...] = ("unpublished", "on request", "public")
State = Literal["native", "worker", "command"]
Needs = Literal["references", "all_prompts", "training_clips"]


@dataclass(frozen=True)
class Conversion:
    """How a published file becomes a safetensors file of what is read and nothing else (``sepbench weights convert``).

    Attributes:
        file: the result, relative to the folder of weights.
        within: the entry of the published file that holds the tensors; empty where the file itself does.
        keep: beginnings of the names that are read; none means all.
        drop: beginnings of names among them that are not.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    file: str
    within: str = ""
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class WeightFile:
    """One file of weights and where it comes from.

    Attributes:
        url: ``https://...`` or ``hf://owner/repo@revision/path``.
        file: where it goes, relative to the folder of weights.
        sha256, bytes: as published; left out where its publisher states none.
        name: what ``sepbench weights fetch`` calls it, the model's own name by default; files that several models
            share have one of their own.
        conversion: None for a file that is read as it is.
        by_hand: how a person comes by a file that no program can fetch; empty for all others.
        availability: ``on request`` where somebody has to grant it, ``unpublished`` where nobody can have it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    url: str
    file: str
    licence: str
    sha256: str | None = None
    bytes: int | None = None
    name: str = ""
    conversion: Conversion | None = None
    by_hand: str = ""
    availability: Availability = "public"


@dataclass(frozen=True)
class VariantFacts:
    """What is another fact for a variant than for its adapter; None is the same."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    title: str | None = None
    sample_rate: int | None = None
    weights: tuple[WeightFile, ...] | None = None
    needs: tuple[Needs, ...] | None = None
    trained_on: tuple[str, ...] | None = None
    untrained: bool | None = None

    def given(self) -> dict[str, Any]:
        """By name, those that are other ones."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class AdapterFile:
    """The content of ``adapter.toml``.

    Attributes:
        sample_rate: the rate in Hz the model works at; None for one that takes any.
        modes: what it does natively; a model without ``remove`` is scored as mixture minus extract, and marked.
        paradigm: how its output comes about; decides which tables it is ranked in.
        prompts: ``open``, or the list of stems it knows.
        needs: inputs beyond mixture and query; shown in every table.
        command: for ``runtime = "command"``: an executable with {mixture}, {text}, {kind}, {mode}, {sample_rate} and
            {estimate}.
        timeout_seconds: what one request may take of a worker or command.
        load_timeout_seconds: what a worker may take to start and load.
        max_memory_gb: address space of a worker in GiB; not applied on a GPU, whose driver reserves far more than it
            uses.
        python: for ``runtime = "worker"``: an interpreter or a virtual environment's folder, from the adapter's folder.
        untrained: its weights are drawn at random, to try the way and not to separate: marked in every table, and
            never ranked.
        config: settings handed to `load`; a variant overrides them.
        facts: by variant, what is another one for it than said above.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    title: str
    paradigm: Paradigm
    licence: str
    runtime: Runtime = "inline"
    description: str = ""
    paper: str = ""
    sample_rate: int | None = None
    max_seconds: float | None = None
    modes: tuple[QueryMode, ...] = ("extract",)
    prompts: str | tuple[str, ...] = "open"
    deterministic: bool = True
    needs: tuple[Needs, ...] = ()
    command: str = ""
    timeout_seconds: float = 600.0
    load_timeout_seconds: float = 600.0
    max_memory_gb: float | None = None
    python: str = ""
    extra: str = ""
    weights: tuple[WeightFile, ...] = ()
    trained_on: tuple[str, ...] = ()
    untrained: bool = False
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    facts: dict[str, VariantFacts] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """An adapter in one variant: what a run's ``--models`` names and its tables show.

    Attributes:
        name: ``adapter`` or ``adapter:variant``.
        folder: where ``adapter.toml`` stands.
        file: its content, with the variant's own facts.
        config: the settings, the variant's over the adapter's.
        revision: hash of the folder's files: other code is another model.
        bases: the models that it asks (`sepbench.separators.composing`); none for most.
    """

    name: str
    folder: Path
    file: AdapterFile
    config: dict[str, Any]
    revision: str
    bases: tuple[Model, ...] = ()

    @property
    def native_removal(self) -> bool:
        """Whether it removes by itself rather than as mixture minus extract."""
        return "remove" in self.file.modes

    @property
    def state(self) -> State:
        """Whose code runs: this project's own, that of a checkout under an interpreter of its own, or a command's."""
        if self.file.runtime == "command":
            return "command"
        return "worker" if self.file.python else "native"

    @property
    def weights_state(self) -> Availability | Literal["none needed"]:
        """The least available of its files, those of its bases included."""
        found = {one.availability for one in self.file.weights} | {base.weights_state for base in self.bases}
        return next((state for state in LEAST_AVAILABLE if state in found), "none needed")


def load_model(folder: Path, variant: str = "") -> Model:
    """Read an adapter folder.

    Raises:
        MissingData, InvalidRecord: naming file, line and field; also for a variant the file does not list.
    """
    path = folder / "adapter.toml"
    file = load_toml(AdapterFile, path)
    _check(file, path)
    if file.runtime == "command" and not _words(file.command):
        raise InvalidRecord(
            f"{path}: field command",
            given=repr(file.command)[:200] if file.command else "nothing",
            wanted="the command line to run, with every quotation closed",
            remedy="add it" if not file.command else "correct it",
        )
    if file.runtime != "worker" and (file.python or file.max_memory_gb is not None):
        raise InvalidRecord(
            f"{path}: field {'python' if file.python else 'max_memory_gb'}",
            given=f"with runtime {file.runtime}",
            wanted='runtime = "worker"',
            remedy="say so, or leave the field out",
        )
    if variant and variant not in file.variants:
        raise InvalidRecord(
            f"{path}: field variants: no variant of that name",
            given=variant,
            wanted=", ".join(file.variants) or "none: this adapter has no variants",
            remedy="name one of them, or none",
        )
    name = f"{folder.name}:{variant}" if variant else folder.name
    if variant in file.facts:
        file = dataclasses.replace(file, **file.facts[variant].given())
        _check(file, path)
    return Model(name, folder, file, file.config | file.variants.get(variant, {}), _revision(folder))


def _words(command: str) -> list[str]:
    """As a shell splits it; none where it cannot."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _check(file: AdapterFile, path: Path) -> None:
    """Bounds: what is beyond them would be found in the middle of a run, or name a file outside of its folder."""
    rate, gigabytes = file.sample_rate, file.max_memory_gb
    places = [place for one in file.weights for place in (one.file, one.conversion and one.conversion.file) if place]
    facts = {field.name for field in dataclasses.fields(VariantFacts)}
    misplaced = [f"{name}.{key}" for name, settings in file.variants.items() for key in settings if key in facts]
    seconds = [one for one in (file.timeout_seconds, file.load_timeout_seconds, file.max_seconds) if one is not None]
    for field, given, good, wanted in (
        (
            "sample_rate",
            rate,
            rate is None or LOWEST_RATE <= rate <= HIGHEST_RATE,
            f"{LOWEST_RATE} to {HIGHEST_RATE} Hz",
        ),
        ("max_seconds, timeout_seconds", seconds, all(0 < one <= MOST_SECONDS for one in seconds), "positive seconds"),
        ("max_memory_gb", gigabytes, gigabytes is None or 0 < gigabytes <= MOST_GB, "a positive number"),
        ("variants", list(file.variants), all(map(VARIANT.fullmatch, file.variants)), "letters, digits and ._+-"),
        ("facts", list(file.facts), file.facts.keys() <= file.variants.keys(), "names of variants"),
        ("variants", misplaced, not misplaced, "settings; facts of a variant go below [facts.<variant>]"),
        ("weights.file", places, all(map(is_inside, places)), "paths inside their folder"),
    ):
        if not good:
            raise InvalidRecord(f"{path}: field {field}", given=str(given)[:200], wanted=wanted, remedy="correct it")


def _revision(folder: Path) -> str:
    """First 16 hex digits over names and contents of the folder's files, less what Python leaves or installs there."""
    digest = hashlib.sha256()
    for path in sorted(_own_files(folder)):
        relative = path.relative_to(folder)
        digest.update(f"{relative.as_posix()}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _own_files(folder: Path) -> Iterator[Path]:
    """Files of the folder and those below, but for bytecode and virtual environments."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not Path(place, name, VENV_MARK).is_file()]
        yield from (path for name in files if (path := Path(place, name)).is_file())


def separation_key(model: Model, context: str, item: str) -> str:
    """What the estimate of an item depends on: the model's code and settings, and what the suite lets it learn from.

    Args:
        context: hash of what the suite adds to the model's settings; empty where it adds nothing.
    """
    content = {"revision": model.revision, "config": model.config, "context": context, "item": item}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]
