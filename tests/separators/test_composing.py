"""Separators made of others: their facts, their revisions, and how they are asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.audio import resample
from sepbench.errors import InvalidRecord, MissingData, SeparatorFailure
from sepbench.separators.bases import Base, open_bases
from sepbench.separators.composing import with_folders
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import InlineRunner
from sepbench.separators.runner import open_runner
from sepbench.separators.separator import Request
from sepbench.separators.weight_files import require_weights
from sepbench.separators.worker_runner import WorkerRunner

TOML = 'title = "T"\nparadigm = "mask"\nlicence = "MIT"\n'
CODE = """import os
from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        self.config = config
    def separate(self, requests):
        return [Estimate(r.item, {audio}, r.sample_rate) for r in requests]
"""
SUM = """from sepbench.separators.bases import open_bases
from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        self.bases = open_bases(config, device)
    def separate(self, requests):
        parts = [base.estimates(requests, sample_rate=requests[0].sample_rate) for base in self.bases]
        return [Estimate(r.item, sum(answers), r.sample_rate) for r, *answers in zip(requests, *parts)]
"""
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an adapter out of single lines."""

    def make(name: str, toml: str = "", *, audio: str = "r.mixture", code: str = "") -> None:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "adapter.toml").write_text(TOML + toml)
        (folder / "adapter.py").write_text(code or CODE.format(audio=audio))

    return make


def made_of(*bases: str) -> str:
    return f"[config]\nbases = {list(bases)}\n"


def request(samples: int = 8000, rate: int = 16000) -> Request:
    tone = np.sin(2 * np.pi * 440 * np.arange(samples) / rate).astype(np.float32)
    return Request("item.0", tone, rate, "dog", "extract")


def opened(tmp_path: Path, name: str) -> Base:
    (model,) = find_models([name], [tmp_path])
    config: dict[str, Any] = {"bases": [name], "base_folders": {name: str(tmp_path / name)}}
    (base,) = open_bases(config, "cpu")
    assert base.model == model
    return base


def test_facts_come_from_the_bases(write: Write, tmp_path: Path) -> None:
    write("one", 'needs = ["training_clips"]\ntrained_on = ["esc50"]\n')
    write("two", 'deterministic = false\ntrained_on = ["clotho", "esc50"]\nuntrained = true\n')
    write("both", 'trained_on = ["audioset"]\n' + made_of("one", "two"), code=SUM)
    (both,) = find_models(["both"], [tmp_path])
    assert [base.name for base in both.bases] == ["one", "two"]
    assert both.file.needs == ("training_clips",) and both.file.trained_on == ("audioset", "esc50", "clotho")
    assert both.file.untrained and not both.file.deterministic


def test_other_code_of_a_base_is_another_model(write: Write, tmp_path: Path) -> None:
    write("one")
    write("alone")
    write("whole", made_of("one"), code=SUM)
    before = find_models(["whole", "alone"], [tmp_path])
    write("one", audio="r.mixture / 2")
    after = find_models(["whole", "alone"], [tmp_path])
    assert before[0].revision != after[0].revision and before[1].revision == after[1].revision
    write("one", "[config]\nsteps = 3\n", audio="r.mixture / 2")
    assert find_models(["whole"], [tmp_path])[0].revision != after[0].revision


def test_bases_of_bases_are_found_and_asked(write: Write, tmp_path: Path) -> None:
    write("half", audio="r.mixture / 2")
    write("twice", made_of("half", "half"), code=SUM)
    write("thrice", 'runtime = "worker"\n' + made_of("twice", "half", "twice", "half"), code=SUM)
    (model,) = find_models(["thrice"], [tmp_path])
    runner = open_runner(model, config=model.config, device="cpu")
    try:
        (answer,) = runner.separate([request()])
    finally:
        runner.close()
    np.testing.assert_allclose(answer.audio, 3 * request().mixture, rtol=1e-6)


