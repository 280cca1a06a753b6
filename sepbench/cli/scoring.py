"""The part that ``run`` and ``score`` share: do it, show it, choose the exit code."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from sepbench.cli.output import fitting, print_json, print_table, progress_shown
from sepbench.engine.config import RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.errors import MissingData
from sepbench.metrics.metric import Metric
from sepbench.results.run_folder import RUN
from sepbench.separators.weight_files import require_weights

TOO_MANY_FAILED = 3
SIGNALLED = 128
"""Added to a signal's number: the shell's convention for a program ended by it."""


def carry_out(config: RunConfig, *, max_failures: int, as_json: bool) -> None:
    """Run, print the summary, and exit by what came of it."""
    _say_unavailable(config.metrics)
    outcome = _run_shown(config)
    if as_json:
        print_json(outcome.summary)
    else:
        _print_summary(outcome)
    if outcome.unsynced:
        print(f"error: not synced: {outcome.unsynced}", file=sys.stderr)
        print("  try: the same command again, it computes nothing twice and pushes what is missing", file=sys.stderr)
    _exit_if_stopped(outcome)
    exit_if_too_many(outcome.failed, max_failures, f"{outcome.folder}/rows.jsonl")


def completed(config: RunConfig) -> Outcome:
    """What a run came to that went to its end; a signal ends the program."""
    outcome = _run_shown(config)
    _exit_if_stopped(outcome)
    return outcome


def exit_if_too_many(failed: int, max_failures: int, rows: str) -> None:
    """Exit by the number of failed items; their errors stand in `rows`."""
    if failed > max_failures:
        print(f"error: {failed} items failed; --max-failures allows {max_failures}", file=sys.stderr)
        print(f"  try: read the errors in {rows}", file=sys.stderr)
        raise typer.Exit(TOO_MANY_FAILED)


def _run_shown(config: RunConfig) -> Outcome:
    _look_for_weights(config)
    try:
        with progress_shown() as show:
            return run(config, show)
    except KeyboardInterrupt:
        _say_interrupted(config.out)
        raise typer.Exit(SIGNALLED + signal.SIGINT) from None


def _exit_if_stopped(outcome: Outcome) -> None:
    if outcome.stopped is not None:
        _say_interrupted(outcome.folder)
        raise typer.Exit(SIGNALLED + outcome.stopped)


def _say_unavailable(metrics: Sequence[Metric]) -> None:
    """Once for each embedder that cannot work here, before its metrics say so in every row."""
    from sepbench.embeddings.registry import wanting

    for embedder in dict.fromkeys(metric.embedder for metric in metrics if metric.embedder):
        if (lack := wanting(embedder)) is not None:
            names = ", ".join(metric.name for metric in metrics if metric.embedder == embedder)
            print(f"unavailable: {names}: {lack}", file=sys.stderr)
            print(f"  try: {lack.remedy}", file=sys.stderr)


def _look_for_weights(config: RunConfig) -> None:
    """A run that begins is refused where a model's weights are missing; one that goes on may have its estimates."""
    begins = config.fresh or not (config.out / RUN).is_file()
    for model in config.models:
        try:
            require_weights(model)
        except MissingData as missing:
            if begins:
                raise
            print(f"unavailable: {model.name}: {missing}", file=sys.stderr)
            print(f"  try: {missing.remedy}", file=sys.stderr)


def _say_interrupted(folder: Path) -> None:
    print(f"interrupted; finished items are kept in {folder}", file=sys.stderr)
    print("  try: the same command again, it goes on where it stopped", file=sys.stderr)


def _print_summary(outcome: Outcome) -> None:
    suite, models = outcome.summary["suite"], outcome.summary["models"]
    own = [name for name in suite["metric_order"] if "@" not in name] or suite["metric_order"]
    arrows = {name: {"higher": "↑", "lower": "↓"}.get(suite["metrics"][name]["better"], "") for name in own}
    rows = [
        [_marked(name, model), *(_cell(model["metrics"][metric]) for metric in own)] for name, model in models.items()
    ]
    columns = ["model", *(f"{name} {arrows[name]}" for name in own)]
    shown = fitting(columns, rows, shutil.get_terminal_size().columns) if sys.stdout.isatty() else len(columns)
    title = f"{suite['title']} ({suite['name']}, {suite['scored_items']} of {suite['items']} items)"
    print_table(title, columns[:shown], [row[:shown] for row in rows])
    if more := len(suite["metric_order"]) + 1 - shown:
        print(f"{more} more metrics in {outcome.folder}/summary.json and on the page of sepbench report")
    if suite["limit"] is not None:
        print(f"partial: --limit {suite['limit']}")
    if suite["unfinished_items"]:
        print(f"partial: {suite['unfinished_items']} items are still to do")
    if suite["missing_items"]:
        print(f"coverage: {suite['missing_items']} items lack clips on this machine")
    for unbuilt in suite["unbuilt"]:
        print(f"not built: list {unbuilt['list']}, {unbuilt['mixtures'] or 'some'} mixtures: {unbuilt['reason']}")
    for name, model in models.items():
        if model["not_applicable"]:
            print(f"not applicable: {name} to {model['not_applicable']} items, which ask for no stem it knows")
    if suite["refused_items"]:
        print(f"refused: {suite['refused_items']} items whose mixtures break the drawing rules (silence, extreme gain)")
    print(f"{outcome.computed} items computed, {outcome.failed} failed; results in {outcome.folder}")


def _marked(name: str, model: dict[str, Any]) -> str:
    return f"{name} (untrained)" if "untrained" in model["flags"] else name


def _cell(entry: dict[str, Any]) -> str:
    if entry["value"] is None:
        return "-"
    of = f" (n {entry['n']} of {entry['n'] + entry['n_undefined']})" if entry["n_undefined"] else ""
    return f"{entry['value']:.2f}{of}"
