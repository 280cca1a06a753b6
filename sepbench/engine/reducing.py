"""Metrics of a set are reduced in a process of their own, whose numeric libraries use one thread.

Sums over many threads are grouped by their number, so a value would depend on the machine's cores; and the hundreds of
small decompositions of a bootstrap are ten times slower with threads than without.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path

from sepbench.engine.local import one_thread_each
from sepbench.engine.stopping import SIGNALS
from sepbench.errors import RunFolderError, SepbenchError
from sepbench.results.set_entries import Reduced, Reducing, Task, reduce_here


@contextmanager
def reducing_apart(folder: Path) -> Iterator[Reducing]:
    """Who reduces the statistics of a folder; the process is started when it is first needed."""
    apart = _Apart()
    try:
        yield Reducing(folder, apart.carry_out)
    finally:
        apart.close()


class _Apart:
    """A process that reduces sets, one after the other."""

    def __init__(self) -> None:
        self._hired: tuple[SpawnProcess, connection.Connection] | None = None

    def carry_out(self, task: Task) -> Reduced:
        """Have a set reduced.

        Raises:
            MissingData, InvalidRecord: an array is not there, or damaged.
            RunFolderError: the process died.
        """
        if self._hired is None:
            self._hired = _hire()
        process, line = self._hired
        try:
            line.send(task)
            found: Reduced | SepbenchError = line.recv()
        except (EOFError, ConnectionError) as error:
            process.join()
            raise RunFolderError(
                "the process that reduces metrics of a set died",
                given=f"exit code {process.exitcode}",
                wanted="enough memory for the vectors of all items",
                remedy="run the same command again when there is more; every finished item is kept",
            ) from error
        if isinstance(found, SepbenchError):
            raise found
        return found

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._hired is not None:
            process, line = self._hired
            line.close()
            process.kill()
            process.join()


def _hire() -> tuple[SpawnProcess, connection.Connection]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with one_thread_each():
        process.start()
    theirs.close()
    return process, ours


def _serve(line: connection.Connection) -> None:
    """Sets in, values out, until the parent is gone."""
    for number in SIGNALS:  # a terminal's ctrl-C reaches every process; the parent decides
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            task = line.recv()
        except EOFError:
            return
        try:
            line.send(reduce_here(task))
        except SepbenchError as error:
            line.send(error)