def test_what_the_suite_adds_reaches_the_base_that_needs_it(write: Write, tmp_path: Path) -> None:
    write("learner", 'needs = ["training_clips"]\n', audio="r.mixture * self.config['training']['sample_rate']")
    write("plain", audio="r.mixture * ('training' in self.config)")
    write("whole", made_of("learner", "plain"), code=SUM)
    (model,) = find_models(["whole"], [tmp_path])
    config = model.config | {"training": {"sample_rate": 7}}
    (answer,) = open_runner(model, config=config, device="cpu").separate([request()])
    np.testing.assert_array_equal(answer.audio, 7 * request().mixture)


def test_a_base_hears_its_own_rate_and_answers_at_the_wanted_one(write: Write, tmp_path: Path) -> None:
    write("low", "sample_rate = 8000\n", audio="r.mixture if r.sample_rate == 8000 else 1 / 0")
    (answer,) = opened(tmp_path, "low").estimates([request(8001)], sample_rate=32000)
    assert len(answer) == 16002 and answer.dtype == np.float32
    wanted = resample(request(8001).mixture, 16000, 32000)
    np.testing.assert_allclose(answer[500:-500], wanted[500:-500], atol=1e-3)


@pytest.mark.parametrize(("cut", "zeros"), [(0, 0), (320, 320), (-9, 0)])
def test_up_to_20_ms_are_fitted(cut: int, zeros: int, write: Write, tmp_path: Path) -> None:
    write("near", audio=f"__import__('numpy').resize(r.mixture, len(r.mixture) - {cut})")
    (answer,) = opened(tmp_path, "near").estimates([request()], sample_rate=16000)
    wanted = request().mixture.copy()
    wanted[8000 - zeros :] = 0
    np.testing.assert_array_equal(answer, wanted)


def test_another_length_is_the_bases_fault(write: Write, tmp_path: Path) -> None:
    write("short", audio="r.mixture[321:]")
    with pytest.raises(SeparatorFailure, match=r"estimate of short for item\.0 has another length: given 7679"):
        opened(tmp_path, "short").estimates([request()], sample_rate=16000)


def test_a_process_of_its_own_only_for_another_interpreter(write: Write, tmp_path: Path) -> None:
    write("ours", 'runtime = "worker"\n', audio="r.mixture * 0 + os.getpid() % 1000")
    write("theirs", f'runtime = "worker"\npython = "{sys.executable}"\n')
    assert isinstance(opened(tmp_path, "ours").runner, InlineRunner)
    runner = opened(tmp_path, "theirs").runner
    assert isinstance(runner, WorkerRunner)
    runner.close()


def test_what_cannot_be_put_together_is_said(write: Write, tmp_path: Path) -> None:
    write("lost", made_of("mixtur"), code=SUM)
    with pytest.raises(MissingData, match="unknown model: given mixtur in lost") as unknown:
        find_models(["lost"], [tmp_path])
    assert "did you mean mixture?" in unknown.value.remedy
    write("lost", made_of("found"), code=SUM)
    write("found", made_of("lost"), code=SUM)
    with pytest.raises(InvalidRecord, match="made of itself: given lost of found of lost"):
        find_models(["lost"], [tmp_path])
    write("lost", '[config]\nbases = "found"\n', code=SUM)
    with pytest.raises(InvalidRecord, match="setting bases of lost: given found; wanted a list of models"):
        find_models(["lost"], [tmp_path])


def test_weights_of_bases_are_asked_for(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    write("net", '[[weights]]\nurl = "https://example.org/net.pt"\nfile = "net.pt"\nlicence = "MIT"\n')
    write("whole", made_of("net"), code=SUM)
    (model,) = find_models(["whole"], [tmp_path])
    with pytest.raises(MissingData, match=r"net\.pt") as missing:
        require_weights(model)
    assert missing.value.remedy == "sepbench weights fetch net"


def test_settings_of_models_without_bases_stay_as_they_are() -> None:
    (model,) = find_models(["mixture"])
    assert with_folders(model, {"a": 1}) == {"a": 1} and model.bases == ()
