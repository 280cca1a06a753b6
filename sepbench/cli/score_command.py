"""``sepbench score``: score waveforms that somebody's own code made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options
from sepbench.cli.run_command import default_out


def score(
    estimates: Annotated[Path, typer.Option("--estimates", help="Folder of ITEM.wav (or .flac, .ogg), one per item.")],
    suite: options.Suite,
    name: Annotated[str, typer.Option("--name", help="What tables call the system.")] = "estimates",
    metrics: options.Metrics = "",
    limit: options.Limit = None,
    out: options.Out = None,
    workers: options.Workers = 1,
    keep_audio: options.KeepAudio = "none",
    on_missing: options.OnMissing = "fail",
    max_failures: options.MaxFailures = 0,
    fresh: options.Fresh = False,
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    json: options.Json = False,
) -> None:
    """Score a folder of ready waveforms named by item; `sepbench manifest show` tells the items."""
    from sepbench.cli.scoring import carry_out
    from sepbench.engine.config import KeepAudio, RunConfig
    from sepbench.errors import MissingData
    from sepbench.metrics.registry import select
    from sepbench.protocols.prepare import prepared_suite
    from sepbench.separators.files import model_of_files
    from sepbench.suite import find_suite

    if not estimates.is_dir():
        raise MissingData("no such folder of estimates", given=str(estimates), remedy="check the path")
    loaded = prepared_suite(find_suite(suite, manifests))
    config = RunConfig(
        suite=loaded,
        models=(model_of_files(name, estimates),),
        metrics=tuple(select(options.names(metrics) or loaded.suite.metrics)),
        out=out or default_out(f"{loaded.suite.name}-{name}"),
        limit=limit,
        workers=workers,
        keep_audio=KeepAudio.parse(keep_audio),
        on_missing="skip" if options.one_of("--on-missing", on_missing, ("fail", "skip")) == "skip" else "fail",
        fresh=fresh,
        estimates=estimates,
    )
    carry_out(config, max_failures=max_failures, as_json=json)
