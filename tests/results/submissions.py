"""A small run with all of its answers kept, and its archive in the hands of somebody who edits it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sepbench.engine.config import KeepAudio, RunConfig
from sepbench.engine.run import run
from sepbench.metrics.registry import select
from sepbench.protocols.build import build
from sepbench.protocols.recipe import QueryShares, Recipe
from sepbench.results.rows import Row, read_rows, row_line
from sepbench.separators.discovery import find_models
from sepbench.suite import load_suite

ADAPTERS = Path(__file__).parent.parent / "adapters"
METRICS = ("si_sdri", "lsd", "silent_output_rate", "absent_output_level")
SUITE = """schema = 1
name = "small"
title = "Small"
description = "Six mixtures"
manifests = ["small"]
scoring_rate = 16000
metrics = ["si_sdri"]
slices = ["mode", "kind"]
"""


def small_suite(folder: Path) -> Path:
    """Six one-second mixtures with three queries each; the folder to look for ``small`` in."""
    recipe = Recipe(
        schema=1,
        name="small",
        seed=7,
        corpora=("synthetic",),
        split="test",
        rows=6,
        sample_rate=16000,
        seconds=1.0,
        snr_db=(-10.0, 10.0),
        gains="frozen",
        queries=QueryShares(label=1.0, absent=1.0, remove=1.0),
    )
    build(recipe, folder / "small.jsonl")
    (folder / "small.toml").write_text(SUITE)
    return folder


def small_run(manifests: Path, out: Path, *, metrics: Sequence[str] = METRICS, **changes: Any) -> Path:
    """A run of two models on it."""
    settings: dict[str, Any] = {"keep_audio": KeepAudio("all")} | changes
    models = tuple(find_models(["half", "oracle-irm"], [ADAPTERS]))
    run(RunConfig(load_suite(manifests / "small.toml"), models, tuple(select(metrics)), out, **settings))
    return out


class Forged:
    """An archive that was unpacked to be edited."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self.folder = folder
        with ZipFile(archive) as opened:
            opened.extractall(folder)

    def edit_rows(self, edit: Callable[[Row], Row]) -> None:
        """Other rows, each with the right checksum."""
        write_rows(self.folder / "rows.jsonl", edit)

    def edit_json(self, name: str, edit: Callable[[dict[str, Any]], object]) -> None:
        """Another summary or record."""
        content = json.loads((self.folder / name).read_text())
        edit(content)
        (self.folder / name).write_text(json.dumps(content))

    def answers(self) -> list[Path]:
        """The waveforms."""
        return sorted((self.folder / "estimates").rglob("*.wav"))

    def recount(self) -> None:
        """List the files anew, as an attacker would."""
        files = {
            path.relative_to(self.folder).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }
        (self.folder / "manifest.json").write_text(json.dumps({"schema": 1, "files": files}))

    def archive(self) -> Path:
        """As one file again."""
        path = self.folder.with_suffix(".zip")
        with ZipFile(path, "w") as opened:
            for file in sorted(self.folder.rglob("*")):
                opened.write(file, file.relative_to(self.folder).as_posix())
        return path


def write_rows(path: Path, edit: Callable[[Row], Row]) -> None:
    """Every row of a file as `edit` makes it."""
    path.write_text("".join(row_line(edit(row)) + "\n" for row in read_rows(path)))
