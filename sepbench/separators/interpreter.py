"""Which Python runs an adapter's worker, and which variables it sees."""

from __future__ import annotations

import shutil
import sys

from sepbench.errors import MissingData
from sepbench.separators.spec import Model
from sepbench.worker_process import foreign_environment, own_environment, python_at


def interpreter(model: Model) -> str:
    """What runs the worker: ``python`` of ``adapter.toml``, else our own interpreter.

    It names an interpreter or the folder of a virtual environment, relative to the adapter's folder or absolute, or a
    command on the path; a uv project's environment is ``.venv`` once ``uv sync --project`` made it.

    Raises:
        MissingData: there is none.
    """
    wanted = model.file.python
    if not wanted:
        return sys.executable
    place = model.folder / wanted
    path = python_at(place)
    found = str(path) if path is not None else None
    if found is None and "/" not in wanted:
        found = shutil.which(wanted)
    if found is None:
        raise MissingData(
            f"adapter {model.name} has no interpreter",
            given=str(place),
            wanted="a virtual environment, or an executable Python with numpy",
            remedy=f"make it as {model.folder / 'README.md'} says, for example with python3 -m venv {place}",
        )
    return found


def environment(model: Model, device: str) -> dict[str, str]:
    """The process's variables: ours, with one thread each unless set, one GPU or none, and its own Python's paths."""
    return foreign_environment(device) if model.file.python else own_environment(device)
