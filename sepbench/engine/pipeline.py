"""The stages of a session beside one another: while a separator works on one unit, the next is rendered and the last is
scored. One thread per stage, so each stage sees the units in order and a separator is never asked twice at once."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sepbench.engine.preparing import Prepared
from sepbench.engine.session import Answered, Session, Unit
from sepbench.results.rows import Row

DEPTH = 3
"""Units that keep all three stages busy; whoever submits more at once only holds more in memory."""


@dataclass
class _Place:
    """A unit in the line: `ready` once it is prepared, and the unit that was submitted after it."""

    ready: Future[list[Prepared]]
    following: _Place | None = None

    def prepared_next(self) -> list[Prepared]:
        """The next unit, as far as it is there."""
        ready = None if self.following is None else self.following.ready
        return ready.result() if ready is not None and ready.done() and ready.exception() is None else []


class Pipeline:
    """Does units; the caller bounds how many are under way."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stages = [ThreadPoolExecutor(1, name) for name in ("prepare", "separate", "finish")]
        self._last: _Place | None = None

    def submit(self, unit: Unit) -> Future[list[Row]]:
        """The unit's rows, when they are there; an error of a stage is the future's."""
        preparing, separating, finishing = self._stages
        place = _Place(preparing.submit(self._session.prepare, unit))
        if self._last is not None:
            self._last.following = place
        self._last = place
        answered = separating.submit(self._separate, place)
        return finishing.submit(self._finish, answered)

    def _separate(self, place: _Place) -> list[Answered]:
        return self._session.separate(place.ready.result(), place.prepared_next)

    def _finish(self, answered: Future[list[Answered]]) -> list[Row]:
        return self._session.finish(answered.result())

    def close(self) -> None:
        """Finish what was submitted."""
        for stage in self._stages:
            stage.shutdown(wait=True)
