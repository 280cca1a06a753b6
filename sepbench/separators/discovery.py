"""Finding adapters: folders with an ``adapter.toml`` on the search path. Nothing of theirs is imported."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from sepbench.search_path import folders
from sepbench.separators.composing import assemble
from sepbench.separators.spec import Model

ENTRY_POINT_GROUP = "sepbench.adapters"


def adapter_folders(named: Sequence[Path] = ()) -> dict[str, Path]:
    """Every adapter on the search path: name -> folder. The value of an entry point is a folder's path."""
    installed = [Path(point.value) for point in entry_points(group=ENTRY_POINT_GROUP)]
    found: dict[str, Path] = {}
    for folder in folders("adapters", named, installed):
        for path in sorted(folder.glob("*/adapter.toml")):
            found.setdefault(path.parent.name, path.parent)
    return dict(sorted(found.items()))


def find_models(names: Sequence[str], named: Sequence[Path] = ()) -> list[Model]:
    """The models of ``A,B:variant``, in the order given, each once.

    Raises:
        MissingData, InvalidRecord: as of `sepbench.separators.composing.assemble`.
    """
    known = adapter_folders(named)
    return [assemble(name, known) for name in dict.fromkeys(names)]
