"""What must hold for every input: it ends soon, takes little memory, writes nowhere else, and errors are clear."""

from __future__ import annotations

import contextlib
import io
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from unittest import mock

from sepbench.cli.app import main
from sepbench.errors import SepbenchError

SECONDS = 10
MEMORY = 1 << 30
STATM = Path("/proc/self/statm")
Result = TypeVar("Result")


class Hung(BaseException):
    """An input took too long. No ``except Exception`` may swallow this."""


@contextlib.contextmanager
def bounded(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Raises `Hung` after the time; beyond so many more bytes of address space, allocations fail."""

    def give_up(number: int, frame: object) -> None:
        raise Hung(f"over {seconds} s")

    before, limits = signal.signal(signal.SIGALRM, give_up), resource.getrlimit(resource.RLIMIT_AS)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if STATM.exists():
        now = int(STATM.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, limits[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def result_of(work: Callable[[], Result]) -> Result | SepbenchError:
    """What it returns, or the clear error it raises; whatever else it raises passes through."""
    try:
        with bounded():
            return work()
    except SepbenchError as error:
        assert_clear(error)
        return error


def assert_clear(error: SepbenchError) -> None:
    """What is wrong, in one line that a terminal can show."""
    assert error.what and str(error).isprintable() and error.remedy.isprintable()
    assert len(str(error)) < 3000


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """Lines of stderr but for those of progress and notes."""
        return [line for line in self.stderr.splitlines() if line.startswith(("error: ", "  try: "))]


def command(words: Sequence[str], cwd: Path) -> Ended:
    """Run ``sepbench`` in this process; an exception that leaves it passes through, and would be a traceback."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.chdir(cwd),
        mock.patch.object(sys, "argv", ["sepbench", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        bounded(60, 4 * MEMORY),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
    return Ended(code, out.getvalue(), err.getvalue())


def assert_well_ended(ended: Ended) -> None:
    """Success, or exit code 2 or 3 with what and remedy in a line each; never a traceback."""
    assert "Traceback" not in ended.stderr
    assert ended.code in (0, 2, 3), ended
    if ended.code:
        assert len(ended.errors) == 2 and ended.errors[1].startswith("  try: "), ended.stderr


@contextlib.contextmanager
def writing_only_in(allowed: Path, around: Path) -> Iterator[None]:
    """Makes sure that no file below `around` appears, goes or changes but those below `allowed`."""
    before = _state(around, allowed)
    yield
    assert _state(around, allowed) == before


def _state(folder: Path, without: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in folder.rglob("*"):
        if path != without and without not in path.parents:
            status = path.lstat()
            found[str(path)] = (status.st_size if not path.is_dir() else 0, status.st_ino)
    return found


def each(seeds: range, check: Callable[[int], bool], *, share: float = 0.0) -> None:
    """Check every seed; at least `share` of the inputs must give a result, and as many an error.

    Fuzzing that is always refused, or never, tests little.
    """
    gave, broken = 0, list[tuple[int, BaseException]]()
    for seed in seeds:
        try:
            gave += check(seed)
        except (Exception, Hung) as error:
            broken.append((seed, error))
    if broken:
        text = "\n".join(f"seed {seed}: {type(error).__name__}: {error}"[:500] for seed, error in broken[:20])
        raise AssertionError(f"{len(broken)} of {len(seeds)} inputs:\n{text}") from broken[0][1]
    assert share * len(seeds) <= gave <= (1 - share) * len(seeds), f"{gave} results of {len(seeds)}"
