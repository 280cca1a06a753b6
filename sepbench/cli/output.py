"""What commands print: tables for people, JSON for programs, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sepbench.engine.run import Progress

PLAIN_STEPS = 10
CELL_MARGIN = 3


def print_json(content: Any) -> None:
    """Sorted, indented JSON without NaN on stdout; in ASCII, which every stream takes as it is."""
    print(json.dumps(content, indent=1, sort_keys=True, allow_nan=False))


def fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> int:
    """How many columns, from the left, a table of that width can show without breaking words.

    >>> fitting(["model", "si_sdri", "lsd"], [["mixture", "0.00", "1.56"]], width=24)
    2
    """
    used = 0
    for index, column in enumerate(columns):
        used += max(len(column), *(len(row[index]) for row in rows)) + CELL_MARGIN
        if used > width:
            return max(2, index)
    return len(columns)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A title and a table on stdout; texts are shown as they are, never read as markup."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # A pipe has no width; rich would fold at 80 columns and break what a program reads.
    console = Console(width=None if sys.stdout.isatty() else 200)
    with console.capture() as drawn:  # printed by ourselves: rich ends the program with 1 where nobody reads
        console.print(Text(title), table, sep="\n")
    print(drawn.get(), end="")


@contextmanager
def progress_shown() -> Iterator[Callable[[Progress], None]]:
    """A function that shows a run's progress: a bar on a terminal, some plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("scoring")
        failed = 0

        def show(progress: Progress) -> None:
            """Move the bar."""
            nonlocal failed
            failed += progress.row.status == "failed"
            words = f"scoring, {failed} failed" if failed else "scoring"
            bar.update(task, completed=progress.done, total=progress.total, description=words)

        yield show


def _plain_lines() -> Callable[[Progress], None]:
    shown = failed = 0

    def show(progress: Progress) -> None:
        """A line for every tenth."""
        nonlocal shown, failed
        failed += progress.row.status == "failed"
        step = progress.done * PLAIN_STEPS // progress.total
        if step > shown:
            shown = step
            print(f"scored {progress.done} of {progress.total}, {failed} failed", file=sys.stderr, flush=True)

    return show
