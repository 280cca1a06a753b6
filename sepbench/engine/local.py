"""The local engine: jobs in spawned processes, rows as they come.

Always at least one process of its own, with one thread each: sums over many threads are grouped by their number, so a
result would depend on the machine's cores and on the number of workers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

from sepbench.engine.plan import Job
from sepbench.engine.session import Session, Setup
from sepbench.engine.stopping import SIGNALS, StopRequest
from sepbench.errors import RunFolderError
from sepbench.results.rows import Row

IN_FLIGHT_PER_WORKER = 2
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_session: Session | None = None  # one per worker process, made by its initializer


def run_local(jobs: Sequence[Job], setup: Setup, workers: int, stop: StopRequest) -> Iterator[list[Row]]:
    """Do the jobs; yields each one's rows when it is done, in any order.

    At most two jobs per worker are under way, so memory does not grow with the number of jobs. After a stop request no
    further job is begun.

    Raises:
        RunFolderError: a worker process died (killed, out of memory); what was yielded before stands.
    """
    with one_thread_each():
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(setup,))
        try:
            yield from _results(pool, jobs, workers * IN_FLIGHT_PER_WORKER, stop)
        except BrokenProcessPool as error:
            raise RunFolderError(
                "a worker process died",
                given=str(error),
                wanted="enough memory for the models and workers",
                remedy="run the same command again, with fewer --workers if memory was short; finished items are kept",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _results(pool: ProcessPoolExecutor, jobs: Sequence[Job], in_flight: int, stop: StopRequest) -> Iterator[list[Row]]:
    waiting = iter(jobs)
    running: set[Future[list[Row]]] = set()
    while True:
        while not stop and len(running) < in_flight and (job := next(waiting, None)) is not None:
            running.add(pool.submit(_work, job))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


def _start(setup: Setup) -> None:
    global _session
    for number in SIGNALS:  # a terminal's ctrl-C reaches every process; the parent lets jobs finish
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _session = Session(setup)


def _die_with_parent() -> None:
    """A pool's worker holds both ends of its queue and would wait for ever after its parent was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(job: Job) -> list[Row]:
    if _session is None:
        raise RuntimeError("worker was not started")
    return _session.work(job)


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Numeric libraries of processes started inside use one thread."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
