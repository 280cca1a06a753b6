"""``sepbench weights``: which files of weights are wanted, which are here, and how they come here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepbench.cli import options

if TYPE_CHECKING:
    from sepbench.cli.weights_catalogue import Found, Wanted
    from sepbench.separators.weight_files import Needed

INTERRUPTED = 130
MEGA = 1e6
COLUMNS = ("weights", "file", "MB", "licence", "here", "read by")

app = typer.Typer(help="See which weights are here, fetch them, verify them.", no_args_is_help=True)
Names = Annotated[
    list[str], typer.Argument(metavar="[NAME]...", help="Names of weights, embedders or adapters; none means all.")
]


@app.command("list")
def list_(
    names: Names = [],  # noqa: B006 - typer's way of an empty default; never changed
    adapters: options.Adapters = [],  # noqa: B006
    json: options.Json = False,
) -> None:
    """Show every file of weights: who reads it, under which licence, and where it is."""
    from sepbench.cli.weights_catalogue import looked_up, wanted_weights

    _show([looked_up(wanted) for wanted in wanted_weights(names, adapters)], as_json=json)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of weights, embedders or adapters.")],
    adapters: options.Adapters = [],  # noqa: B006
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a download.")] = False,
) -> None:
    """Download and check; the same command goes on where it stopped. Files go to SEPBENCH_WEIGHTS, or to the cache."""
    from sepbench.cli.transfer_view import transfer_shown
    from sepbench.cli.weights_catalogue import looked_up, wanted_weights
    from sepbench.weights import fetch as fetch_weight

    chosen = wanted_weights(names, adapters)
    absent = [wanted for wanted in chosen if looked_up(wanted).path is None]
    if absent and not yes and sys.stdin.isatty() and not typer.confirm(_question(absent)):
        raise typer.Exit(1)
    for wanted in chosen:
        try:
            with transfer_shown(in_bytes=True) as show:
                path = fetch_weight(wanted.weight, show)
        except KeyboardInterrupt:
            print(f"interrupted; what has arrived of {wanted.weight.file} is kept", file=sys.stderr)
            print("  try: the same command again, it goes on where it stopped", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        print(f"{'fetched' if wanted in absent else 'here already:'} {path}")
        if wanted.conversion is not None:
            print(f"  next: sepbench weights convert {wanted.weight.name}")


def _question(absent: Sequence[Wanted]) -> str:
    known = sum(wanted.weight.bytes or 0 for wanted in absent) / MEGA
    unknown = sum(wanted.weight.bytes is None for wanted in absent)
    size = f"{known:.0f} MB" + (f" and {unknown} files of unknown length" if unknown else "")
    licences = "; ".join(sorted({wanted.weight.licence for wanted in absent}))
    return f"Licence: {licences}. Download: {len(absent)} files, {size}. Go on?"


@app.command()
def convert(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of weights or of an adapter.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="The published file, where you have it elsewhere.", show_default=False),
    ] = None,
    adapters: options.Adapters = [],  # noqa: B006
) -> None:
    """Check a published checkpoint and keep what is read of it as safetensors, once."""
    from sepbench.separators.weight_files import convert as convert_file
    from sepbench.separators.weight_files import converted

    needed = _convertible(name, adapters)
    if (path := converted(needed, source)) is not None:
        print(f"here already: {path}")
        return
    path = convert_file(needed, source)
    print(f"converted {path}")


def _convertible(name: str, adapters: Sequence[Path]) -> Needed:
    """The one file of that name that is read converted.

    Raises:
        SepbenchError: there is none.
    """
    from sepbench.cli.weights_catalogue import wanted_weights
    from sepbench.errors import SepbenchError
    from sepbench.separators.weight_files import Needed

    found = [wanted for wanted in wanted_weights([name], adapters) if wanted.conversion is not None]
    if len(found) != 1:
        raise SepbenchError(
            "nothing to convert" if not found else "several files to convert",
            given=name,
            wanted="the name of one file that is read converted",
            remedy="sepbench weights list shows the names" if found else "it is read as it is",
        )
    return Needed(found[0].weight, found[0].conversion)


@app.command()
def verify(
    names: Names = [],  # noqa: B006
    adapters: options.Adapters = [],  # noqa: B006
    json: options.Json = False,
) -> None:
    """Compare what is here with what was published; exit code 2 when a file that is here is another one."""
    from sepbench.cli.weights_catalogue import verified, wanted_weights
    from sepbench.errors import SepbenchError

    checked = [verified(wanted) for wanted in wanted_weights(names, adapters)]
    _show(checked, as_json=json)
    if wrong := [found for found in checked if found.problem]:
        raise SepbenchError(
            f"not the published file: {', '.join(found.file for found in wrong)}",
            remedy=f"delete it and run: sepbench weights fetch {wrong[0].name}",
        )


def _show(files: Sequence[Found], *, as_json: bool) -> None:
    from sepbench.cli.output import print_json, print_table

    if as_json:
        print_json([vars(found) for found in files])
        return
    print_table("weights", COLUMNS, [_cells(found) for found in files])
    for found in files:
        if found.problem:
            print(f"wrong: {found.problem}")


def _cells(found: Found) -> list[str]:
    size = "-" if found.bytes is None else f"{found.bytes / MEGA:.0f}"
    here = f"converted: {found.converted}" if found.converted else found.path or "no"
    return [found.name, found.file, size, found.licence, here, ", ".join(found.by)]
