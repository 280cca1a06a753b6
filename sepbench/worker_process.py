"""One life of a worker process: how it is started, what it may see, what it prints, how it ends.

It leads its own process group, and the whole group is killed when it ends: what a model started goes with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

from sepbench.errors import RunFolderError, SeparatorFailure
from sepbench.frames import Channel

WORKER = Path(__file__).parent / "separators" / "worker.py"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
OF_OUR_INTERPRETER = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
PIPE_BYTES = 1 << 20
CLOSING_SECONDS = 5.0
DYING_SECONDS = 1.0
LOG_BYTES = 64 << 20
"""Kept of one process's prints: a model that prints for every step must not fill the disk."""
CHUNK = 1 << 16
TAIL_BYTES = 2048
TAIL_LINES = 3
TAIL_LENGTH = 300


def python_at(place: Path) -> Path | None:
    """The interpreter that a path names: the path itself, or the one of the virtual environment in that folder.

    Links are not followed: an environment is known by the link's own place.
    """
    candidates = (place / "bin" / "python", place)
    return next((path for path in candidates if path.is_file() and os.access(path, os.X_OK)), None)


def own_environment(device: str) -> dict[str, str]:
    """The variables of a process: ours, with one thread each unless set, and one GPU or none."""
    variables = dict.fromkeys(THREAD_VARIABLES, "1") | dict(os.environ)
    variables["CUDA_VISIBLE_DEVICES"] = visible_devices(device, os.environ.get("CUDA_VISIBLE_DEVICES"))
    return variables


def foreign_environment(device: str) -> dict[str, str]:
    """The same for another interpreter, without what says where ours finds its packages."""
    return {name: value for name, value in own_environment(device).items() if name not in OF_OUR_INTERPRETER}


def visible_devices(device: str, visible: str | None) -> str:
    """What CUDA_VISIBLE_DEVICES has to say in the process, given what it says here.

    Raises:
        SeparatorFailure: it hides that GPU from us already.

    >>> visible_devices("cuda:1", None), visible_devices("cuda:1", "4,6"), visible_devices("cpu", "4,6")
    ('1', '6', '')
    """
    if device == "cpu":
        return ""
    index = int(device.removeprefix("cuda:"))
    if visible is None:
        return str(index)
    names = [name.strip() for name in visible.split(",") if name.strip()]
    if index >= len(names):
        raise SeparatorFailure(
            f"no GPU {device} to be seen",
            given=f"CUDA_VISIBLE_DEVICES={visible}",
            remedy="name a device below their number, or change the variable",
        )
    return names[index]


class WorkerProcess:
    """A started worker.py; `channel` leads to it.

    Args:
        python: the interpreter.
        log: file to append what it prints to; None keeps the last lines only.
    """

    def __init__(self, python: str, variables: dict[str, str], log: Path | None) -> None:
        with contextlib.ExitStack() as undone:
            kept = None if log is None else _open_log(log)
            if kept is not None:
                undone.callback(os.close, kept)
            theirs, self._life = os.pipe()
            undone.callback(os.close, self._life)
            try:
                self._process = _spawn([python, "-u", str(WORKER), str(theirs)], variables, theirs)
            finally:
                os.close(theirs)
            undone.pop_all()
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None and stdout is not None and stderr is not None
        self._pipes = (stdin, stdout)
        for pipe in self._pipes:
            _widen(pipe.fileno())
        self.channel = Channel(stdin.fileno(), stdout.fileno(), self._has_ended)
        self._printed = Printed(stderr, kept)

    def _has_ended(self) -> bool:
        return self._process.poll() is not None

    def cause(self) -> str:
        """Why it answers no more, for one that was not ended from here."""
        try:
            code = self._process.wait(DYING_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its pipe"
        if code >= 0:
            return f"ended with exit code {code}"
        return f"died of {signal_name(-code)}"

    def last_words(self) -> str:
        """The last lines it printed; to be asked once it has ended."""
        return self._printed.tail()

    def end(self, patience: float = 0.0) -> None:
        """End the process and all it started; `patience` in seconds is what it gets to leave by itself."""
        stdin, stdout = self._pipes
        if stdin.closed:
            return
        stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._life)
        stdout.close()
        self._printed.finish()


def _widen(pipe: int) -> None:
    """Let a pipe hold whole frames where the system knows how: each time it is full, both sides wait for the other."""
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(PermissionError):  # beyond what this user's pipes may hold together
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _spawn(words: list[str], variables: dict[str, str], life: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=variables,
            pass_fds=(life,),
            start_new_session=True,
        )
    except OSError as error:
        raise SeparatorFailure(
            "interpreter cannot be run", given=f"{words[0]} ({error.strerror})", remedy="correct the path"
        ) from error


def signal_name(number: int) -> str:
    """A signal as people know it.

    >>> signal_name(11), signal_name(9), signal_name(60)
    ('SIGSEGV', 'SIGKILL (killed from outside, perhaps for want of memory)', 'signal 60')
    """
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name} (killed from outside, perhaps for want of memory)" if name == "SIGKILL" else name


class Printed:
    """What a process prints, read as it comes, so that it never waits for us: the end of it, and all in a file.

    Args:
        stream: where it prints; closed at its end.
        file: descriptor to write to, closed as well; None keeps the end only.
    """

    def __init__(self, stream: IO[bytes], file: int | None) -> None:
        self._tail = b""
        self._file = file
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        room = LOG_BYTES
        with stream:
            while chunk := os.read(stream.fileno(), CHUNK):
                self._tail = (self._tail + chunk)[-TAIL_BYTES:]
                room = self._write(chunk, room)
        if self._file is not None:
            os.close(self._file)

    def _write(self, chunk: bytes, room: int) -> int:
        """Append to the file; returns how much more it takes. A full disk ends the log and not the run."""
        if self._file is None or room <= 0:
            return 0
        kept = chunk[:room]
        if len(kept) == room:
            kept += b"\n[what this process printed further is not kept]\n"
        try:
            os.write(self._file, kept)
        except OSError:
            return 0
        return room - len(chunk)

    def finish(self) -> None:
        """Read to the end; a stray process that holds the other end is not waited for."""
        self._thread.join(DYING_SECONDS)

    def tail(self) -> str:
        """The last lines, on one."""
        lines = [line.strip() for line in re.split(r"[\r\n]+", self._tail.decode(errors="replace"))]
        return " | ".join([line for line in lines if line][-TAIL_LINES:])[-TAIL_LENGTH:]


def _open_log(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise RunFolderError(
            "log cannot be written", given=f"{path} ({error.strerror})", remedy="make the folder writable"
        ) from error
