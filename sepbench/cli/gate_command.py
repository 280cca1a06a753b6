"""``sepbench gate``: fail where a run is worse than its baseline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepbench.cli import options

if TYPE_CHECKING:
    from sepbench.gate.judging import Limits
    from sepbench.gate.verdict import Verdict

SHOWN_ITEMS = 5


def gate(
    run: Annotated[Path, typer.Argument(help="Run folder.", show_default=False)],
    baseline: Annotated[
        Path, typer.Option("--baseline", help="File of sepbench baseline update, or another run folder.")
    ],
    tolerance: Annotated[
        str, typer.Option("--tolerance", help="METRIC=AMOUNT by comma, in the metric's unit; macs and parameters too.")
    ] = "",
    exact: Annotated[bool, typer.Option("--exact", help="Fail on any change of any value of any item.")] = False,
    models: Annotated[str, typer.Option("--models", help="Models to gate, by comma. [default: the baseline's]")] = "",
    allow_partial: options.AllowPartial = False,
    allow_lost: Annotated[
        int, typer.Option("--allow-lost", min=0, help="Items that may lose their value, by failing or falling silent.")
    ] = 0,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML there.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write a Markdown summary there.")] = None,
    github: Annotated[bool, typer.Option("--github", help="Print GitHub's annotations.")] = False,
    json: options.Json = False,
) -> None:
    """Exit with 1 where a metric fell beyond its tolerance and beyond chance, with 2 where nothing is comparable."""
    from sepbench.cli.output import print_json
    from sepbench.gate.judging import Limits
    from sepbench.gate.tolerance import parse_tolerances
    from sepbench.report import verdicts

    limits = Limits(parse_tolerances(tolerance), exact, tuple(options.names(models)), allow_partial, allow_lost)
    verdict = _judged(run, baseline, limits)
    _write(junit, verdicts.junit_xml, verdict)
    _write(markdown, verdicts.markdown, verdict)
    if json:
        print_json(verdict.to_json())
    else:
        _show(verdict)
    for line in verdicts.github_annotations(verdict) if github else ():
        print(line, file=sys.stderr if json else sys.stdout)
    raise typer.Exit(verdict.exit_code)


def _judged(run: Path, baseline: Path, limits: Limits) -> Verdict:
    """Two folders have all that items gave to metrics of a set; a baseline's file has their numbers."""
    from functools import partial

    from sepbench.engine.reducing import reducing_apart
    from sepbench.gate.judging import judge
    from sepbench.gate.sets import Giving, Sets
    from sepbench.results.answers import answers_of, with_sounds
    from sepbench.results.baselines import read_baseline
    from sepbench.results.contributions import given_in_answers, given_in_run
    from sepbench.results.run_folder import load_run

    new = load_run(run)
    after = answers_of(new)
    giving: Giving
    if baseline.is_dir():
        old = load_run(baseline)
        before = answers_of(old)
        giving = partial(given_in_run, old, before)
        before = with_sounds(before, baseline) if limits.exact else before
    else:
        before = read_baseline(baseline)
        giving = partial(given_in_answers, before)
    with reducing_apart(Path()) as reducing:
        sets = Sets(giving, partial(given_in_run, new, after), reducing.carry_out)
        return judge(before, with_sounds(after, run) if limits.exact else after, limits, sets)


def _write(path: Path | None, form: Callable[[Verdict], str], verdict: Verdict) -> None:
    from sepbench.errors import SepbenchError
    from sepbench.paths import write_whole

    if path is None:
        return
    try:
        if path.exists() and not path.is_file():  # a device would be replaced by a file
            raise OSError(0, "not a file")
        write_whole(path, form(verdict))
    except OSError as error:
        raise SepbenchError(
            "the verdict cannot be written", given=f"{path}: {error.strerror}", remedy="choose another file"
        ) from error


def _show(verdict: Verdict) -> None:
    from sepbench.cli.output import print_table
    from sepbench.errors import on_one_line
    from sepbench.report.verdicts import check_cells, moved_cells

    columns = ("outcome", "model", "check", "change", "interval", "tolerance", "items")
    rows = [[check.outcome, *check_cells(check)[:-1]] for check in verdict.checks]
    print_table(f"gate of {verdict.suite}: {verdict.outcome}", columns, rows)
    for check in verdict.checks:
        print(on_one_line(f"{check.outcome}: {check.model}, {check.name}: {check.why}"))
        for moved in check.moved[:SHOWN_ITEMS] if check.outcome == "failed" else ():
            item, metric, before, after = moved_cells(moved)
            print(on_one_line(f"  {item} {metric}: {before} before, {after} now"))
    for note in verdict.notes:
        print(on_one_line(f"note: {note}"))
