"""Judges of other environments: the scripts for real, around stand-ins for the packages that only those hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sepbench import measure
from sepbench.embeddings import registry
from sepbench.errors import SepbenchError
from sepbench.metrics import outside_judges
from sepbench.metrics.metric import Undefined
from sepbench.metrics.outside_judges import judge_rating
from tests.embeddings.upstream import write_interpreter

pytest.importorskip("torch")

AESTHETICS = ["audiobox_ce", "audiobox_cu", "audiobox_pc", "audiobox_pq"]
JUDGE = ["judge_overall", "judge_recall", "judge_precision", "judge_faithfulness"]
RATE = 48000
RNG = np.random.Generator(np.random.PCG64(0))
ESTIMATE, MIXTURE = 0.1 * RNG.standard_normal((2, RATE))

AUDIOBOX = '''
"""As audiobox-aesthetics 0.0.4: a dataclass that loads when it is made, and rows of axes by name."""
from dataclasses import dataclass
import torch


@dataclass
class AesPredictor:
    checkpoint_pth: str
    precision: str = "bf16"
    batch_size: int = 1
    data_col: str = "path"
    sample_rate: int = 16000

    def __post_init__(self):
        self.factor = torch.load(self.checkpoint_pth, weights_only=True)["factor"]

    def forward(self, batch):
        waves = [one[self.data_col] for one in batch]
        assert all(wave.ndim == 2 and one["sample_rate"] == 16000 for wave, one in zip(waves, batch))
        levels = [float(wave.abs().mean()) for wave in waves]
        return [{"CE": self.factor * x, "CU": 2 * x, "PC": 3 * x, "PQ": 4 * x} for x in levels]
'''
SAM_AUDIO = '''
"""As sam_audio: a processor and a model, both from a folder; ratings come as (batch, 1)."""
import json
import os
from pathlib import Path
from types import SimpleNamespace
import torch

print("this goes to stderr, not among the frames")


class Inputs(dict):
    def to(self, device):
        assert device == "cpu"
        return self


class SAMAudioJudgeProcessor:
    @classmethod
    def from_pretrained(cls, folder):
        assert json.loads((Path(folder) / "config.json").read_text())["audio_codec"]
        return cls()

    def __call__(self, text, input_audio, separated_audio, sampling_rate):
        assert sampling_rate == 48000 and all(wave.ndim == 2 for wave in (*input_audio, *separated_audio))
        return Inputs(words=text, heard=torch.stack(input_audio), found=torch.stack(separated_audio))


class SAMAudioJudgeModel(torch.nn.Module):
    @classmethod
    def from_pretrained(cls, folder):
        model = cls()
        model.asked = Path(folder) / "asked"
        return model

    def forward(self, words, heard, found):
        if float(found[0, 0, 0]) == 0.5:
            os._exit(3)
        with self.asked.open("a") as file:
            file.write(words[0] + "\\n")
        value = lambda x: torch.full((1, 1), float("nan") if float(found[0, 0, 0]) == 0.25 else float(x))
        return SimpleNamespace(
            overall=value(heard.abs().mean()), recall=value(found.abs().mean()), precision=value(len(words[0])),
            faithfulness=value(4),
        )
'''


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty cache, no weights and no environment; processes end with the test."""
    for name in ("SEPBENCH_CACHE", "SEPBENCH_WEIGHTS", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("SEPBENCH_PYTHON_AUDIOBOX", "SEPBENCH_PYTHON_SAM_AUDIO"):
        monkeypatch.delenv(name, raising=False)
    registry.opened.cache_clear()
    outside_judges._judge.cache_clear()
    yield tmp_path
    if outside_judges._judge.cache_info().currsize:
        outside_judges._judge().close()
    if registry.opened.cache_info().currsize:
        registry.opened("audiobox-aesthetics:1.0").close()  # type: ignore[attr-defined]
    registry.opened.cache_clear()
    outside_judges._judge.cache_clear()


def packages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that has both packages."""
    for name, content in {
        "audiobox_aesthetics/__init__.py": "",
        "audiobox_aesthetics/infer.py": AUDIOBOX,
        "sam_audio/__init__.py": SAM_AUDIO,
    }.items():
        path = folder / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    write_interpreter(folder / "python", folder / "packages")
    for name in ("SEPBENCH_PYTHON_AUDIOBOX", "SEPBENCH_PYTHON_SAM_AUDIO"):
        monkeypatch.setenv(name, str(folder / "python"))


def checkpoint(folder: Path) -> Path:
    """The judge's folder, as far as it is looked at."""
    path = folder / "SEPBENCH_WEIGHTS" / "sam-audio-judge"
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"audio_codec": {"sample_rate": 48000}}')
    return path


