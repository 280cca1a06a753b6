"""Environments of their own: found where they are whole, made for real from a wheel that the test writes."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sepbench.cli.environment_command import app
from sepbench.embeddings import environments
from sepbench.embeddings.environments import ENVIRONMENTS, Environment, environment, interpreter, make, suitable_python
from sepbench.errors import MissingData, SepbenchError

CODE = """
from pathlib import Path
if list((Path(__file__).parent / "lib").glob("*.so")):
    raise ImportError("libc10_cuda.so: cannot open shared object file")
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and no interpreter named."""
    for one in ENVIRONMENTS.values():
        monkeypatch.delenv(one.variable, raising=False)
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def wheel(folder: Path) -> Path:
    """A package whose compiled part cannot be loaded."""
    path = folder / "like_torchaudio-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("like_torchaudio/__init__.py", CODE)
        file.writestr("like_torchaudio/lib/_compiled.so", "linked with CUDA")
        file.writestr(
            "like_torchaudio-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: like-torchaudio\nVersion: 1.0"
        )
        file.writestr(
            "like_torchaudio-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        names = [*file.namelist(), "like_torchaudio-1.0.dist-info/RECORD"]
        file.writestr(names[-1], "".join(f"{name},,\n" for name in names))
    return path


def test_one_is_made_found_and_known_by_its_recipe(tmp_path: Path) -> None:
    recipe = Environment("tiny", "SEPBENCH_PYTHON_TINY", (str(wheel(tmp_path)),), "like_torchaudio", "like_torchaudio")
    said: list[str] = []
    python = make(recipe, sys.executable, said.append)
    assert interpreter(recipe) == python == tmp_path / "cache" / "environments" / "tiny" / "bin" / "python"
    assert any("dropping the compiled parts of like_torchaudio" in line for line in said)
    other = Environment("tiny", "SEPBENCH_PYTHON_TINY", ("like_torchaudio==2.0",), "like_torchaudio")
    with pytest.raises(MissingData, match="environment tiny is not here"):
        interpreter(other)
    with pytest.raises(SepbenchError, match=r"ended with 1: given .*nowhere"):
        make(Environment("tiny", "", (str(tmp_path / "nowhere.whl"),), "like_torchaudio"), sys.executable, said.append)
    with pytest.raises(MissingData):  # what was whole is not taken for it after a failed attempt
        interpreter(recipe)


def test_the_variable_names_an_interpreter_a_folder_or_a_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = environment("msclap")
    for name in ("bin/python", "python9"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    for given, found in ((tmp_path, "bin/python"), (tmp_path / "python9", "python9"), ("python9", "python9")):
        monkeypatch.setenv(wanted.variable, str(given))
        assert interpreter(wanted) == tmp_path / found
    monkeypatch.setenv(wanted.variable, "python10")
    with pytest.raises(MissingData, match="SEPBENCH_PYTHON_MSCLAP=python10"):
        interpreter(wanted)


def test_what_cannot_be_made_says_why() -> None:
    with pytest.raises(SepbenchError, match="no recipe") as caught:
        make(environment("audio-flamingo-1"), sys.executable, print)
    assert "docs/afsim.md" in caught.value.remedy
    with pytest.raises(MissingData) as missing:
        interpreter(environment("audio-flamingo-1"))
    assert "docs/afsim.md" in missing.value.remedy
    with pytest.raises(SepbenchError, match="unknown environment") as unknown:
        environment("mscalp")
    assert "msclap" in unknown.value.remedy


def test_only_pythons_that_have_the_old_wheels_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    versions = {"old": (3, 9), "fitting": (3, 12), "new": (3, 13)}
    for name in versions:
        (tmp_path / name).symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environments, "_version", lambda path: versions[Path(path).name])
    assert suitable_python("fitting") == str(tmp_path / "fitting")
    for name in ("old", "new", "none"):
        with pytest.raises(SepbenchError, match=f"no Python that can hold the old packages: given {name}"):
            suitable_python(name)


def test_the_list_says_what_to_do() -> None:
    shown = CliRunner().invoke(app, ["list"])
    assert shown.exit_code == 0
    assert "sepbench environment make msclap" in shown.stdout and "SEPBENCH_PYTHON_LAION_CLAP" in shown.stdout
