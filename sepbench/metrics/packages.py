"""Packages that a metric's own formula lives in: what is not installed becomes a status."""

from __future__ import annotations

import importlib
from typing import Any

from sepbench.metrics.metric import Undefined


def package(name: str, extra: str) -> Any:
    """The module of that name.

    Args:
        name: of the module.
        extra: of sepbench that brings it.

    Raises:
        Undefined: ``unavailable`` where it is not installed; what installs it is said.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        raise not_installed(str(missing.name), extra) from missing


def not_installed(name: str, extra: str) -> Undefined:
    """What is raised where a package is missing.

    >>> print(not_installed("pesq", "pesq"))
    pesq is not installed (pip install "sepbench[pesq]")
    """
    return Undefined("unavailable", f'{name} is not installed (pip install "sepbench[{extra}]")')
