"""The tiny trained models that ship: what is said of them, and that they beat the untouched mixture on demo items."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.audio import resample
from sepbench.corpora.corpus import open_corpus
from sepbench.metrics.lsd import lsd
from sepbench.metrics.psnr import psnr_mel
from sepbench.metrics.waveform import si_sdr
from sepbench.mixing import reference, render
from sepbench.separators.inline import load_separator
from sepbench.separators.separator import Request
from sepbench.separators.spec import load_model
from sepbench.suite import Item, find_suite, load_suite

ROOT = Path(__file__).parents[2]
ADAPTERS, RECIPES = ROOT / "adapters", ROOT / "recipes"
RATE = 16000
Gains = dict[str, float]


def chosen(count: int, *, below_db: float) -> list[Item]:
    """Items that extract what is there, by label, the target below a ratio to all others; evenly taken."""
    items = [
        item
        for item in load_suite(find_suite("demo")).items()
        if item.query.kind == "label" and item.query.mode == "extract" and item.query.sources == (0,)
        if (item.mixture.snr_db or 0.0) < below_db
    ]
    return items[:: len(items) // count][:count]


def gains(adapter: str, metrics: dict[str, Callable[..., float]], items: list[Item]) -> Gains:
    """Mean change over the mixture, by metric."""
    model = load_model(ADAPTERS / adapter, "tiny")
    separator = load_separator(model)
    separator.load(model.config, "cpu")
    found: dict[str, list[float]] = {name: [] for name in metrics}
    for item in items:
        clips = [open_corpus(source.corpus).read(source.clip) for source in item.mixture.sources]
        rendered = render(item.mixture, clips)
        heard = resample(rendered.mixture, rendered.sample_rate, RATE)
        wanted = resample(reference(rendered, item.query), rendered.sample_rate, RATE).astype(np.float64)
        (answer,) = separator.separate([Request(item.name, heard, RATE, item.query.text or "", "extract")])
        assert len(answer.audio) == len(heard) and np.isfinite(answer.audio).all()
        for name, metric in metrics.items():
            scores = [metric(estimate=one.astype(np.float64), reference=wanted) for one in (answer.audio, heard)]
            found[name].append(scores[0] - scores[1])
    return {name: float(np.mean(changes)) for name, changes in found.items()}


def at_rate(**pair: np.ndarray) -> float:
    """The distance at the demo's rate."""
    return lsd(sample_rate=RATE, **pair)


@pytest.mark.parametrize("adapter", ["codecsep", "hsm_tss"])
def test_they_are_small_trained_and_in_the_demo_s_domain(adapter: str) -> None:
    model = load_model(ADAPTERS / adapter, "tiny")
    assert model.file.trained_on == ("synthetic",) and not model.file.untrained and model.file.weights == ()
    assert 100_000 < (ADAPTERS / adapter / model.config["own"]).stat().st_size < 5_000_000


def test_codecsep_raises_si_sdr() -> None:
    assert gains("codecsep", {"si_sdr": si_sdr}, chosen(22, below_db=16.0))["si_sdr"] > 1.0  # single items: -8 to 17 dB


def test_hsm_tss_raises_mel_psnr_and_lowers_lsd() -> None:
    found = gains("hsm_tss", {"psnr_mel": psnr_mel, "lsd": at_rate}, chosen(16, below_db=16.0))
    assert found["psnr_mel"] > 0.3 and found["lsd"] < -0.05


@pytest.mark.slow
def test_over_the_whole_demo_suite_each_beats_the_mixture_by_its_papers_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPBENCH_EMBEDDER_PANNS", str(RECIPES / "tagger" / "tiny.safetensors"))
    models, metrics = "codecsep:tiny,hsm_tss:tiny,mixture", "si_sdr,psnr_mel,lsd,kl_softmax@own"
    run = [sys.executable, "-m", "sepbench", "run", "--models", models, "--suite", "demo", "--metrics", metrics]
    subprocess.run([*run, "--out", str(tmp_path)], check=True, capture_output=True)
    scored = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["models"]
    codecsep, hsm_tss, mixture = (
        {name: one["value"] for name, one in scored[model]["metrics"].items()} for model in models.split(",")
    )
    assert codecsep["si_sdr"] > mixture["si_sdr"]
    assert hsm_tss["psnr_mel"] > mixture["psnr_mel"]
    assert hsm_tss["lsd"] < mixture["lsd"]
    assert hsm_tss["kl_softmax@own"] < mixture["kl_softmax@own"]
