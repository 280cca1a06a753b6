"""Progress of long work on files: a bar on a terminal, some plain lines elsewhere, both on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[str, int, int | None], None]
PLAIN_STEPS = 4
PLAIN_LENGTH = 1 << 30
"""Without a known total, a line for so many."""


@contextmanager
def transfer_shown(*, in_bytes: bool) -> Iterator[Show]:
    """A function to call with what is being done, how much is done, and of how much if that is known.

    Args:
        in_bytes: whether the amounts are bytes; else they are plain counts.
    """
    if not sys.stderr.isatty():
        yield _plain_lines(in_bytes)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    amount = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        known: dict[str, int] = {}

        def show(what: str, done: int, total: int | None) -> None:
            """Move the bar of what is being done, a new one if it is the first time."""
            if what not in known:
                known[what] = int(bars.add_task(what, total=total))
            bars.update(bars.task_ids[known[what]], completed=done, total=total)

        yield show


def _plain_lines(in_bytes: bool) -> Show:
    shown: dict[str, int] = {}

    def show(what: str, done: int, total: int | None) -> None:
        """A line at the start, and for every quarter."""
        step = done * PLAIN_STEPS // total if total else done // PLAIN_LENGTH
        if what in shown and step <= shown[what]:
            return
        shown[what] = step
        unit = " bytes" if in_bytes else ""
        of = f" of {total}" if total is not None else ""
        print(f"{what}: {done}{of}{unit}", file=sys.stderr, flush=True)

    return show
