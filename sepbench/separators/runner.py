"""Running a separator, whatever carries it: one interface, and the check that its answers keep the contract."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Protocol

import numpy as np

from sepbench.audio import HIGHEST_RATE
from sepbench.errors import MissingExtra, SeparatorFailure
from sepbench.separators.composing import with_folders
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model

MOST_TIMES_AS_LONG = 10
"""An estimate beyond this is refused before anything is made of it: scoring it could take all memory."""


class Runner(Protocol):
    """A separator that is ready to be asked."""

    @property
    def seconds(self) -> float | None:
        """What the model's own code took for the last answer; None where only the whole call can be timed."""
        ...

    def separate(self, requests: Sequence[Request], following: Sequence[Request] = ()) -> Sequence[Estimate]:
        """One estimate per request, in order.

        Args:
            following: what is likely to be asked next; a runner with a process sends it ahead, so that the separator
                need not wait for it.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def open_runner(
    model: Model,
    *,
    config: dict[str, object],
    device: str,
    estimates: Path | None = None,
    logs: Path | None = None,
) -> Runner:
    """Start a model.

    Args:
        model: the adapter and variant.
        config: its settings with what the suite adds.
        device: ``cpu`` or ``cuda:<n>``.
        estimates: a folder of ready waveforms, which then stand for the model.
        logs: folder for what worker processes print.

    Raises:
        SepbenchError: it cannot be started; whatever the adapter's own code raises passes through.
    """
    config = with_folders(model, config)
    if estimates is not None:
        from sepbench.separators.files import FileRunner

        return FileRunner(estimates)
    if model.file.runtime == "command":
        from sepbench.separators.command import CommandRunner

        return CommandRunner(model)
    if model.file.runtime == "worker":
        from sepbench.separators.worker_runner import WorkerRunner

        return WorkerRunner(model, config, device, logs)
    from sepbench.separators.inline import InlineRunner

    try:
        return InlineRunner(model, config, device)
    except ImportError as error:
        raise missing_package(model, str(error)) from error


def missing_package(model: Model, message: str) -> MissingExtra:
    """What to say of an adapter whose imports fail, and how to help."""
    remedy = f'pip install "sepbench[{model.file.extra}]"' if model.file.extra else "install it"
    if model.file.python:
        remedy = f"install it for {model.file.python} of the adapter"
    return MissingExtra(f"adapter {model.name} needs a package", given=message, remedy=remedy)


def checked(requests: Sequence[Request], estimates: Sequence[Estimate]) -> Sequence[Estimate]:
    """The estimates, once they are known to answer the requests: order, shape and type.

    Raises:
        SeparatorFailure: naming the item and what is wrong with it.
    """
    if [request.item for request in requests] != [estimate.item for estimate in estimates]:
        raise SeparatorFailure(
            "estimates do not answer the requests",
            given=", ".join(estimate.item for estimate in estimates)[:200] or "none",
            wanted=", ".join(request.item for request in requests)[:200],
            remedy="return one estimate per request, in order",
        )
    for request, estimate in zip(requests, estimates, strict=True):
        audio = estimate.audio
        if not isinstance(audio, np.ndarray) or audio.ndim != 1 or not np.issubdtype(audio.dtype, np.floating):
            raise SeparatorFailure(
                f"estimate of {estimate.item} is not mono floating-point audio",
                given=f"shape {np.shape(audio)}, dtype {getattr(audio, 'dtype', type(audio).__name__)}",
                wanted="numpy float (time,)",
                remedy="convert it in the adapter",
            )
        if not isinstance(estimate.sample_rate, Integral) or not 0 < estimate.sample_rate <= HIGHEST_RATE:
            raise SeparatorFailure(
                f"estimate of {estimate.item} has no sample rate",
                given=repr(estimate.sample_rate),
                wanted=f"a whole number up to {HIGHEST_RATE} Hz",
                remedy="return the rate at which the estimate was made",
            )
        seconds, wanted = len(audio) / estimate.sample_rate, len(request.mixture) / request.sample_rate
        if seconds > MOST_TIMES_AS_LONG * wanted:
            raise SeparatorFailure(
                f"estimate of {estimate.item} is absurdly long",
                given=f"{seconds:g} s",
                wanted=f"{wanted:g} s",
                remedy="return as many samples as the mixture has, and their sample rate",
            )
    return estimates
