"""Finding embedders: every file of this package with a tuple ``EMBEDDERS`` and a function ``open_embedder``.

Nothing is registered by hand. What is known of an embedder needs neither torch nor weights; opening it needs both. A
file whose embedders read what the user names (a checkpoint of one's own) also has a function ``locate``: it gives the
facts with the files that are there, or raises `MissingData`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from sepbench.embeddings.embedder import About, Embedder, identity_of, stem
from sepbench.errors import MissingData, MissingExtra, SepbenchError
from sepbench.search_path import closest
from sepbench.weights import find


@cache
def _homes() -> dict[str, tuple[About, ModuleType]]:
    """Every embedder's facts and the module that opens it, by name, sorted."""
    found: dict[str, tuple[About, ModuleType]] = {}
    for entry in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = importlib.import_module(f"sepbench.embeddings.{entry.name}")
        for about in getattr(module, "EMBEDDERS", ()):
            if about.name in found:
                raise SepbenchError("two embedders of one name", given=about.name, remedy="rename one of them")
            found[about.name] = about, module
    return dict(sorted(found.items()))


def abouts() -> dict[str, About]:
    """The facts of every embedder by name, sorted; none of them is opened.

    Raises:
        SepbenchError: two files define one name.

    >>> abouts()["laion-clap:630k-audioset-best"].rate
    48000
    """
    return {name: about for name, (about, _) in _homes().items()}


def about(name: str) -> About:
    """The facts of one embedder.

    Raises:
        SepbenchError: there is none of that name; the nearest names are given.
    """
    known = abouts()
    if name not in known:
        raise SepbenchError("unknown embedder", given=name, remedy=closest(name, list(known)))
    return known[name]


def located(name: str) -> About:
    """The facts of an embedder with the files that it will read on this machine.

    Raises:
        MissingData: one of them is not here; the error says which, and what brings it.
    """
    facts, module = about(name), _homes()[name][1]
    if hasattr(module, "locate"):
        facts = module.locate(facts)
    for weight in facts.weights:
        find(weight)
    return facts


def wanting(name: str) -> SepbenchError | None:
    """What keeps an embedder from being opened on this machine, with what to do about it; None where nothing does."""
    try:
        facts = located(name)
    except MissingData as missing:
        return missing
    if facts.extra == "models" and find_spec("torch") is None:
        return _lacks(facts, "torch")
    return None


def printed_identity(name: str) -> str:
    """What signatures print: the identity of an embedder, which ends in ``unavailable`` where its weights are not here.

    Raises:
        SepbenchError: its weights are not the published ones.
    """
    try:
        return identity_of(located(name))
    except MissingData:
        return f"{stem(about(name))}.unavailable"


@cache
def opened(name: str, device: str = "cpu") -> Embedder:
    """The embedder of that name, ready to work; opened once per process and device.

    Raises:
        SepbenchError: there is none of that name, or its weights are not the published ones.
        MissingData: its weights are not here; the error says which file, and the command that brings it.
        MissingExtra: a package that it needs is not installed.
    """
    facts, module = located(name), _homes()[name][1]
    try:
        embedder: Embedder = module.open_embedder(facts, device)
    except ModuleNotFoundError as error:
        raise _lacks(facts, str(error.name)) from error
    return embedder


def _lacks(facts: About, package: str) -> MissingExtra:
    return MissingExtra(
        f"{facts.name} needs a package that is not installed",
        given=package,
        remedy=f'pip install "sepbench[{facts.extra}]"',
    )
