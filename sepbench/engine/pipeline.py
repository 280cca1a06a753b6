"""The stages of a session beside one another: while a separator works on one unit, the next is rendered and the last is
scored. One thread per stage, so each stage sees the units in order and a separator is never asked twice at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sepbench.engine.session import Session, Unit
from sepbench.results.rows import Row

Given = TypeVar("Given")
Made = TypeVar("Made")

DEPTH = 3
"""Units that keep all three stages busy; whoever submits more at once only holds more in memory."""


class Pipeline:
    """Does units; the caller bounds how many are under way."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stages = [ThreadPoolExecutor(1, name) for name in ("prepare", "separate", "finish")]

    def submit(self, unit: Unit) -> Future[list[Row]]:
        """The unit's rows, when they are there; an error of a stage is the future's."""
        preparing, separating, finishing = self._stages
        prepared = preparing.submit(self._session.prepare, unit)
        answered = separating.submit(_then, self._session.separate, prepared)
        return finishing.submit(_then, self._session.finish, answered)

    def close(self) -> None:
        """Finish what was submitted."""
        for stage in self._stages:
            stage.shutdown(wait=True)


def _then(work: Callable[[Given], Made], before: Future[Given]) -> Made:
    return work(before.result())
