"""Systems that run as their authors wrote them: out of a checkout of their repository, under a Python of its own.

Such an adapter says ``python`` in its ``adapter.toml`` and ``repo`` among its settings, both relative to its folder:
usually links. Its process has no sepbench, so where things are is looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sepbench.errors import InvalidRecord, MissingData
from sepbench.separators.interpreter import interpreter
from sepbench.separators.spec import Model
from sepbench.separators.weight_files import needed_by, read_from

REPO, WEIGHTS = "repo", "weights"


def with_checkout(model: Model, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with ``repo`` as an absolute path, and ``weights``: path by ``file`` of each entry of the adapter.

    Those of a model without ``repo`` stay as they are.

    Raises:
        InvalidRecord: ``repo`` is no text.
        MissingData: there is no such folder, no interpreter or no file of weights; the remedy brings it.
    """
    if REPO not in config:
        return dict(config)
    named = config[REPO]
    if not isinstance(named, str) or not named:
        raise InvalidRecord(
            f"{model.folder / 'adapter.toml'}: setting {REPO} of {model.name}",
            given=repr(named)[:200],
            wanted="the folder of its checkout, from the adapter's folder or absolute",
            remedy="correct it",
        )
    folder = model.folder / named
    if not folder.is_dir():
        raise MissingData(
            f"adapter {model.name} has no checkout of its repository",
            given=str(folder),
            wanted="the repository's folder, or a link to it",
            remedy=f"clone it and link it there as {model.folder / 'README.md'} says",
        )
    interpreter(model)
    files = {needed.weight.file: str(read_from(needed)) for needed in needed_by(model)}
    return {**config, REPO: str(folder.resolve()), WEIGHTS: files}
