"""A small list on the synthetic corpus with its suite, and a run of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.protocols.dispatch import build_list
from tests.fuzz.guarding import command
from tests.fuzz.mutations import toml_text
from tests.fuzz.originals import RECIPE, SUITE, run_words


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``small.jsonl``, ``small.meta.json``, ``small.toml`` and ``drawn.recipe.toml``."""
    folder = tmp_path_factory.mktemp("originals")
    (folder / "small.toml").write_bytes(toml_text(SUITE))
    (folder / "drawn.recipe.toml").write_bytes(toml_text(RECIPE))
    build_list(folder / "drawn.recipe.toml", folder / "small.jsonl")
    return folder


@pytest.fixture(scope="session")
def finished(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of two models on that list."""
    folder = tmp_path_factory.mktemp("finished")
    ended = command(run_words(originals, folder / "run"), folder)
    assert ended.code == 0, ended.stderr
    return folder / "run"
