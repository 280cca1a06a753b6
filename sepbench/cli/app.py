"""The ``sepbench`` program: its commands, and how errors leave it.

Exit codes: 0 fine; 1 a gate found a regression; 2 usage, configuration, or nothing comparable; 3 more items failed than
``--max-failures`` allows; 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sepbench import __version__
from sepbench.cli import (
    baseline_command,
    check_command,
    compare_command,
    correlate_command,
    data_command,
    doctor_command,
    environment_command,
    gate_command,
    list_command,
    manifest_command,
    profile_command,
    report_command,
    reproduce_command,
    run_command,
    score_command,
    submit_command,
    weights_command,
)
from sepbench.errors import SepbenchError

USAGE_ERROR = 2
DEBUG = "--debug"

app = typer.Typer(
    name="sepbench",
    help="Compare sound separators that are told in words what to extract or remove.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run_command.run)
app.command("score")(score_command.score)
app.command("report")(report_command.report)
app.command("compare")(compare_command.compare)
app.command("gate")(gate_command.gate)
app.command("reproduce")(reproduce_command.reproduce)
app.command("correlate")(correlate_command.correlate)
app.command("doctor")(doctor_command.doctor)
app.command("list")(list_command.list_)
app.command("check")(check_command.check)
app.command("profile")(profile_command.profile)
app.add_typer(baseline_command.app, name="baseline")
app.add_typer(submit_command.app, name="submit")
app.add_typer(manifest_command.app, name="manifest")
app.add_typer(data_command.app, name="data")
app.add_typer(weights_command.app, name="weights")
app.add_typer(environment_command.app, name="environment")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"sepbench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the traceback of an error; allowed anywhere.")] = False,
) -> None:
    """Options of every command; both are acted on before it runs."""


def main() -> None:
    """Run the program; an error a user can solve becomes two lines on stderr and no traceback."""
    debug = DEBUG in sys.argv
    try:
        app(args=[word for word in sys.argv[1:] if word != DEBUG])
    except SepbenchError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        if error.remedy:
            print(f"  try: {error.remedy}", file=sys.stderr)
        sys.exit(USAGE_ERROR)
