"""Fixtures of worker processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sepbench.separators.discovery import find_models
from sepbench.separators.spec import Model, load_model
from sepbench.separators.worker_runner import WorkerRunner
from tests.separators.worker_setting import ADAPTERS, CODE, TOML, Start, Write


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a model in a worker that is closed after the test."""
    with contextlib.ExitStack() as opened:

        def begin(
            model: Model | str, *, logs: Path | None = None, device: str = "cpu", **config: object
        ) -> WorkerRunner:
            if isinstance(model, str):
                (model,) = find_models([model], [ADAPTERS])
            runner = WorkerRunner(model, {**model.config, **config}, device, logs)
            opened.callback(runner.close)
            return runner

        yield begin


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an adapter out of single lines."""

    def make(toml: str = "", *, load: str = "pass", separate: str = "pass", audio: str = "r.mixture") -> Model:
        folder = tmp_path / "written"
        folder.mkdir(exist_ok=True)
        (folder / "adapter.toml").write_text(TOML + toml)
        (folder / "adapter.py").write_text(CODE.format(load=load, separate=separate, audio=audio))
        return load_model(folder)

    return make
