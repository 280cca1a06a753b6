"""The part that ``run`` and ``score`` share: do it, show it, choose the exit code."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import typer

from sepbench.cli.output import fitting, print_json, print_table, progress_shown
from sepbench.engine.config import RunConfig
from sepbench.engine.run import Outcome, run

TOO_MANY_FAILED = 3
SIGNALLED = 128
"""Added to a signal's number: the shell's convention for a program ended by it."""


def carry_out(config: RunConfig, *, max_failures: int, as_json: bool) -> None:
    """Run, print the summary, and exit by what came of it."""
    try:
        with progress_shown() as show:
            outcome = run(config, show)
    except KeyboardInterrupt:
        _say_interrupted(config.out)
        raise typer.Exit(SIGNALLED + signal.SIGINT) from None
    if as_json:
        print_json(outcome.summary)
    else:
        _print_summary(outcome)
    if outcome.stopped is not None:
        _say_interrupted(config.out)
        raise typer.Exit(SIGNALLED + outcome.stopped)
    if outcome.failed > max_failures:
        print(f"error: {outcome.failed} items failed; --max-failures allows {max_failures}", file=sys.stderr)
        print(f"  try: read the errors in {outcome.folder}/rows.jsonl", file=sys.stderr)
        raise typer.Exit(TOO_MANY_FAILED)


def _say_interrupted(folder: Path) -> None:
    print(f"interrupted; finished items are kept in {folder}", file=sys.stderr)
    print("  try: the same command again, it goes on where it stopped", file=sys.stderr)


def _print_summary(outcome: Outcome) -> None:
    suite, models = outcome.summary["suite"], outcome.summary["models"]
    canonical = [name for name in suite["metric_order"] if "@" not in name]
    arrows = {name: {"higher": "↑", "lower": "↓"}.get(suite["metrics"][name]["better"], "") for name in canonical}
    rows = [[name, *(_cell(model["metrics"][metric]) for metric in canonical)] for name, model in models.items()]
    columns = ["model", *(f"{name} {arrows[name]}" for name in canonical)]
    shown = fitting(columns, rows, shutil.get_terminal_size().columns) if sys.stdout.isatty() else len(columns)
    title = f"{suite['title']} ({suite['name']}, {suite['scored_items']} of {suite['items']} items)"
    print_table(title, columns[:shown], [row[:shown] for row in rows])
    if shown < len(columns):
        print(
            f"{len(columns) - shown} more metrics in {outcome.folder}/summary.json and on the page of sepbench report"
        )
    if suite["limit"] is not None:
        print(f"partial: --limit {suite['limit']}")
    if suite["unfinished_items"]:
        print(f"partial: {suite['unfinished_items']} items are still to do")
    if suite["missing_items"]:
        print(f"coverage: {suite['missing_items']} items lack clips on this machine")
    for unbuilt in suite["unbuilt"]:
        print(f"not built: list {unbuilt['list']}, {unbuilt['mixtures'] or 'some'} mixtures: {unbuilt['reason']}")
    if suite["refused_items"]:
        print(f"refused: {suite['refused_items']} items whose mixtures break the drawing rules (silence, extreme gain)")
    print(f"{outcome.computed} items computed, {outcome.failed} failed; results in {outcome.folder}")


def _cell(entry: dict[str, Any]) -> str:
    if entry["value"] is None:
        return "-"
    of = f" (n {entry['n']} of {entry['n'] + entry['n_undefined']})" if entry["n_undefined"] else ""
    return f"{entry['value']:.2f}{of}"
