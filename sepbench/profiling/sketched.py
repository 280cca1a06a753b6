"""The cost of a separator whose weights are not here, by adapters that know their networks' shapes without them."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from sepbench.errors import SeparatorFailure
from sepbench.frames import Answer
from sepbench.separators.composing import with_folders
from sepbench.separators.interpreter import environment, interpreter
from sepbench.separators.separator import Cost
from sepbench.separators.spec import Model
from sepbench.worker_process import CLOSING_SECONDS, WorkerProcess


def sketched_costs(model: Model, seconds: Sequence[float]) -> list[Cost] | None:
    """Ask an adapter, in a process of its own, what it would cost.

    Args:
        seconds: lengths of mixtures.

    Returns:
        One for each length; None of an adapter that defines no ``sketch``.

    Raises:
        SeparatorFailure: it raised.
    """
    process = WorkerProcess(interpreter(model), environment(model, "cpu"), None)

    def ask(header: dict[str, object]) -> Answer:
        deadline = time.monotonic() + model.file.load_timeout_seconds
        process.channel.send(header, [], deadline=deadline)
        answer, _ = process.channel.receive(most=0, deadline=deadline)
        if answer.error is not None:
            raise SeparatorFailure(
                f"adapter {model.name} cannot say its cost", given=f"{answer.error.type}: {answer.error.message}"
            )
        return answer

    try:
        path = None if model.file.python else sys.path
        adapter = str(model.folder / "adapter.py")
        config = with_folders(model, model.config) if model.bases else model.config
        ask({"type": "sketch", "adapter": adapter, "config": config, "path": path, "max_memory_bytes": None})
        found = [ask({"type": "cost", "seconds": length}).cost for length in seconds]
    finally:
        process.end(CLOSING_SECONDS)
    known = [cost for cost in found if cost is not None]
    return known if len(known) == len(found) else None
