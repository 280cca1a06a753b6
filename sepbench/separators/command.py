"""Adapters without any Python of ours: an executable that reads a WAV and a text and writes a WAV.

``command`` is split as a shell would, but no shell runs it, so a query cannot be anything but an argument.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sepbench import audio
from sepbench.errors import SeparatorFailure
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model

STDERR_SHOWN = 500


class CommandRunner:
    """Runs the command once per request, in the adapter's folder, with files of a private temporary folder."""

    seconds: None = None

    def __init__(self, model: Model) -> None:
        self._model = model
        self._folder = tempfile.TemporaryDirectory(prefix="sepbench-")

    def separate(self, requests: Sequence[Request], following: Sequence[Request] = ()) -> Sequence[Estimate]:
        """One process per request."""
        return [self._separate(request) for request in requests]

    def _separate(self, request: Request) -> Estimate:
        mixture = Path(self._folder.name) / "mixture.wav"
        estimate = Path(self._folder.name) / "estimate.wav"
        audio.write(mixture, request.mixture, request.sample_rate)
        estimate.unlink(missing_ok=True)
        values = {
            "mixture": str(mixture),
            "estimate": str(estimate),
            "text": request.query,
            "mode": request.mode,
            "kind": request.kind,
            "sample_rate": str(request.sample_rate),
        }
        self._run([_fill(word, values) for word in shlex.split(self._model.file.command)])
        if not estimate.is_file():
            raise SeparatorFailure(f"command of {self._model.name} wrote no estimate", wanted="a WAV at {estimate}")
        found = audio.read(estimate)
        return Estimate(request.item, found.audio, found.sample_rate)

    def _run(self, words: list[str]) -> None:
        name, seconds = self._model.name, self._model.file.timeout_seconds
        try:
            process = subprocess.Popen(
                words,
                cwd=self._model.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise SeparatorFailure(
                f"command of {name} cannot be run",
                given=f"{words[0]} ({error.strerror})",
                remedy="install it, or correct its path or permissions",
            ) from error
        with process, contextlib.ExitStack() as unfinished:
            unfinished.callback(_end, process)
            try:
                _, said = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                raise SeparatorFailure(f"command of {name} took over {seconds:g} s") from None
            unfinished.pop_all()
        if process.returncode != 0:
            shown = said.decode(errors="replace").strip()[-STDERR_SHOWN:]
            raise SeparatorFailure(f"command of {name} ended with {process.returncode}", given=shown)

    def close(self) -> None:
        """Remove the temporary files."""
        self._folder.cleanup()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started: a script's model would work on."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _fill(word: str, values: dict[str, str]) -> str:
    """Replace each {name} once: a query that itself holds {estimate} stays as it is.

    >>> _fill("--text={text}", {"text": "a {mixture}", "mixture": "m.wav"})
    '--text=a {mixture}'
    """
    import re

    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), word)
