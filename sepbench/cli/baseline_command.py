"""``sepbench baseline``: what a gate holds runs against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.cli import options

app = typer.Typer(help="Baselines: what gates hold runs against.", no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Keeps the commands' names, of which there is one."""


@app.command()
def update(
    run: Annotated[Path, typer.Argument(help="Run folder.", show_default=False)],
    baseline: Annotated[Path, typer.Option("--baseline", help="The file, as results/baselines/demo.json.")],
    models: Annotated[str, typer.Option("--models", help="Models to keep, by comma. [default: all of the run]")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write; without it the difference is only shown.")] = False,
    allow_partial: options.AllowPartial = False,
    json: options.Json = False,
) -> None:
    """Show what a run would change in a baseline, and with --yes write it."""
    from sepbench.cli import baseline_view
    from sepbench.results.answers import answers_of, with_sounds
    from sepbench.results.baseline_changes import baseline_change
    from sepbench.results.baselines import only_models, read_baseline, write_baseline
    from sepbench.results.pairing import check_whole
    from sepbench.results.run_folder import load_run

    new = only_models(answers_of(load_run(run)), options.names(models))
    if not allow_partial:
        check_whole(new, "run")
    old = read_baseline(baseline) if baseline.exists() else None
    change = baseline_change(old, new)
    if yes:
        write_baseline(baseline, with_sounds(new, run))
    baseline_view.show(change, new, baseline, written=yes, as_json=json)
