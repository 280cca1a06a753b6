"""``sepbench profile``: what a model costs."""

from __future__ import annotations

import math
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sepbench.cli import options
from sepbench.errors import SepbenchError

if TYPE_CHECKING:
    from sepbench.separators.spec import Model

LONGEST_SECONDS = 3600.0


def profile(
    model: Annotated[str, typer.Argument(help="Name of an adapter, with an optional :variant.")],
    seconds: Annotated[str, typer.Option("--seconds", help="Lengths of the mixtures, by comma.")] = "1,10",
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda:N.")] = "auto",
    repeats: Annotated[int, typer.Option("--repeats", min=10, help="Answers to time, after two that are not.")] = 10,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of the processor, for the model.")] = 1,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="A run folder with this model; keeps the figures in its summary.json."),
    ] = None,
    logs: Annotated[
        Path | None, typer.Option("--logs", help="Folder that keeps what the adapter prints.", show_default=False)
    ] = None,
    adapters: options.Adapters = [],  # noqa: B006 - typer's way of an empty default; never changed
    json: options.Json = False,
) -> None:
    """Measure parameters, multiply-accumulates, real-time factor and memory of a model, in a process of its own."""
    from sepbench.cli.output import print_json
    from sepbench.cli.profile_view import print_profile
    from sepbench.engine.device import resolve_device
    from sepbench.manifest import SCHEMA
    from sepbench.profiling.profile import profile_model
    from sepbench.results.costs import check_run, keep_cost
    from sepbench.separators.discovery import find_models
    from sepbench.separators.weight_files import require_weights

    (found,) = find_models([model], adapters)
    place, wanted = resolve_device(device), lengths(seconds)
    if run is not None:
        check_run(run, found.name, found.revision)
        require_weights(found)
    measured = profile_model(
        found,
        seconds=wanted,
        device=place,
        repeats=repeats,
        threads=threads,
        logs=logs,
        tell=lambda step: print(step, file=sys.stderr),
    )
    content = measured.to_json() | _machine(found, place)
    if run is not None:
        keep_cost(run, content)
    if json:
        print_json({"schema": SCHEMA} | content)
    else:
        print_profile(found.file.title, measured)


def lengths(text: str) -> list[float]:
    """Seconds given by comma.

    Raises:
        SepbenchError: not numbers above 0, up to an hour.

    >>> lengths("1, 10")
    [1.0, 10.0]
    """
    try:
        found = [float(word) for word in options.names(text)]
    except ValueError:
        found = []
    if not found or not all(math.isfinite(one) and 0 < one <= LONGEST_SECONDS for one in found):
        raise SepbenchError(
            "option --seconds", given=text, wanted=f"numbers above 0, up to {LONGEST_SECONDS:g}", remedy="give 1,10"
        )
    return found


def _machine(model: Model, device: str) -> dict[str, Any]:
    """Where it was measured, without which no time means anything; another interpreter's packages are not known."""
    from sepbench.results.provenance import hardware, package_versions

    machine = hardware()
    if device != "cpu":
        machine["device"] = _gpu(device)
    foreign = model.file.python or model.file.runtime == "command"
    return {"hardware": machine, "packages": {} if foreign else package_versions()}


def _gpu(device: str) -> str:
    """Its name where this interpreter's torch sees it; a model's own may see what this one does not."""
    if find_spec("torch") is None:
        return device
    import torch

    number = int(device.partition(":")[2])
    return torch.cuda.get_device_name(number) if number < torch.cuda.device_count() else device
