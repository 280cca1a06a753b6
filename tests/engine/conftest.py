"""A small suite on the synthetic corpus, and a run of it in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sepbench.engine.config import KeepAudio, RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.metrics.registry import select
from sepbench.protocols.build import build
from sepbench.protocols.recipe import QueryShares, Recipe
from sepbench.separators.discovery import find_models
from sepbench.suite import LoadedSuite, load_suite

ADAPTERS = Path(__file__).parent.parent / "adapters"
METRICS = ("sdr", "sdri", "si_sdr", "si_sdri", "lsd", "silent_output_rate", "absent_output_level")
SUITE = """schema = 1
name = "small"
title = "Small"
description = "Eight mixtures"
manifests = ["small"]
scoring_rate = 16000
metrics = ["sdr"]
"""


@pytest.fixture(scope="session")
def suite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight one-second mixtures, each with a label, an absent and a removal query."""
    folder = tmp_path_factory.mktemp("suite")
    recipe = Recipe(
        schema=1,
        name="small",
        seed=5,
        corpora=("synthetic",),
        split="test",
        rows=8,
        sample_rate=16000,
        seconds=1.0,
        snr_db=(-10.0, 10.0),
        gains="frozen",
        queries=QueryShares(label=1.0, absent=1.0, remove=1.0),
    )
    build(recipe, folder / "small.jsonl")
    (folder / "small.toml").write_text(SUITE)
    return folder / "small.toml"


@pytest.fixture(scope="session")
def suite(suite_file: Path) -> LoadedSuite:
    return load_suite(suite_file)


@pytest.fixture
def score(suite: LoadedSuite, tmp_path: Path) -> Callable[..., Outcome]:
    """Run models on the small suite into the test's own folder."""

    def start(models: str, *, out: str = "run", metrics: tuple[str, ...] = METRICS, **changes: object) -> Outcome:
        config = RunConfig(
            suite=suite,
            models=tuple(find_models(models.split(","), [ADAPTERS])),
            metrics=tuple(select(metrics)),
            out=tmp_path / out,
            **{"keep_audio": KeepAudio("none"), **changes},  # type: ignore[arg-type]
        )
        return run(config)

    return start
