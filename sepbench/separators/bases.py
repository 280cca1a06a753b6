"""Asking other separators from within one that is made of them.

They are opened in the asking separator's own process, so that its deadline, its memory and its times are theirs too;
one that asks for another interpreter, or is a command, has its own process all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sepbench.audio import Audio, resample
from sepbench.errors import SeparatorFailure
from sepbench.metrics.alignment import TOLERANCE_SECONDS
from sepbench.separators.composing import FOLDERS, assemble, with_folders
from sepbench.separators.inline import load_separator
from sepbench.separators.runner import Runner, checked, open_runner
from sepbench.separators.separator import Cost, Request
from sepbench.separators.spec import Model


@dataclass(frozen=True)
class Base:
    """One opened separator."""

    model: Model
    runner: Runner

    def estimates(self, requests: Sequence[Request], *, sample_rate: int) -> list[Audio]:
        """What it makes of mixtures of any rate.

        Args:
            requests: it hears them at its own rate.
            sample_rate: of the estimates, in Hz.

        Returns:
            float32 ``(time,)`` each, exactly as long as the mixture; up to 20 ms are cut or filled with zeros, as the
            harness allows any separator.

        Raises:
            SeparatorFailure: it broke its contract, or its estimate has another length.
        """
        heard = [self._heard(request) for request in requests]
        found = checked(heard, self.runner.separate(heard))
        return [
            self._fitted(resample(one.audio, one.sample_rate, sample_rate), request, sample_rate)
            for one, request in zip(found, requests, strict=True)
        ]

    def cost(self, seconds: float) -> Cost | None:
        """What an estimate of a mixture of that length costs; None where it does not say."""
        ask = getattr(self.runner, "cost", None)
        found: Cost | None = None if ask is None else ask(seconds)
        return found

    def _heard(self, request: Request) -> Request:
        rate = self.model.file.sample_rate or request.sample_rate
        mixture, *references = (
            resample(one, request.sample_rate, rate) for one in (request.mixture, *request.references)
        )
        return replace(request, mixture=mixture, sample_rate=rate, references=tuple(references))

    def _fitted(self, estimate: Audio, request: Request, sample_rate: int) -> Audio:
        wanted = -(-len(request.mixture) * sample_rate // request.sample_rate)
        if abs(len(estimate) - wanted) > TOLERANCE_SECONDS * sample_rate:
            raise SeparatorFailure(
                f"estimate of {self.model.name} for {request.item} has another length",
                given=f"{len(estimate)} samples at {sample_rate} Hz",
                wanted=str(wanted),
                remedy="return as many samples as the mixture has, and their sample rate",
            )
        cut = np.asarray(estimate[:wanted], dtype=np.float32)
        return np.pad(cut, (0, wanted - len(cut)))


@dataclass(frozen=True)
class SketchedBase:
    """A separator of which only the cost is known: its weights were not read."""

    model: Model
    sketched: Any

    def cost(self, seconds: float) -> Cost | None:
        """What an estimate of a mixture of that length costs; None where it does not say without its weights."""
        found: Cost | None = None if self.sketched is None else self.sketched.cost(seconds)
        return found


def open_bases(config: Mapping[str, Any], device: str) -> list[Base]:
    """The models of the setting ``bases``, in order, ready to be asked.

    Args:
        config: what `load` was given; `sepbench.separators.composing.with_folders` put the folders there.
        device: ``cpu`` or ``cuda:<n>``.

    Raises:
        SepbenchError: one cannot be started.
    """
    return [_opened(model, config, device) for model in _models(config)]


def sketch_bases(config: Mapping[str, Any]) -> list[SketchedBase]:
    """The same models without their weights, for the ``sketch`` of what is made of them.

    Raises:
        SepbenchError: one cannot be found.
    """
    return [SketchedBase(model, _sketched(model)) for model in _models(config)]


def _models(config: Mapping[str, Any]) -> list[Model]:
    folders = {name: Path(folder) for name, folder in config[FOLDERS].items()}
    return [assemble(name, folders) for name in config["bases"]]


def _sketched(model: Model) -> Any:
    """The adapter after its ``sketch``; None where it has none, or where its code is not for this interpreter."""
    if model.file.python or model.file.runtime == "command":
        return None
    adapter: Any = load_separator(model)
    if not hasattr(adapter, "sketch"):
        return None
    adapter.sketch(with_folders(model, model.config))
    return adapter


def _opened(model: Model, config: Mapping[str, Any], device: str) -> Base:
    training = {"training": config["training"]} if "training_clips" in model.file.needs else {}
    apart = model.file.python or model.file.runtime == "command"
    started = model if apart else replace(model, file=replace(model.file, runtime="inline"))
    return Base(model, open_runner(started, config=model.config | training, device=device))
