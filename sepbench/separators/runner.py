"""Running a separator, whatever carries it: one interface, and the check that its answers keep the contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from sepbench.errors import MissingExtra, SeparatorFailure
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model


class Runner(Protocol):
    """A separator that is ready to be asked."""

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, in order."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def open_runner(model: Model, *, config: dict[str, object], device: str, estimates: Path | None = None) -> Runner:
    """Start a model.

    Args:
        model: the adapter and variant.
        config: its settings with what the suite adds.
        device: ``cpu`` or ``cuda:<n>``.
        estimates: a folder of ready waveforms, which then stand for the model.

    Raises:
        SepbenchError: it cannot be started; whatever the adapter's own code raises passes through.
    """
    if estimates is not None:
        from sepbench.separators.files import FileRunner

        return FileRunner(estimates)
    if model.file.runtime == "command":
        from sepbench.separators.command import CommandRunner

        return CommandRunner(model)
    if model.file.runtime == "worker":
        raise SeparatorFailure(
            f"adapter {model.name} asks for a worker process, which this version cannot start",
            wanted='runtime = "inline" or "command"',
            remedy="run it through a command, or score its waveforms with sepbench score",
        )
    from sepbench.separators.inline import InlineRunner

    try:
        return InlineRunner(model, config, device)
    except ImportError as error:
        remedy = f'pip install "sepbench[{model.file.extra}]"' if model.file.extra else "install it"
        raise MissingExtra(f"adapter {model.name} needs a package", given=str(error), remedy=remedy) from error


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
    for estimate in estimates:
        audio = estimate.audio
        if not isinstance(audio, np.ndarray) or audio.ndim != 1 or not np.issubdtype(audio.dtype, np.floating):
            raise SeparatorFailure(
                f"estimate of {estimate.item} is not mono floating-point audio",
                given=f"shape {np.shape(audio)}, dtype {getattr(audio, 'dtype', type(audio).__name__)}",
                wanted="numpy float (time,)",
                remedy="convert it in the adapter",
            )
        if estimate.sample_rate <= 0:
            raise SeparatorFailure(f"estimate of {estimate.item} has no sample rate", given=str(estimate.sample_rate))
    return estimates
