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
from sepbench.separators.frames import Answer, Closed, Late, Usage, most_samples
from sepbench.separators.runner import missing_package
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model
from sepbench.separators.worker_process import CLOSING_SECONDS, WorkerProcess, environment, interpreter

FALLS_IN_A_ROW = 10
"""After so many the adapter is not started again: enough for all queries of one mixture that kills it."""


class WorkerRunner:
    """Runs one adapter in a worker process.

    Args:
        logs: folder for what the process prints, in ``<model>.log``; None keeps nothing.

    Attributes:
        usage: what the last answer took.
        total: what all of them took, loading included, over all processes.

    Raises:
        SeparatorFailure, MissingExtra, MissingData: it cannot be started.
    """

    def __init__(self, model: Model, config: Mapping[str, Any], device: str, logs: Path | None = None) -> None:
        self._model = model
        self._config = dict(config)
        self._device = "cpu" if device == "cpu" else "cuda:0"  # the only one that the process sees
        self._python = interpreter(model)
        self._variables = environment(model, device)
        self._log = None if logs is None else logs / f"{model.name.replace(':', '+')}.log"
        self._falls = 0
        self.usage = self.total = Usage(0.0, 0, 0)
        self._process: WorkerProcess | None = self._start()

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """What the adapter answers; its deadline is ``timeout_seconds`` for each request.

        Raises:
            SeparatorFailure: the adapter raised, its process fell, hung or broke the protocol. The next call starts
                another process where that is needed, until too many in a row have failed.
        """
        if self._falls >= FALLS_IN_A_ROW:
            raise SeparatorFailure(
                f"adapter {self._model.name} is not started again", given=f"{self._falls} failed processes in a row"
            )
        self._falls += 1  # until there is an answer
        process, self._process = self._process or self._start(), None
        header = {
            "type": "separate",
            "most_samples": most_samples(requests),
            "requests": [_described(request) for request in requests],
        }
        arrays = [array for request in requests for array in (request.mixture, *request.references)]
        seconds = self._model.file.timeout_seconds * len(requests)
        answer, audio = self._ask(process, "estimates", header, arrays, seconds)
        if not answer.fatal:
            self._process, self._falls = process, 0
        if answer.error is not None:
            raise SeparatorFailure(
                f"adapter {self._model.name} failed", given=f"{answer.error.type}: {answer.error.message}"
            )
        found = zip(answer.estimates, audio, strict=True)
        return [Estimate(one.item, samples, one.sample_rate) for one, samples in found]

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
        answer, _ = self._ask(process, "ready", header, [], self._model.file.load_timeout_seconds)
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
        wanted: Literal["ready", "estimates"],
        header: Mapping[str, Any],
        arrays: Sequence[Audio],
        seconds: float,
    ) -> tuple[Answer, list[Audio]]:
        """One question and its answer; a process that gives none, or a fatal one, is ended."""
        name, deadline = self._model.name, time.monotonic() + seconds
        with contextlib.ExitStack() as undone:
            undone.callback(process.end)
            try:
                process.channel.send(header, arrays, deadline=deadline)
                answer, audio = process.channel.receive(most=header.get("most_samples", 0), deadline=deadline)
            except Closed:
                cause = process.cause()
                process.end()
                raise SeparatorFailure(f"process of adapter {name} {cause}", given=process.last_words()) from None
            except Late:
                what = "be loaded" if wanted == "ready" else "separate"
                raise SeparatorFailure(f"adapter {name} took over {seconds:g} s to {what}") from None
            if answer.type not in (wanted, "error"):
                raise SeparatorFailure(
                    f"process of adapter {name} answers out of turn", given=answer.type, wanted=wanted
                )
            self.usage, self.total = answer.usage, self.total.joined(answer.usage)
            if not answer.fatal:
                undone.pop_all()
        return answer, audio


def _described(request: Request) -> dict[str, Any]:
    """A request without its samples."""
    return {
        "item": request.item,
        "sample_rate": request.sample_rate,
        "query": request.query,
        "mode": request.mode,
        "prompts": request.prompts,
        "references": len(request.references),
    }
