"""Adapters in this process: ``adapter.py`` is loaded by its path, never as a package."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sepbench.errors import SeparatorFailure
from sepbench.separators.separator import Cost, Estimate, Request, Separator
from sepbench.separators.spec import Model


class InlineRunner:
    """Loads ``class Adapter`` and passes requests on."""

    seconds: None = None

    def __init__(self, model: Model, config: Mapping[str, Any], device: str) -> None:
        self._separator = load_separator(model)
        self._separator.load(config, device)

    def separate(self, requests: Sequence[Request], following: Sequence[Request] = ()) -> Sequence[Estimate]:
        """What the adapter answers. As of a worker, arrays are its own that it is given and ours that it gives: it may
        write into the one, and use the other again."""
        return [_ours(estimate) for estimate in self._separator.separate([_theirs(request) for request in requests])]

    def cost(self, seconds: float) -> Cost | None:
        """What the adapter says that a mixture of that length costs it; None where it does not say."""
        ask = getattr(self._separator, "cost", None)
        found: Cost | None = None if ask is None else ask(seconds)
        return found

    def close(self) -> None:
        """Nothing to give back: the process's end does."""


def _theirs(request: Request) -> Request:
    references = tuple(reference.copy() for reference in request.references)
    return replace(request, mixture=request.mixture.copy(), references=references)


def _ours(estimate: Estimate) -> Estimate:
    """The estimate apart from the adapter's memory, in the float32 of files and workers, so that one that was kept is
    scored again to the same digits; what is no such array is left for the check that follows."""
    audio = estimate.audio
    if isinstance(audio, np.ndarray) and np.issubdtype(audio.dtype, np.floating):
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and its scores are not_finite
            audio = np.array(audio, dtype=np.float32)
    return Estimate(estimate.item, audio, estimate.sample_rate)


def load_separator(model: Model) -> Separator:
    """An instance of the folder's ``class Adapter``; the file's own imports may raise ImportError.

    Raises:
        SeparatorFailure: no ``adapter.py``, or no ``class Adapter`` in it.
    """
    path = model.folder / "adapter.py"
    if not path.is_file():
        raise SeparatorFailure(f"adapter {model.name} has no adapter.py", given=str(path), remedy="add the file")
    # The path in the module's name keeps two folders of one name apart; dataclasses look their module up by it.
    name = f"sepbench_adapter_{model.folder.name}_{model.revision}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SeparatorFailure(f"adapter {model.name} cannot be loaded", given=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, "Adapter"):
        raise SeparatorFailure(
            f"adapter {model.name}: {path} defines no class Adapter", remedy="name the separator's class Adapter"
        )
    separator: Separator = module.Adapter()
    return separator
