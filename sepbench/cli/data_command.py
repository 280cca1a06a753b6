"""``sepbench data``: which corpora are here, how to get them, whether they are whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepbench.cli import leaks_command, options

if TYPE_CHECKING:
    from sepbench.corpora.checking import State
    from sepbench.corpora.fetching.plan import FetchPlan

INTERRUPTED = 130
GIGA = 1e9
STATE_COLUMNS = ("corpus", "looked for in", "clips", "with audio", "licence")
SUITE_COLUMNS = ("suite", "items", "buildable here", "lists a run builds", "corpora")

app = typer.Typer(help="See which corpora are here, fetch them, verify them.", no_args_is_help=True)
Corpora = Annotated[list[str], typer.Argument(metavar="[CORPUS]...", help="Names of corpora; none means all.")]

app.command("leaks")(leaks_command.leaks)


@app.command()
def status(
    corpora: Corpora = [],  # noqa: B006 - typer's way of an empty default; never changed
    manifests: options.Manifests = [],  # noqa: B006
    json: options.Json = False,
) -> None:
    """Show where each corpus is looked for, how much of it is here, and which suites that is enough for."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.cli.suite_coverage import suites_covered
    from sepbench.corpora.checking import state
    from sepbench.corpora.corpus import corpus_names

    states = [state(name) for name in corpora or corpus_names()]
    suites = suites_covered(manifests, using=corpora)
    if json:
        print_json({"corpora": [vars(one) for one in states], "suites": [vars(one) for one in suites]})
        return
    print_table("corpora", STATE_COLUMNS, [_state_cells(one) for one in states])
    cells = [(s.name, str(s.items), str(s.buildable), ", ".join(s.to_build), ", ".join(s.corpora)) for s in suites]
    print_table("suites", SUITE_COLUMNS, cells)
    for one in states:
        if one.next:
            print(f"{one.name}: {_missing(one)}; next: {one.next}")


def _state_cells(state: State) -> list[str]:
    folder = state.folder or ("needs no folder" if state.found else f"{state.variable} is not set")
    note = " (no such folder)" if state.folder and not state.found else ""
    return [state.name, folder + note, "-" if state.clips is None else str(state.clips), str(state.here), state.licence]


def _missing(state: State) -> str:
    if not state.found:
        return "not here"
    return state.problem or f"{(state.clips or 0) - state.here} clips have no audio here"


@app.command()
def fetch(
    corpora: Annotated[list[str], typer.Argument(metavar="CORPUS...", help="Names of corpora.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="The corpus's folder; else SEPBENCH_DATA_<CORPUS> or SEPBENCH_DATA says where."),
    ] = None,
    keep_archives: Annotated[bool, typer.Option("--keep-archives", help="Keep archives once unpacked.")] = False,
    only: Annotated[str, typer.Option("--only", help="Only files or archives of this name; * and ? allowed.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a download.")] = False,
) -> None:
    """Download, check and unpack what is published; the same command goes on where it stopped."""
    from sepbench.errors import SepbenchError

    if to is not None and len(corpora) > 1:
        raise SepbenchError("option --to", given=f"{len(corpora)} corpora", wanted="one", remedy="fetch one at a time")
    for name in corpora:
        try:
            _fetch(name, to, only=only, keep_archives=keep_archives, ask=not yes and sys.stdin.isatty())
        except KeyboardInterrupt:
            print(f"interrupted; what has arrived of {name} is kept", file=sys.stderr)
            print("  try: the same command again, it goes on where it stopped", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None


def _fetch(name: str, to: Path | None, *, only: str, keep_archives: bool, ask: bool) -> None:
    from sepbench.cli.transfer_view import transfer_shown
    from sepbench.corpora.corpus import about, corpus_variable, expected_root
    from sepbench.corpora.fetching.fetch import carry_out
    from sepbench.corpora.fetching.plan import plan_fetch
    from sepbench.errors import SepbenchError

    facts = about(name)
    if not facts.remote:
        if not facts.instructions:
            print(f"{name} has no files: it is made when it is asked for")
            return
        print(facts.instructions)
        raise SepbenchError(f"{name} has nothing that may be downloaded", remedy="follow the instructions above")
    root = to or expected_root(name)
    if root is None:
        raise SepbenchError(
            f"nowhere to put {name}",
            given=f"no --to, no {corpus_variable(name)}, no SEPBENCH_DATA",
            remedy=f"sepbench data fetch {name} --to FOLDER, or set SEPBENCH_DATA to a folder for all corpora",
        )
    with transfer_shown(in_bytes=True) as show:
        plan = plan_fetch(facts, root, only=only, keep_archives=keep_archives, report=show)
    for done in plan.done:
        print(f"{done}: here already")
    if plan.tasks and ask and not typer.confirm(_question(plan, facts.licence)):
        raise typer.Exit(1)
    with transfer_shown(in_bytes=True) as show:
        lines = carry_out(plan, keep_archives=keep_archives, report=show)
    for line in lines:
        print(line)
    if facts.instructions:
        print(f"not downloaded: {facts.instructions}")
    if expected_root(name) != root:
        print(f"now set {corpus_variable(name)}={root.absolute()}")


def _question(plan: FetchPlan, licence: str) -> str:
    files = sum(len(task.downloads) for task in plan.tasks)
    unknown = sum(download.bytes is None for task in plan.tasks for download in task.downloads)
    size = f"{plan.download_bytes / GIGA:.2f} GB" + (f" and {unknown} files of unknown length" if unknown else "")
    return f"Licence: {licence}. Download: {files} files, {size}, into {plan.root}. Go on?"


@app.command()
def verify(
    corpora: Corpora = [],  # noqa: B006
    deep: Annotated[bool, typer.Option("--deep", help="Also read every unpacked file and decode every clip.")] = False,
    json: options.Json = False,
) -> None:
    """Compare what is here with what was published; exit code 2 when a file that is here is wrong."""
    from sepbench.cli.output import print_json, print_table
    from sepbench.cli.transfer_view import transfer_shown
    from sepbench.corpora.checking import verify as verify_corpus
    from sepbench.corpora.corpus import corpus_names
    from sepbench.errors import SepbenchError

    with transfer_shown(in_bytes=False) as show:
        checks = [verify_corpus(name, deep=deep, report=show) for name in corpora or corpus_names()]
    if json:
        print_json([vars(check) for check in checks])
    else:
        columns = ("corpus", "here", "clips", "with audio", "missing", "files compared", "clips read", "wrong")
        numbers = [(c.clips, c.here, c.missing, c.compared, c.opened, len(c.wrong)) for c in checks]
        rows = [[c.name, "yes" if c.found else "no", *map(str, n)] for c, n in zip(checks, numbers, strict=True)]
        print_table("corpora", columns, rows)
        for check in checks:
            if check.missing:
                more = ", ..." if check.missing > len(check.missing_first) else ""
                print(f"{check.name} misses {', '.join(check.missing_first)}{more}")
            for line in check.wrong:
                print(f"wrong: {line}")
    if wrong := sum(len(check.wrong) for check in checks):
        raise SepbenchError(
            "1 file is not as it should be" if wrong == 1 else f"{wrong} files are not as they should be",
            remedy="delete what is named above, then run sepbench data fetch for its corpus",
        )
