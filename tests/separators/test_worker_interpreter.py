"""Worker processes under any interpreter: others' packages, Python 3.8, numpy 1, one contract on both sides."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from sepbench.errors import InvalidRecord, MissingData, SeparatorFailure
from sepbench.separators import worker
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import InlineRunner
from sepbench.separators.interpreter import environment
from sepbench.separators.spec import load_model
from tests.separators.worker_setting import (
    ADAPTERS,
    TOML,
    Start,
    Write,
    request,
)


def bare_environment(folder: Path) -> Path:
    """A virtual environment that has numpy and not sepbench."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    installed = Path(sysconfig.get_paths()["platlib"])
    for name in ("numpy", "numpy.libs"):
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    return folder


SHOW = "import sys; raise OSError(sys.prefix + ' ' + str('sepbench.audio' in sys.modules))"


@pytest.mark.parametrize("python", [".venv", ".venv/bin/python", "{absolute}"])
def test_another_interpreter_without_sepbench(python: str, start: Start, write: Write, tmp_path: Path) -> None:
    folder = bare_environment(tmp_path / "written" / ".venv")
    model = write(f'python = "{python.format(absolute=folder)}"\n', audio="r.mixture * 2")
    (answer,) = start(model).separate([request()])
    np.testing.assert_array_equal(answer.audio, request().mixture * 2)
    with pytest.raises(SeparatorFailure, match=f"OSError: {folder} False"):
        start(write(f'python = "{python.format(absolute=folder)}"\n', load=SHOW))


def test_its_paths_are_not_ours(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/ours")
    assert environment(write(), "cpu")["PYTHONPATH"] == "/ours"
    assert "PYTHONPATH" not in environment(write('python = ".venv"\n'), "cpu")


def test_a_virtual_environment_is_no_part_of_the_revision(write: Write) -> None:
    before = write().revision
    (write().folder / ".venv" / "lib").mkdir(parents=True)
    (write().folder / ".venv" / "lib" / "module.py").write_text("x = 1\n")
    assert write().revision != before
    (write().folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    assert write().revision == before


def test_faulty_interpreters_and_fields_are_named(start: Start, write: Write) -> None:
    with pytest.raises(MissingData, match=r"written has no interpreter: given .*/nowhere; wanted a virtual env"):
        start(write('python = "nowhere"\n'))
    model = write('python = "broken"\n')
    (model.folder / "broken").write_text("no program\n")
    (model.folder / "broken").chmod(0o755)
    with pytest.raises(SeparatorFailure, match=r"interpreter cannot be run: given .*broken"):
        start(model)
    for field in ('python = ".venv"', "max_memory_gb = 1.0"):
        with pytest.raises(InvalidRecord, match='with runtime inline; wanted runtime = "worker"'):
            (model.folder / "adapter.toml").write_text(TOML.replace("worker", "inline") + field)
            load_model(model.folder)


@pytest.mark.slow
@pytest.mark.parametrize("python", ["python3", "python3.8"])
def test_another_major_version_of_numpy(python: str, start: Start, write: Write, tmp_path: Path) -> None:
    """With the oldest Python that is promised too, where it is installed."""
    found = sys.executable if python == "python3" else shutil.which(python)
    # A version manager's stand-in is on the path where the version is not.
    if found is None or subprocess.run([found, "--version"], capture_output=True).returncode != 0:
        pytest.skip(f"no {python} on the path")
    folder = tmp_path / "written" / ".venv"
    subprocess.run([found, "-m", "venv", str(folder)], check=True)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "numpy<2"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"pip cannot install numpy<2 here: {done.stderr.strip()[-200:]}")
    (model,) = find_models(["half"], [ADAPTERS])
    own = write(
        'python = ".venv"\n',
        load="import numpy; self.version = numpy.__version__",
        separate="assert self.version.startswith('1.'), self.version",
        audio="r.mixture * 0.5",
    )
    asked = [request(f"m.{seed}", seed) for seed in range(3)]
    inside = InlineRunner(model, model.config, "cpu").separate(asked)
    for one, other in zip(inside, start(own).separate(asked), strict=True):
        assert one.audio.tobytes() == other.audio.tobytes()


SOURCE = Path(worker.__file__).read_text()
IN_PYTHON_3_8 = {
    "concurrent",
    "__future__", "collections", "dataclasses", "functools", "importlib", "json", "operator", "os", "pathlib",
    "platform", "resource", "signal", "sys", "time", "traceback", "types", "typing", "numpy",
}  # fmt: skip
NEWER = {
    "removeprefix", "removesuffix", "cache", "lcm", "nextafter", "pairwise", "batched", "is_relative_to", "with_stem",
    "readlink", "hardlink_to", "add_note", "bit_count", "StrEnum", "ExceptionGroup", "aiter", "anext", "orig_argv",
    "pidfd_open", "format_exception_only", "waitstatus_to_exitcode", "randbytes", "EncodingWarning", "unparse",
}  # fmt: skip


def test_the_worker_keeps_to_python_3_8_and_numpy() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= IN_PYTHON_3_8
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.id for node in nodes if isinstance(node, ast.Name)}
    assert not names & NEWER
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    assert not {"strict", "slots", "kw_only", "missing_ok"} & {word.arg for call in calls for word in call.keywords}
    assert "from __future__ import annotations" in SOURCE  # annotations are never evaluated, whatever they say
    evaluated = [node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
    annotations = [a for n in nodes for a in (getattr(n, "annotation", None), getattr(n, "returns", None)) if a]
    inside = {id(part) for annotation in annotations for part in ast.walk(annotation)}
    assert not [node for node in evaluated if id(node) not in inside]
    subscripts = [n for n in nodes if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)]
    assert not {n.value.id for n in subscripts if id(n) not in inside} & {"list", "dict", "tuple", "set", "type"}


def test_both_sides_speak_of_the_same_contract() -> None:
    from dataclasses import fields

    from sepbench import frames
    from sepbench.separators import separator

    for name in ("Request", "Estimate", "Part", "Cost"):
        theirs, ours = getattr(worker, name), getattr(separator, name)
        assert [(f.name, f.default) for f in fields(theirs)] == [(f.name, f.default) for f in fields(ours)]
    assert worker.PROTOCOL == frames.PROTOCOL
