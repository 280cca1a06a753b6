"""``sepbench submit``: a run as an archive for a leaderboard, and checking one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options

app = typer.Typer(help="Submissions to a leaderboard: pack a run, verify somebody else's.", no_args_is_help=True)
REJECTED = 1


@app.command()
def pack(
    run: Annotated[Path, typer.Argument(help="Run folder, of a run with --keep-audio all.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The archive to write, a .zip.")],
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    json: options.Json = False,
) -> None:
    """Write rows, summary, provenance and a sample of the answers into one archive."""
    from sepbench.cli.output import print_json
    from sepbench.submission.packing import pack as packed

    written = packed(run, output, manifests)
    if json:
        print_json({"schema": 1, "path": str(written.path), "rows": written.rows, "answers": written.answers})
    else:
        print(f"{written.path}: {written.rows} rows, {written.answers} answers that can be heard")


@app.command()
def verify(
    archive: Annotated[Path, typer.Argument(help="What sepbench submit pack wrote.", show_default=False)],
    without_data: Annotated[
        bool, typer.Option("--without-data", help="Do not score again what cannot be built on this machine.")
    ] = False,
    manifests: options.Manifests = [],  # noqa: B006 - typer's way of an empty default; never changed
    adapters: options.Adapters = [],  # noqa: B006 - likewise
    json: options.Json = False,
) -> None:
    """Exit with 1 where anything in an archive does not hold."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.errors import on_one_line
    from sepbench.submission.verifying import verify as verified

    found = verified(archive, manifests, adapters, without_data=without_data)
    if json:
        print_json(found.to_json())
    else:
        models = on_one_line(", ".join(found.models))
        print_table(
            on_one_line(f"{found.archive}: {'holds' if found.passed else 'DOES NOT HOLD'}"),
            ("check", "outcome", "what"),
            [[one.name, one.outcome, on_one_line(one.what)] for one in found.checks],
        )
        if found.suite:
            print(f"suite {on_one_line(found.suite)}; models {models}")
    if not found.passed:
        raise typer.Exit(REJECTED)
