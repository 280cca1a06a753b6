"""A run's mirror: brought back before the work, pushed beside it by a thread that the rows never wait for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sepbench.engine.config import RunConfig
from sepbench.errors import SepbenchError
from sepbench.results.remote import open_remote
from sepbench.results.rows import Row
from sepbench.results.sync import Mirror, Pulled

BROKEN_OFF = "a push broke off"


class Pushing:
    """Pushes to a mirror from time to time, and once more at the end; without a mirror, does nothing.

    Attributes:
        failure: why the mirror lacks something of the folder; empty where it does not.
    """

    def __init__(self, mirror: Mirror | None, seconds: float) -> None:
        self.failure = ""
        self._mirror = mirror
        self._seconds = seconds
        self._ending = threading.Event()
        self._at_once = False
        self._said = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the folder has its ``run.json`` and rows by now."""
        if self._mirror is not None:
            self.failure = BROKEN_OFF
            self._thread = threading.Thread(target=self._work, args=(self._mirror,), name="push", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Push what is left, and let others use the mirror; not once it was abandoned."""
        if self._at_once:
            return
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        elif self._mirror is not None:
            self._attempt(self._mirror.leave)

    def abandon(self) -> None:
        """Push no more: the mirror stays as it is."""
        self._at_once = True
        self._ending.set()

    def _work(self, mirror: Mirror) -> None:
        while not self._ending.is_set():
            self._attempt(mirror.push)
            self._ending.wait(self._seconds)
        if not self._at_once:
            self._attempt(lambda: _push_and_leave(mirror))

    def _attempt(self, step: Callable[[], None]) -> None:
        self.failure = BROKEN_OFF
        try:
            step()
        except (SepbenchError, OSError) as error:
            self.failure = str(error)
            if not self._said:
                print(f"warning: not synced: {error}; the run goes on, and it is tried again", file=sys.stderr)
                self._said = True
        else:
            self.failure = ""


def _push_and_leave(mirror: Mirror) -> None:
    mirror.push()
    mirror.leave()


@contextmanager
def mirrored(config: RunConfig, stands: Callable[[Row], bool]) -> Iterator[Pushing]:
    """Bring the mirror back if there is one, and push to it until the block ends, also by an error.

    A KeyboardInterrupt ends it at once, without a last push. The caller holds the folder's lock.

    Args:
        stands: whether a row was made by this run's code, settings and metrics.

    Raises:
        MissingExtra: the mirror's driver is not installed.
        RunFolderError: the mirror does not answer, is another suite's, or another process works with it.
    """
    mirror = None if config.sync is None else _brought_back(config, config.sync, stands)
    pushing = Pushing(mirror, config.sync_seconds)
    try:
        yield pushing
    except KeyboardInterrupt:
        pushing.abandon()
        raise
    finally:
        pushing.finish()


def _brought_back(config: RunConfig, sync: str, stands: Callable[[Row], bool]) -> Mirror:
    mirror = Mirror(open_remote(sync), config.out)
    if not config.take_over:
        mirror.check_free()
    if not config.fresh:
        mirror.check_suite(config.suite.suite.name, config.suite.hash)
    mirror.take()
    try:
        if config.fresh:
            mirror.start_over()
        else:
            _say(mirror.pull(stands), mirror.shown)
    except SepbenchError:
        with suppress(SepbenchError):
            mirror.leave()
        raise
    return mirror


def _say(pulled: Pulled, shown: str) -> None:
    if pulled.rows or pulled.files:
        print(f"brought back {pulled.rows} rows and {pulled.files} files from {shown}", file=sys.stderr)
    if pulled.conflicts:
        print(f"warning: {pulled.conflicts} rows here differ from those in {shown}, and stay", file=sys.stderr)
