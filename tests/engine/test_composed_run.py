"""Separators made of others in a run: the harness gives them what their bases need."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.engine.config import RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import LoadedSuite

TOML = """title = "Again"
paradigm = "mask"
licence = "MIT"
runtime = "{runtime}"

[config]
bases = ["template"]
"""
CODE = """from sepbench.separators.bases import open_bases
from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        (self.base,) = open_bases(config, device)
    def separate(self, requests):
        rate = requests[0].sample_rate
        answers = self.base.estimates(requests, sample_rate=rate)
        return [Estimate(r.item, answer, rate) for r, answer in zip(requests, answers)]
"""


def scored(suite: LoadedSuite, folder: Path, *models: str) -> Outcome:
    found = tuple(find_models(models, [folder]))
    return run(RunConfig(suite=suite, models=found, metrics=tuple(select(["si_sdr"])), out=folder / "run", limit=3))


@pytest.mark.parametrize("runtime", ["inline", "worker"])
def test_a_base_learns_from_the_clips_that_it_would_learn_from_alone(
    runtime: str, suite: LoadedSuite, tmp_path: Path
) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "adapter.toml").write_text(TOML.format(runtime=runtime))
    (tmp_path / "again" / "adapter.py").write_text(CODE)
    outcome = scored(suite, tmp_path, "template", "again")
    template, again = (outcome.summary["models"][name] for name in ("template", "again"))
    assert outcome.failed == 0 and again["metrics"]["si_sdr"]["n"] > 0
    assert again["metrics"] == template["metrics"]
    assert again["needs"] == template["needs"] == ["training_clips"]


def test_eventsep_without_weights_runs_from_end_to_end(suite: LoadedSuite, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    outcome = scored(suite, tmp_path, "eventsep:tiny-random")
    model = outcome.summary["models"]["eventsep:tiny-random"]
    assert outcome.failed == 0 and model["metrics"]["si_sdr"]["n"] > 0
    assert "untrained" in model["flags"] and model["trained_on"] == []
