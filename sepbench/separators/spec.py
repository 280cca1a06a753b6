"""``adapter.toml``: the static facts of a separator, readable without importing any of its code."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sepbench.errors import InvalidRecord
from sepbench.manifest import STRICT, QueryMode
from sepbench.records import canonical_json, load_toml

if TYPE_CHECKING:
    from pydantic import ConfigDict

Paradigm = Literal["mask", "regenerate", "generative", "control", "oracle", "files"]
Runtime = Literal["inline", "worker", "command"]
VENV_MARK = "pyvenv.cfg"
Needs = Literal["references", "all_prompts", "training_clips"]


@dataclass(frozen=True)
class WeightFile:
    """One file of weights and where it comes from."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    url: str
    sha256: str
    bytes: int
    file: str
    licence: str


@dataclass(frozen=True)
class AdapterFile:
    """The content of ``adapter.toml``.

    Attributes:
        sample_rate: the rate in Hz the model works at; None for one that takes any.
        modes: what it does natively; a model without ``remove`` is scored as mixture minus extract, and marked.
        paradigm: how its output comes about; decides which tables it is ranked in.
        prompts: ``open``, or the list of stems it knows.
        needs: inputs beyond mixture and query; shown in every table.
        command: for ``runtime = "command"``: an executable with {mixture}, {text}, {mode}, {sample_rate}, {estimate}.
        timeout_seconds: what one request may take of a worker or command.
        load_timeout_seconds: what a worker may take to start and load.
        max_memory_gb: address space of a worker in GiB; not applied on a GPU, whose driver reserves far more than it
            uses.
        python: for ``runtime = "worker"``: an interpreter or a virtual environment's folder, from the adapter's folder.
        config: settings handed to `load`; a variant overrides them.
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
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """An adapter in one variant: what a run's ``--models`` names and its tables show.

    Attributes:
        name: ``adapter`` or ``adapter:variant``.
        folder: where ``adapter.toml`` stands.
        config: the settings, the variant's over the adapter's.
        revision: hash of the folder's files: other code is another model.
    """

    name: str
    folder: Path
    file: AdapterFile
    config: dict[str, Any]
    revision: str

    @property
    def native_removal(self) -> bool:
        """Whether it removes by itself rather than as mixture minus extract."""
        return "remove" in self.file.modes


def load_model(folder: Path, variant: str = "") -> Model:
    """Read an adapter folder.

    Raises:
        MissingData, InvalidRecord: naming file, line and field; also for a variant the file does not list.
    """
    path = folder / "adapter.toml"
    file = load_toml(AdapterFile, path)
    if file.runtime == "command" and not file.command:
        raise InvalidRecord(
            f"{path}: field command", given="nothing", wanted="the command line to run", remedy="add it"
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
    return Model(name, folder, file, file.config | file.variants.get(variant, {}), _revision(folder))


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
