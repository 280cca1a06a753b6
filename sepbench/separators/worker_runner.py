"""Adapters in a process of their own: asked with a deadline, and started again when they fall."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from sepbench.audio import Audio
from sepbench.errors import SeparatorFailure
from sepbench.frames import Answer, Closed, Late, Usage
from sepbench.separators.interpreter import environment, interpreter
from sepbench.separators.runner import missing_package
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.spec import Model
from sepbench.worker_process import CLOSING_SECONDS, WorkerProcess

FALLS_IN_A_ROW = 10
"""After so many the adapter is not started again: enough for all queries of one mixture that kills it."""
MOST_RATE_CHANGE = 16
MOST_ADDED_SAMPLES = 200_000


class WorkerRunner:
    """Runs one adapter in a worker process.

    Args:
        logs: folder for what the process prints, in ``<model>.log``; None keeps nothing.
        variables: of the environment, over those that the process has anyway.

    Attributes:
        usage: what the last answer took.
        total: what all of them took, loading included, over all processes.

    Raises:
        SeparatorFailure, MissingExtra, MissingData: it cannot be started.
    """

    def __init__(
        self,
        model: Model,
        config: Mapping[str, Any],
        device: str,
        logs: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._model = model
        self._config = dict(config)
        self._device = "cpu" if device == "cpu" else "cuda:0"  # the only one that the process sees
        self._python = interpreter(model)
        self._variables = environment(model, device) | dict(variables or {})
        self._log = None if logs is None else logs / f"{model.name.replace(':', '+')}.log"
        self._falls = 0
        self.usage = self.total = Usage(0.0, 0, 0)
        self._ahead: Sequence[Request] = ()  # sent to the process, which answers it next
        self._process: WorkerProcess | None = self._start()

    @property
    def seconds(self) -> float:
        """What the adapter's own code took for the last answer."""
        return self.usage.seconds

    def separate(self, requests: Sequence[Request], following: Sequence[Request] = ()) -> Sequence[Estimate]:
        """What the adapter answers; its deadline is ``timeout_seconds`` for each request.

        Args:
            following: sent ahead; its answer is read by the call that asks for the same requests, or dropped by one
                that asks for others.

        Raises:
            SeparatorFailure: the adapter raised, its process fell, hung or broke the protocol. The next call starts
                another process where that is needed, until too many in a row have failed.
        """
        if self._falls >= FALLS_IN_A_ROW:
            raise SeparatorFailure(
                f"adapter {self._model.name} is not started again", given=f"{self._falls} failed processes in a row"
            )
        self._falls += 1  # until there is an answer
        process, self._process = self._free_for(requests), None
        frames = [_asking(part) for part in (requests, following) if part]
        if self._ahead:
            del frames[0]
        seconds = self._model.file.timeout_seconds * len(requests)
        answer, audio = self._ask(process, "estimates", frames, most_samples(requests), seconds)
        self._ahead = ()
        if not answer.fatal:
            self._process, self._falls, self._ahead = process, 0, following
        if answer.error is not None:
            raise SeparatorFailure(
                f"adapter {self._model.name} failed", given=f"{answer.error.type}: {answer.error.message}"
            )
        found = zip(answer.estimates, audio, strict=True)
        return [Estimate(one.item, samples, one.sample_rate) for one, samples in found]

    def cost(self, seconds: float) -> Cost | None:
        """What the adapter says that a mixture of that length costs it; None where it does not say.

        Counting may run the whole model, so its deadline is the longer of loading's and a request's.

        Raises:
            SeparatorFailure: it raised, fell or hung.
        """
        process, self._process = self._free_for(()), None
        deadline = max(self._model.file.load_timeout_seconds, self._model.file.timeout_seconds)
        answer, _ = self._ask(process, "cost", [({"type": "cost", "seconds": seconds}, [])], 0, deadline)
        if not answer.fatal:
            self._process = process
        if answer.error is not None:
            raise SeparatorFailure(
                f"adapter {self._model.name} cannot say its cost", given=f"{answer.error.type}: {answer.error.message}"
            )
        return answer.cost

    def _free_for(self, requests: Sequence[Request]) -> WorkerProcess:
        """A process that waits for these requests, or works on nothing else.

        An answer to other requests that were sent ahead is dropped: a failed batch is asked again one by one.
        """
        if self._process is None:
            self._ahead = ()
            return self._start()
        if self._ahead and not _same(self._ahead, requests):
            ahead, self._ahead = self._ahead, ()
            seconds = self._model.file.timeout_seconds * len(ahead)
            try:
                dropped, _ = self._ask(self._process, "estimates", [], most_samples(ahead), seconds)
            except SeparatorFailure:  # it will be told of those requests when they are asked for
                return self._start()
            if dropped.fatal:
                return self._start()
        return self._process

    def close(self) -> None:
        """End the process; its memory goes back to the system."""
        if self._process is not None:
            self._process.end(CLOSING_SECONDS)
            self._process = None

    def _start(self) -> WorkerProcess:
        """A process that has loaded the adapter."""
        adapter = self._model.folder / "adapter.py"
        if not adapter.is_file():
            raise SeparatorFailure(
                f"adapter {self._model.name} has no adapter.py", given=str(adapter), remedy="add the file"
            )
        gigabytes = self._model.file.max_memory_gb if self._device == "cpu" else None
        header = {
            "type": "load",
            "adapter": str(adapter),
            "config": self._config,
            "device": self._device,
            "path": None if self._model.file.python else sys.path,
            "max_memory_bytes": None if gigabytes is None else round(gigabytes * 2**30),
        }
        process = WorkerProcess(self._python, self._variables, self._log)
        answer, _ = self._ask(process, "ready", [(header, [])], 0, self._model.file.load_timeout_seconds)
        if answer.error is not None:
            process.end()
            if answer.error.type in ("ImportError", "ModuleNotFoundError"):
                raise missing_package(self._model, answer.error.message)
            raise SeparatorFailure(
                f"adapter {self._model.name} cannot be loaded", given=f"{answer.error.type}: {answer.error.message}"
            )
        return process

    def _ask(
        self,
        process: WorkerProcess,
        wanted: Literal["ready", "estimates", "cost"],
        frames: Sequence[tuple[Mapping[str, Any], Sequence[Audio]]],
        most: int,
        seconds: float,
    ) -> tuple[Answer, list[Audio]]:
        """Send the frames, if any, and read the next answer; a process that gives none, or a fatal one, is ended."""
        name, deadline = self._model.name, time.monotonic() + seconds
        with contextlib.ExitStack() as undone:
            undone.callback(process.end)
            try:
                for header, arrays in frames:
                    process.channel.send(header, arrays, deadline=deadline)
                answer, audio = process.channel.receive(most=most, deadline=deadline)
            except Closed:
                cause = process.cause()
                process.end()
                raise SeparatorFailure(f"process of adapter {name} {cause}", given=process.last_words()) from None
            except Late:
                what = {"ready": "be loaded", "estimates": "separate", "cost": "say its cost"}[wanted]
                raise SeparatorFailure(f"adapter {name} took over {seconds:g} s to {what}") from None
            if answer.type not in (wanted, "error"):
                raise SeparatorFailure(
                    f"process of adapter {name} answers out of turn", given=answer.type, wanted=wanted
                )
            self.usage, self.total = answer.usage, self.total.joined(answer.usage)
            if not answer.fatal:
                undone.pop_all()
        return answer, audio


def most_samples(requests: Sequence[Request]) -> int:
    """More than any honest answer to the requests holds: at 16 times their rates, and with some padding each."""
    return sum(MOST_RATE_CHANGE * len(request.mixture) + MOST_ADDED_SAMPLES for request in requests)


def _same(one: Sequence[Request], other: Sequence[Request]) -> bool:
    """Whether these are the very same requests, in order."""
    return len(one) == len(other) and all(mine is yours for mine, yours in zip(one, other, strict=True))


def _asking(requests: Sequence[Request]) -> tuple[dict[str, Any], list[Audio]]:
    """The frame that asks for them."""
    header = {
        "type": "separate",
        "most_samples": most_samples(requests),
        "requests": [_described(request) for request in requests],
    }
    return header, [array for request in requests for array in (request.mixture, *request.references)]


def _described(request: Request) -> dict[str, Any]:
    """A request without its samples."""
    return {
        "item": request.item,
        "sample_rate": request.sample_rate,
        "query": request.query,
        "mode": request.mode,
        "prompts": request.prompts,
        "references": len(request.references),
        "kind": request.kind,
    }
