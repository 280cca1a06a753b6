"""``sepbench run``: score models on a suite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options

Engine = Annotated[str, typer.Option("--engine", help="local: processes of this machine; ray: a Ray cluster.")]
RayAddress = Annotated[str, typer.Option("--ray-address", help="The cluster; auto is this machine's.")]
Sync = Annotated[
    str | None,
    typer.Option(
        "--sync", help="Mirror the run folder: s3://BUCKET/RUN, a path, any fsspec address; goes on from there."
    ),
]
SyncEvery = Annotated[
    float, typer.Option("--sync-every", min=1, max=300, help="Seconds between two pushes to the mirror.")
]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Use the mirror though another process, now dead, seems to work with it.")
]


def run(
    models: Annotated[str, typer.Option("--models", help="Adapters by comma, each with an optional :variant.")],
    suite: options.Suite,
    metrics: options.Metrics = "",
    limit: options.Limit = None,
    out: options.Out = None,
    engine: Engine = "local",
    ray_address: RayAddress = "auto",
    workers: options.Workers = 1,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Requests per call of a separator.")] = 1,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda:N.")] = "auto",
    keep_audio: options.KeepAudio = "none",
    on_missing: options.OnMissing = "fail",
    max_failures: options.MaxFailures = 0,
    fresh: options.Fresh = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do items again that failed.")] = False,
    sync: Sync = None,
    sync_every: SyncEvery = 30,
    take_over: TakeOver = False,
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    adapters: options.Adapters = [],  # noqa: B006
    json: options.Json = False,
) -> None:
    """Score models on a suite; the same command goes on where it stopped."""
    from sepbench.cli.scoring import carry_out
    from sepbench.engine.config import KeepAudio, RunConfig
    from sepbench.engine.device import resolve_device
    from sepbench.errors import SepbenchError
    from sepbench.metrics.registry import select
    from sepbench.protocols.prepare import prepared_suite
    from sepbench.separators.discovery import find_models
    from sepbench.suite import find_suite

    wanted = options.names(models)
    if not wanted:
        raise SepbenchError("no model named", given=repr(models), remedy="sepbench list models shows what there is")
    loaded = prepared_suite(find_suite(suite, manifests))
    config = RunConfig(
        suite=loaded,
        models=tuple(find_models(wanted, adapters)),
        metrics=tuple(select(options.names(metrics) or loaded.suite.metrics)),
        out=out or default_out(loaded.suite.name),
        limit=limit,
        workers=workers,
        batch=batch,
        device=resolve_device(device),
        keep_audio=KeepAudio.parse(keep_audio),
        on_missing="skip" if options.one_of("--on-missing", on_missing, ("fail", "skip")) == "skip" else "fail",
        fresh=fresh,
        retry_failed=retry_failed,
        engine="ray" if options.one_of("--engine", engine, ("local", "ray")) == "ray" else "local",
        ray_address=ray_address,
        sync=sync,
        sync_seconds=sync_every,
        take_over=take_over,
    )
    carry_out(config, max_failures=max_failures, as_json=json)


def default_out(suite: str) -> Path:
    """Where a suite's runs go when nothing is said: one folder per suite, so that a second command resumes."""
    return Path("results") / "runs" / suite.replace("/", "-")
