"""Environments of their own for packages that cannot share ours: they pin numpy below 2, or are no packages at all.

One is a folder below ``environments`` in the cache, made by ``sepbench environment make NAME``; the last thing written
into it is the recipe it was made by, so one that was interrupted, or made by an older recipe, is not taken for it. A
variable may name another interpreter instead, which is then taken as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepbench.errors import MissingData, SepbenchError
from sepbench.paths import write_whole
from sepbench.records import canonical_json
from sepbench.search_path import cache_folder, closest
from sepbench.worker_process import python_at

MARK = "sepbench.json"
SHOWN_LINES = 5
OLDEST, NEWEST = (3, 10), (3, 12)
"""Pythons that both have wheels for: torch 2.13 begins with the one, numpy 1.26 ends with the other."""


@dataclass(frozen=True)
class Environment:
    """How one environment is made.

    Attributes:
        variable: names another interpreter, or the folder of a virtual environment.
        packages: what pip installs, pinned; empty where it cannot be made by a recipe.
        module: what has to be importable in the end.
        python_only: a package whose compiled parts are dropped where they cannot be loaded.
        unmakeable: why there is no recipe, and what to do.
    """

    name: str
    variable: str
    packages: tuple[str, ...]
    module: str
    python_only: str = ""
    unmakeable: str = ""


SHARED = ("numpy==1.26.4", "torch==2.13.0", "torchaudio==2.11.0", "transformers==4.57.6", "torchlibrosa==0.1.0")
ENVIRONMENTS = {
    one.name: one
    for one in (
        Environment(
            "msclap",
            "SEPBENCH_PYTHON_MSCLAP",
            ("msclap==1.3.4", "librosa==0.10.2.post1", *SHARED),
            module="msclap",
            python_only="torchaudio",
        ),
        Environment(
            "laion-clap",
            "SEPBENCH_PYTHON_LAION_CLAP",
            ("laion-clap==1.1.7", *SHARED),
            module="torchaudio",  # laion_clap itself asks the hub for files when it is imported
            python_only="torchaudio",
        ),
        Environment(
            "audio-flamingo-1",
            "SEPBENCH_PYTHON_AF1",
            (),
            module="torch",
            unmakeable="install what its repository asks for, and set SEPBENCH_PYTHON_AF1: docs/afsim.md",
        ),
        Environment(
            "audiobox-aesthetics",
            "SEPBENCH_PYTHON_AUDIOBOX",
            ("audiobox-aesthetics==0.0.4", "requests==2.34.2", "numpy==1.26.4", "torch==2.13.0", "torchaudio==2.11.0"),
            module="audiobox_aesthetics.infer",
            python_only="torchaudio",
        ),
        Environment(
            "sam-audio",
            "SEPBENCH_PYTHON_SAM_AUDIO",
            (),
            module="sam_audio",
            unmakeable="install its repository as it says, and set SEPBENCH_PYTHON_SAM_AUDIO: "
            "docs/metrics-perceptual.md",
        ),
    )
}


def environment(name: str) -> Environment:
    """The environment of that name.

    Raises:
        SepbenchError: there is none; the nearest names are given.
    """
    if name not in ENVIRONMENTS:
        raise SepbenchError("unknown environment", given=name, remedy=closest(name, list(ENVIRONMENTS)))
    return ENVIRONMENTS[name]


def folder_of(environment: Environment) -> Path:
    """Where it is made."""
    return cache_folder() / "environments" / environment.name


def interpreter(environment: Environment) -> Path:
    """The Python that has the packages; links are not followed, since an environment is known by the link's place.

    Raises:
        MissingData: there is none, or its making was interrupted, or it was made by another recipe.
    """
    given = os.environ.get(environment.variable)
    if given:
        found = python_at(Path(given)) or (Path(path) if (path := shutil.which(given)) else None)
    else:
        found = python_at(folder_of(environment)) if _is_made(environment) else None
    if found is None:
        raise MissingData(
            f"environment {environment.name} is not here",
            given=f"{environment.variable}={given}" if given else str(folder_of(environment)),
            wanted="an interpreter, or the folder of a virtual environment",
            remedy=environment.unmakeable or f"sepbench environment make {environment.name}",
        )
    return found


def _recipe(environment: Environment) -> str:
    return canonical_json({"packages": environment.packages, "python_only": environment.python_only}) + "\n"


def _is_made(environment: Environment) -> bool:
    mark = folder_of(environment) / MARK
    return mark.is_file() and mark.read_text(encoding="utf-8") == _recipe(environment)


def make(environment: Environment, python: str, say: Callable[[str], None]) -> Path:
    """Make the environment anew; returns its interpreter.

    Args:
        python: what makes it, see `suitable_python`.
        say: told of each step.

    Raises:
        SepbenchError: there is no recipe for it, or a step fails; the end of what it printed is given.
    """
    if not environment.packages:
        raise SepbenchError(f"environment {environment.name} has no recipe", remedy=environment.unmakeable)
    folder = folder_of(environment)
    (folder / MARK).unlink(missing_ok=True)
    say(f"making {folder} with {python}")
    _run([python, "-m", "venv", "--clear", str(folder)])
    inside = folder / "bin" / "python"
    say(f"installing {', '.join(environment.packages)}")
    _run([str(inside), "-m", "pip", "install", "--disable-pip-version-check", *environment.packages])
    if environment.python_only and _fails([str(inside), "-c", f"import {environment.python_only}"]):
        say(f"dropping the compiled parts of {environment.python_only}, which cannot be loaded here")
        _drop_compiled_parts(inside, environment.python_only)
    _run([str(inside), "-c", f"import {environment.module}"])
    write_whole(folder / MARK, _recipe(environment))
    return inside


def _drop_compiled_parts(python: Path, package: str) -> None:
    """Leave a package its Python code alone.

    torchaudio's compiled parts are linked with CUDA, and no torch without it loads them; what MS-CLAP and LAION-CLAP
    use of it needs none.
    """
    where = f"import importlib.util as u; print(u.find_spec({package!r}).submodule_search_locations[0])"
    folder = Path(_run([str(python), "-c", where]).strip())
    for library in sorted((folder / "lib").glob("*.so")):
        library.unlink()


def suitable_python(given: str = "") -> str:
    """An interpreter for which the old packages have wheels: the one given, ours, or one of the command path.

    Raises:
        SepbenchError: there is none, or the given one is too old or too new.
    """
    names = (
        [given] if given else [sys.executable, *(f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))]
    )
    for name in names:
        path = shutil.which(name)
        if path is not None and OLDEST <= _version(path) <= NEWEST:
            return path
    raise SepbenchError(
        "no Python that can hold the old packages",
        given=given or ", ".join(names),
        wanted=f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}: numpy 1.26 has no wheels beyond",
        remedy="install one and name it: --python /usr/bin/python3.12",
    )


def _version(python: str) -> tuple[int, int]:
    major, minor = _run([python, "-c", "import sys; print(*sys.version_info[:2])"]).split()
    return int(major), int(minor)


def _fails(words: Sequence[str]) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode != 0


def _run(words: Sequence[str]) -> str:
    """What a command prints; an error with the end of it where it fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, errors="replace")
    except OSError as error:
        raise SepbenchError("cannot be run", given=f"{words[0]} ({error.strerror})", remedy="check the path") from error
    if done.returncode != 0:
        last = " | ".join((done.stderr or done.stdout).strip().splitlines()[-SHOWN_LINES:])
        raise SepbenchError(f"{' '.join(words[:4])} ... ended with {done.returncode}", given=last, remedy="see above")
    return done.stdout
