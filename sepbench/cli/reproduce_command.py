"""``sepbench reproduce``: a published table taken again, its numbers beside the measured ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepbench.cli import options

if TYPE_CHECKING:
    from sepbench.engine.config import RunConfig
    from sepbench.results.reproducing import Reproduction


def reproduce(
    table: Annotated[str, typer.Argument(metavar="[TABLE]", help="PAPER:TABLE; none shows what there is.")] = "",
    limit: options.Limit = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of runs. [default: results/runs/reproduce/TABLE]", show_default=False),
    ] = None,
    workers: options.Workers = 1,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Requests per call of a separator.")] = 1,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda:N.")] = "auto",
    max_failures: options.MaxFailures = 0,
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    adapters: options.Adapters = [],  # noqa: B006
    json: options.Json = False,
) -> None:
    """Run a published table's models on its test sets, or say which weights and data that lacks here."""
    from sepbench.cli import reproduce_view
    from sepbench.cli.scoring import completed, exit_if_too_many
    from sepbench.engine.device import resolve_device
    from sepbench.engine.lacking import lacking
    from sepbench.errors import MissingData
    from sepbench.results.reproducing import find_reproduction, reproductions

    if not table:
        reproduce_view.show_known(list(reproductions().values()), as_json=json)
        return
    wanted = find_reproduction(table)
    folder = out or Path("results") / "runs" / "reproduce" / table.replace(":", "-")
    place = resolve_device(device)
    runs = {
        suite: replace(config, limit=limit, workers=workers, batch=batch, device=place)
        for suite, config in configured(wanted, folder, manifests, adapters).items()
    }
    if missing := lacking(list(runs.values())):
        reproduce_view.show_missing(wanted, missing, as_json=json)
        raise MissingData(
            f"{table} cannot be reproduced here",
            given=f"{len(missing)} things missing",
            remedy="bring what is named above; the same command then takes the table",
        )
    outcomes = {suite: completed(config) for suite, config in runs.items()}
    summaries = {suite: outcome.summary for suite, outcome in outcomes.items()}
    reproduce_view.show_compared(wanted, summaries, limit, as_json=json)
    failed = sum(outcome.failed for outcome in outcomes.values())
    exit_if_too_many(failed, max_failures, f"{folder}/*/rows.jsonl")


def configured(
    wanted: Reproduction, folder: Path, manifests: Sequence[Path], adapters: Sequence[Path]
) -> dict[str, RunConfig]:
    """A run for each suite of the table, with the models and metrics that it takes of it."""
    from sepbench.engine.config import RunConfig
    from sepbench.metrics.registry import select
    from sepbench.protocols.prepare import prepared_suite
    from sepbench.separators.discovery import find_models
    from sepbench.suite import find_suite

    return {
        suite: RunConfig(
            suite=prepared_suite(find_suite(suite, manifests)),
            models=tuple(find_models([cell.model for cell in cells], adapters)),
            metrics=tuple(select(cell.metric for cell in cells)),
            out=folder / suite.replace("/", "-"),
        )
        for suite, cells in wanted.suites().items()
    }
