"""Options that several commands share, with one meaning and one help text each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepbench.errors import SepbenchError

Suite = Annotated[str, typer.Option("--suite", help="Name of a suite, or a path to its .toml.")]
Metrics = Annotated[str, typer.Option("--metrics", help="Metrics in place of the suite's, by comma.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N items; marks the run partial.")]
Out = Annotated[
    Path | None, typer.Option("--out", help="Run folder. [default: results/runs/SUITE]", show_default=False)
]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes that separate and score.")]
OnMissing = Annotated[str, typer.Option("--on-missing", help="When clips are not here: fail, or skip their items.")]
KeepAudio = Annotated[str, typer.Option("--keep-audio", help="Estimates to keep: none, failed, sample:N or all.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over instead of going on where the folder stopped.")]
MaxFailures = Annotated[int, typer.Option("--max-failures", min=0, help="Failed items allowed before exit code 3.")]
AllowPartial = Annotated[bool, typer.Option("--allow-partial", help="Take runs that left items out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]
Manifests = Annotated[
    list[Path],
    typer.Option("--manifests", exists=True, file_okay=False, help="Another folder of suites and manifests."),
]
Adapters = Annotated[
    list[Path], typer.Option("--adapters", exists=True, file_okay=False, help="Another folder of adapters.")
]


def names(text: str) -> list[str]:
    """Names given by comma, blanks around them dropped.

    >>> names("mixture, oracle-irm,")
    ['mixture', 'oracle-irm']
    """
    return [name for part in text.split(",") if (name := part.strip())]


def one_of(option: str, value: str, allowed: tuple[str, ...]) -> str:
    """The value, if it is allowed."""
    if value not in allowed:
        raise SepbenchError(f"option {option}", given=value, wanted=" or ".join(allowed), remedy="use one of them")
    return value
