"""``sepbench check``: whether an adapter keeps the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options

BROKEN = 2


def check(
    adapter: Annotated[str, typer.Argument(help="Name of an adapter, with an optional :variant.")],
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda:N.")] = "auto",
    logs: Annotated[
        Path | None, typer.Option("--logs", help="Folder that keeps what the adapter prints.", show_default=False)
    ] = None,
    adapters: options.Adapters = [],  # noqa: B006 - typer's way of an empty default; never changed
    json: options.Json = False,
) -> None:
    """Load an adapter in a process of its own and try it on synthetic sounds; exit code 2 when the contract breaks."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.engine.device import resolve_device
    from sepbench.separators.checking import check_adapter
    from sepbench.separators.discovery import find_models

    (model,) = find_models([adapter], adapters)
    found = check_adapter(model, device=resolve_device(device), logs=logs)
    kept = all(one.state != "failed" for one in found)
    if json:
        checks = [{"check": one.name, "state": one.state, "reason": one.reason} for one in found]
        print_json({"model": model.name, "revision": model.revision, "ok": kept, "checks": checks})
    else:
        rows = [[one.name, one.state, one.reason] for one in found]
        print_table(f"{model.name}: {model.file.title}", ["check", "state", "reason"], rows)
    if not kept:
        raise typer.Exit(BROKEN)
