"""The local engine: units of work in spawned processes, rows as they come.

Always at least one process of its own, with one thread each for numeric libraries: sums over many threads are grouped
by their number, so a result would depend on the machine's cores and on the number of workers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess

from sepbench.engine.pipeline import DEPTH, Pipeline
from sepbench.engine.session import Session, Unit
from sepbench.engine.setup import Setup
from sepbench.engine.stopping import SIGNALS, StopRequest
from sepbench.errors import RunFolderError
from sepbench.results.rows import Row
from sepbench.worker_process import THREAD_VARIABLES

PATIENCE_SECONDS = 20.0
SWITCH_SECONDS = 0.0005
"""How long a thread may keep Python to itself: with the usual 5 ms, an answer would wait for the scoring of another."""

KEPT_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
    "MALLOC_ARENA_MAX": "1",
}
"""glibc gives every freed block over 128 KiB, as all signals are, back to the system and then takes new pages for the
next: a quarter of a worker's wall time. The first number is the largest that it accepts. One heap for all threads,
since what one of them freed is of no use to the others otherwise."""
UNITS_BETWEEN_TRIMS = 32
"""A heap that keeps what was freed is ever more broken up, so that it would grow with the number of items."""


@dataclass
class _Hand:
    """A worker process, the line to it, and how many units it has."""

    process: SpawnProcess
    line: connection.Connection
    under_way: int = 0


def run_local(units: Sequence[Unit], setup: Setup, workers: int, stop: StopRequest) -> Generator[list[Row]]:
    """Do the units; yields each one's rows when it is done, in any order.

    A few units per worker are under way at a time, so memory does not grow with their number. After a stop request no
    further unit is begun.

    Raises:
        RunFolderError: a worker process died (killed, out of memory); what was yielded before stands.
    """
    with one_thread_each():
        hands = [_hire(setup) for _ in range(min(workers, len(units)))]
    waiting = iter(units)
    try:
        for _ in range(DEPTH):  # in rounds, so that few units are spread over all
            for hand in hands:
                _hand_over(hand, waiting, stop)
        while any(hand.under_way for hand in hands):
            ready = connection.wait([hand.line for hand in hands if hand.under_way])
            for hand in (hand for hand in hands if hand.line in ready):
                yield _receive(hand)
                _hand_over(hand, waiting, stop)
    finally:
        for hand in hands:
            _dismiss(hand)


def _hire(setup: Setup) -> _Hand:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, setup), daemon=False)
    process.start()
    theirs.close()
    return _Hand(process, ours)


def _hand_over(hand: _Hand, waiting: Iterator[Unit], stop: StopRequest) -> None:
    if not stop and (unit := next(waiting, None)) is not None:
        with contextlib.suppress(BrokenPipeError):  # it died: reading from it will say so
            hand.line.send(unit)
        hand.under_way += 1


def _receive(hand: _Hand) -> list[Row]:
    try:
        rows: list[Row] | BaseException = hand.line.recv()
    except (EOFError, ConnectionResetError) as error:
        hand.process.join(PATIENCE_SECONDS)
        raise RunFolderError(
            "a worker process died",
            given=f"exit code {hand.process.exitcode}",
            wanted="enough memory for the models and workers",
            remedy="run the same command again, with fewer --workers if memory was short; finished items are kept",
        ) from error
    hand.under_way -= 1
    if isinstance(rows, BaseException):
        raise rows
    return rows


def _dismiss(hand: _Hand) -> None:
    """Let the process stop its separators and end; one that does not is killed."""
    with contextlib.suppress(OSError):
        hand.line.send(None)
    hand.process.join(PATIENCE_SECONDS if not hand.under_way else 0)
    if hand.process.is_alive():
        hand.process.kill()
        hand.process.join()
    hand.line.close()


def _serve(line: connection.Connection, setup: Setup) -> None:
    """A worker process's life: units in, rows out, until told to end or until the parent is gone."""
    for number in SIGNALS:  # a terminal's ctrl-C reaches every process; the parent lets units finish
        signal.signal(number, signal.SIG_IGN)
    for name in KEPT_MEMORY:  # read when this process began; separators' processes are to give their memory back
        os.environ.pop(name, None)
    sys.setswitchinterval(SWITCH_SECONDS)
    session = Session(setup)
    pipeline = Pipeline(session)
    try:
        for count, unit in enumerate(iter(line.recv, None), start=1):
            pipeline.submit(unit).add_done_callback(partial(_send, line))
            if count % UNITS_BETWEEN_TRIMS == 0:
                trim_heap()
    except EOFError:
        os._exit(1)  # the parent was killed: nobody waits for what is under way
    pipeline.close()
    session.close()


def trim_heap() -> None:
    """Give freed pages back to the system, where the C library is one that can: glibc."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _send(line: connection.Connection, done: Future[list[Row]]) -> None:
    error = done.exception()
    line.send(done.result() if error is None else error)


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Numeric libraries of processes started inside use one thread, and their freed memory stays theirs."""
    wanted = dict.fromkeys(THREAD_VARIABLES, "1") | KEPT_MEMORY
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
