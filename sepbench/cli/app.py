"""The ``sepbench`` program: its commands, and how errors leave it.

Exit codes: 0 fine; 1 a gate found a regression; 2 usage, configuration, or nothing comparable; 3 more items failed than
``--max-failures`` allows; 130 interrupted; 141 what read the output has left.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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
READER_LEFT = 141
"""As a shell has it of a program that SIGPIPE ends."""
DEBUG = "--debug"


class _Program(TyperGroup):
    """All commands. typer ends with 1 where the output's reader has left, and 1 is to mean a regression only."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command and write out what it printed."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in (sys.stdout, sys.stderr):  # the interpreter writes out their rest at its end
                os.dup2(nowhere, stream.fileno())
            raise typer.Exit(READER_LEFT) from None


app = typer.Typer(
    name="sepbench",
    cls=_Program,
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal has an arrow
    debug = DEBUG in sys.argv
    try:
        app(args=[word for word in sys.argv[1:] if word != DEBUG])
    except SepbenchError as error:
        if debug:
            raise
        _end(error)
    except OSError as error:
        if debug:
            raise
        remedy = "check the path, its rights and the free space; --debug shows where it happened"
        _end(SepbenchError("the system refused", given=str(error), remedy=remedy))


def _end(error: SepbenchError) -> None:
    print(f"error: {error}", file=sys.stderr)
    if error.remedy:
        print(f"  try: {error.remedy}", file=sys.stderr)
    sys.exit(USAGE_ERROR)
