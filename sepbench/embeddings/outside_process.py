"""A package of another environment at work: one process of its own interpreter, asked question by question.

The process is the worker that separators have, with a script in the place of an adapter. It is started again after it
fell, and asked by one thread at a time, since its answers come in the order of the questions.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sepbench.audio import Audio
from sepbench.embeddings.embedder import Vector
from sepbench.embeddings.environments import environment, interpreter
from sepbench.errors import MissingExtra, SepbenchError
from sepbench.frames import Answer, Closed, Late
from sepbench.worker_process import CLOSING_SECONDS, WorkerProcess, foreign_environment

SCRIPTS = Path(__file__).with_name("scripts")
LOAD_SECONDS = 900.0

Answers = Literal["ready", "vectors", "estimates"]


class OutsideProcess:
    """One script in one environment, its weights loaded.

    Args:
        name: of what it is, for errors.
        environment_name: of the environment it runs in.
        script: file of ``scripts/``.
        config: settings of the script.
        device: ``cpu`` or ``cuda:0``.

    Raises:
        MissingData: its environment is not here; the remedy brings it.
        MissingExtra: the interpreter lacks a package.
        SepbenchError: the weights cannot be loaded.
    """

    def __init__(
        self, name: str, environment_name: str, script: str, config: Mapping[str, Any], device: str = "cpu"
    ) -> None:
        self._name = name
        self._environment = environment_name
        self._script = script
        self._config = config
        self._device = device
        self._python = interpreter(environment(environment_name))
        self._one_at_a_time = Lock()
        self._process: WorkerProcess | None = self._start()

    def ask(
        self, header: dict[str, Any], arrays: Sequence[Audio], *, wanted: Answers, most: int, seconds: float
    ) -> list[Vector]:
        """Put one question.

        Args:
            header: the question, as worker.py takes it.
            arrays: what goes with it.
            wanted: type of the answer.
            most: samples that the answer may hold in all.
            seconds: to wait at most.

        Returns:
            The arrays of the answer.

        Raises:
            SepbenchError: the process fell, is late, or its script raised; the next question starts it again.
        """
        with self._one_at_a_time:
            process, self._process = self._process or self._start(), None
            answer, found = self._exchange(process, header, arrays, wanted, most, seconds)
            if not answer.fatal:
                self._process = process
        if answer.error is not None:
            raise self.failure(f"{answer.error.type}: {answer.error.message}", "failed")
        return found

    def failure(self, given: str, what: str) -> SepbenchError:
        """The error that says what became of it."""
        return SepbenchError(
            f"process of {self._name} {what}", given=given, remedy=f"try {self._python} and what it has installed"
        )

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end(CLOSING_SECONDS)
            self._process = None

    def _start(self) -> WorkerProcess:
        process = WorkerProcess(str(self._python), foreign_environment(self._device), None)
        header = {
            "type": "load",
            "adapter": str(SCRIPTS / self._script),
            "config": self._config,
            "device": "cpu" if self._device == "cpu" else "cuda:0",  # the only one that the process sees
            "path": None,
            "max_memory_bytes": None,
        }
        answer, _ = self._exchange(process, header, [], "ready", 0, LOAD_SECONDS)
        if answer.error is not None:
            process.end()
            if answer.error.type in ("ImportError", "ModuleNotFoundError"):
                raise MissingExtra(
                    f"the environment of {self._name} lacks a package",
                    given=f"{self._python}: {answer.error.message}",
                    remedy=f"sepbench environment make {self._environment}, or install it there",
                )
            raise self.failure(f"{answer.error.type}: {answer.error.message}", "cannot be loaded")
        return process

    def _exchange(
        self,
        process: WorkerProcess,
        header: dict[str, Any],
        arrays: Sequence[Audio],
        wanted: Answers,
        most: int,
        seconds: float,
    ) -> tuple[Answer, list[Vector]]:
        """One question and its answer; a process that gives none, or a fatal one, is ended."""
        deadline = time.monotonic() + seconds
        with contextlib.ExitStack() as undone:
            undone.callback(process.end)
            try:
                process.channel.send(header, arrays, deadline=deadline)
                answer, found = process.channel.receive(most=most, deadline=deadline)
            except Closed:
                cause = process.cause()
                process.end()
                raise self.failure(process.last_words(), cause) from None
            except Late:
                raise self.failure("", f"took over {seconds:g} s") from None
            if answer.type not in (wanted, "error"):
                raise self.failure(answer.type, f"answers out of turn, wanted {wanted}")
            if not answer.fatal:
                undone.pop_all()
        return answer, found
