"""Separators made of others in a run: the harness gives them what their bases need."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.engine.config import RunConfig
from sepbench.engine.run import Outcome, run
from sepbench.metrics.registry import select
from sepbench.separators.discovery import find_models
from sepbench.suite import LoadedSuite

HEAD = 'paradigm = "mask"\nlicence = "MIT"\n'
LEARNER = """from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        self.clips = len(config["training"]["excluded_groups"])
    def separate(self, requests):
        return [Estimate(r.item, r.mixture + r.mixture**2 / self.clips, r.sample_rate) for r in requests]
"""
AGAIN = """from sepbench.separators.bases import open_bases
from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        (self.base,) = open_bases(config, device)
    def separate(self, requests):
        rate = requests[0].sample_rate
        answers = self.base.estimates(requests, sample_rate=rate)
        return [Estimate(r.item, answer, rate) for r, answer in zip(requests, answers)]
"""


def write(folder: Path, name: str, toml: str, code: str) -> None:
    (folder / name).mkdir()
    (folder / name / "adapter.toml").write_text(f'title = "{name}"\n{HEAD}{toml}')
    (folder / name / "adapter.py").write_text(code)


def scored(suite: LoadedSuite, folder: Path, *models: str) -> Outcome:
    found = tuple(find_models(models, [folder]))
    return run(RunConfig(suite=suite, models=found, metrics=tuple(select(["si_sdr"])), out=folder / "run", limit=3))


@pytest.mark.parametrize("runtime", ["inline", "worker"])
def test_a_base_learns_from_the_clips_that_it_would_learn_from_alone(
    runtime: str, suite: LoadedSuite, tmp_path: Path
) -> None:
    write(tmp_path, "learner", 'needs = ["training_clips"]\n', LEARNER)
    write(tmp_path, "again", f'runtime = "{runtime}"\n[config]\nbases = ["learner"]\n', AGAIN)
    outcome = scored(suite, tmp_path, "learner", "again")
    learner, again = (outcome.summary["models"][name] for name in ("learner", "again"))
    assert outcome.failed == 0 and again["metrics"]["si_sdr"]["n"] > 0
    assert again["metrics"] == learner["metrics"]
    assert again["needs"] == learner["needs"] == ["training_clips"]


def test_eventsep_without_weights_runs_from_end_to_end(suite: LoadedSuite, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    outcome = scored(suite, tmp_path, "eventsep:tiny-random")
    model = outcome.summary["models"]["eventsep:tiny-random"]
    assert outcome.failed == 0 and model["metrics"]["si_sdr"]["n"] > 0
    assert "untrained" in model["flags"] and model["trained_on"] == []
