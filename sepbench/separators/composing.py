"""Separators made of others, as far as it can be told before any of them is opened.

The setting ``bases`` of an adapter names the models that it asks. What they need it needs, what they learnt from it
learnt from, and other code of theirs makes it another model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sepbench.errors import InvalidRecord, MissingData
from sepbench.records import canonical_json
from sepbench.search_path import closest
from sepbench.separators.checkout import with_checkout
from sepbench.separators.spec import Model, load_model

FOLDERS = "base_folders"
"""The setting that tells an adapter where its bases are, on this machine; no part of what a model is."""


def assemble(name: str, folders: Mapping[str, Path], above: Sequence[str] = ()) -> Model:
    """A model with those that it is made of.

    Args:
        name: ``adapter`` or ``adapter:variant``.
        folders: of all known adapters.
        above: what is made of it.

    Raises:
        MissingData: an unknown adapter; the nearest names are given.
        InvalidRecord: an unknown variant, a faulty ``adapter.toml``, bases that are no names, or a model that is made
            of itself.
    """
    adapter, _, variant = name.partition(":")
    if adapter not in folders:
        given = " in ".join([name, *reversed(above)])
        raise MissingData("unknown model", given=given, remedy=closest(adapter, list(folders)))
    path = (*above, name)
    if name in above:
        raise InvalidRecord(
            f"{folders[adapter]}: a model made of itself", given=" of ".join(path), remedy="take one of them out"
        )
    model = load_model(folders[adapter], variant)
    return composed(model, [assemble(base, folders, path) for base in base_names(model)])


def base_names(model: Model) -> tuple[str, ...]:
    """The models that the settings name; none for most separators.

    Raises:
        InvalidRecord: the setting is no list of names.
    """
    named = model.config.get("bases", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise InvalidRecord(
            f"{model.folder / 'adapter.toml'}: setting bases of {model.name}",
            given=str(named)[:200],
            wanted="a list of models, each adapter or adapter:variant",
            remedy="correct it",
        )
    return tuple(named)


def composed(model: Model, bases: Sequence[Model]) -> Model:
    """The model with its bases, and with the facts that they bring along."""
    if not bases:
        return model
    parts = [model.file, *(base.file for base in bases)]
    file = replace(
        model.file,
        needs=tuple(dict.fromkeys(need for part in parts for need in part.needs)),
        trained_on=tuple(dict.fromkeys(corpus for part in parts for corpus in part.trained_on)),
        deterministic=all(part.deterministic for part in parts),
        untrained=any(part.untrained for part in parts),
    )
    content = [model.revision, *([base.name, base.revision, base.config] for base in bases)]
    revision = hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]
    return replace(model, file=file, revision=revision, bases=tuple(bases))


def with_folders(model: Model, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, and where the bases are for a model that has some, or its checkout for one that runs out of it."""
    found = with_checkout(model, config)
    return {**found, FOLDERS: _folders(model)} if model.bases else found


def _folders(model: Model) -> dict[str, str]:
    """By name of adapter, of the bases and of theirs."""
    found: dict[str, str] = {}
    for base in model.bases:
        found |= {base.folder.name: str(base.folder), **_folders(base)}
    return found