def judged(estimate: np.ndarray) -> float:
    return judge_rating(estimate=estimate, mixture=MIXTURE, query="a dog", sample_rate=RATE, axis="recall")


def test_aesthetics_are_the_packages_rows(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    packages(elsewhere, monkeypatch)
    path = elsewhere / "SEPBENCH_WEIGHTS" / "audiobox-aesthetics" / "checkpoint.pt"
    path.parent.mkdir(parents=True)
    torch.save({"factor": 10.0}, path)
    clip = ESTIMATE[:16000]
    scores = measure(estimate=clip, reference=clip, sample_rate=16000, metrics=AESTHETICS)
    level = float(np.abs(clip).mean())
    assert [scores[name].value for name in AESTHETICS] == pytest.approx([10 * level, 2 * level, 3 * level, 4 * level])


def test_the_judge_hears_all_three_and_is_asked_once(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(elsewhere, monkeypatch)
    folder = checkpoint(elsewhere)
    given = {"estimate": ESTIMATE, "reference": ESTIMATE, "mixture": MIXTURE, "sample_rate": RATE, "query": "a dog"}
    scores = measure(**given, metrics=JUDGE)
    wanted = [float(np.abs(MIXTURE).mean()), float(np.abs(ESTIMATE).mean()), len("a dog"), 4.0]
    assert [scores[name].value for name in JUDGE] == pytest.approx(wanted, rel=1e-6)
    assert (folder / "asked").read_text() == "a dog\n"


def test_a_judge_that_falls_is_asked_again(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(elsewhere, monkeypatch)
    checkpoint(elsewhere)
    before = judged(ESTIMATE)
    fatal, undefined = ESTIMATE.copy(), ESTIMATE.copy()
    fatal[0], undefined[0] = 0.5, 0.25
    with pytest.raises(SepbenchError, match="process of facebook/sam-audio-judge ended with exit code 3"):
        judged(fatal)
    with pytest.raises(SepbenchError, match="other ratings than four finite ones"):
        judged(undefined)
    assert judged(ESTIMATE) == before


def test_what_is_not_here_is_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"estimate": ESTIMATE, "reference": ESTIMATE, "mixture": MIXTURE, "sample_rate": RATE, "query": "a dog"}
    scores = measure(**given, metrics=[*AESTHETICS, *JUDGE])
    assert {score.status for score in scores.values()} == {"unavailable"}
    with pytest.raises(Undefined, match="hf download facebook/sam-audio-judge"):
        judged(ESTIMATE)
    checkpoint(elsewhere)
    with pytest.raises(Undefined, match=r"environment sam-audio is not here.*SEPBENCH_PYTHON_SAM_AUDIO"):
        judged(ESTIMATE)
    write_interpreter(elsewhere / "bare", elsewhere / "nothing")
    monkeypatch.setenv("SEPBENCH_PYTHON_SAM_AUDIO", str(elsewhere / "bare"))
    with pytest.raises(Undefined, match=r"lacks a package: given .*No module named 'sam_audio'"):
        judged(ESTIMATE)


def test_what_the_judge_is_not_asked() -> None:
    for estimate, mixture, status in (
        (0 * ESTIMATE, MIXTURE, "estimate_silent"),
        (ESTIMATE, 0 * MIXTURE, "reference_silent"),
        (ESTIMATE[:-1], MIXTURE, "length_mismatch"),
    ):
        with pytest.raises(Undefined) as caught:
            judge_rating(estimate=estimate, mixture=mixture, query="a dog", sample_rate=RATE, axis="overall")
        assert caught.value.status == status
    with pytest.raises(SepbenchError, match="wanted 48000 Hz"):
        judge_rating(estimate=ESTIMATE, mixture=MIXTURE, query="a dog", sample_rate=16000, axis="overall")
    scores = measure(estimate=ESTIMATE, reference=ESTIMATE, mixture=MIXTURE, sample_rate=RATE, metrics=JUDGE)
    assert {score.status for score in scores.values()} == {"missing_input"}
