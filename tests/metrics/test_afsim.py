"""AFSim with a tiny random Audio Flamingo 3: its limits, its statuses, and columns that never meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sepbench.embeddings import registry as embedders
from sepbench.embeddings.environments import ENVIRONMENTS
from sepbench.metrics import afsim, registry
from sepbench.metrics.measure import measure
from tests.embeddings.tiny_language_models import VARIABLES, save

pytest.importorskip("torch")
pytest.importorskip("transformers")

RATE = 16000
SECOND = np.arange(RATE) / RATE


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the architecture."""
    folder = tmp_path_factory.mktemp("audioflamingo3")
    save("audioflamingo3", folder)
    return folder


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No checkpoint, environment or kept vector but what a test makes."""
    for variable in (*VARIABLES.values(), *(one.variable for one in ENVIRONMENTS.values()), "SEPBENCH_WEIGHTS"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("SEPBENCH_CACHE", "HF_HUB_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    embedders.opened.cache_clear()
    yield
    embedders.opened.cache_clear()


@pytest.fixture
def flamingo(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Audio Flamingo 3 is here."""
    monkeypatch.setenv("SEPBENCH_EMBEDDER_AF3", str(checkpoint))


def chirp(start: float, stop: float, rate: int = RATE) -> np.ndarray:
    time = np.arange(rate) / rate
    return 0.3 * np.sin(2 * np.pi * (start * time + (stop - start) * time**2 / 2))


def value_of(estimate: np.ndarray, reference: np.ndarray, rate: int = RATE) -> float:
    (found,) = measure(estimate=estimate, reference=reference, sample_rate=rate, metrics=["afsim@af3"]).values()
    assert found.status == "ok" and found.value is not None
    return found.value


def test_identical_signals_are_one_and_others_less(flamingo: None) -> None:
    one, other = chirp(300, 400), chirp(3000, 200) * np.hanning(RATE)
    assert value_of(one, one) == pytest.approx(1, abs=1e-12)
    assert value_of(one, other) < 0.999
    assert value_of(one, other) == pytest.approx(value_of(other, one), abs=1e-12)


def test_values_are_kept_and_the_same_again(flamingo: None, tmp_path: Path) -> None:
    one, other = chirp(300, 400), chirp(3000, 200)
    first = value_of(one, other)
    kept = list((tmp_path / "SEPBENCH_CACHE" / "embeddings").rglob("*.npy"))
    assert len(kept) == 2
    assert value_of(one, other) == first
    for path in kept:
        path.unlink()
    embedders.opened.cache_clear()
    assert value_of(one, other) == first


def test_audio_of_a_lower_rate_is_brought_up(flamingo: None) -> None:
    low, other = chirp(300, 400, 8000), chirp(1000, 200, 8000)
    high, other_high = chirp(300, 400), chirp(1000, 200)
    assert value_of(low, other, 8000) == pytest.approx(value_of(high, other_high), abs=0.02)


@pytest.mark.parametrize(
    ("estimate", "reference", "status"),
    [
        (0 * SECOND, chirp(300, 400), "estimate_silent"),
        (chirp(300, 400), 0 * SECOND, "reference_silent"),
        (chirp(300, 400)[:1599], chirp(300, 400)[:1599], "too_short"),
        (chirp(300, 400) * np.nan, chirp(300, 400), "not_finite"),
    ],
)
def test_what_has_no_value_has_a_status(
    flamingo: None, estimate: np.ndarray, reference: np.ndarray, status: str
) -> None:
    (found,) = measure(estimate=estimate, reference=reference, sample_rate=RATE, metrics=["afsim@af3"]).values()
    assert (found.value, found.status) == (None, status)


def test_models_that_are_not_here_are_unavailable() -> None:
    names = [metric.name for metric in afsim.METRICS]
    found = measure(estimate=chirp(300, 400), reference=chirp(300, 500), sample_rate=RATE, metrics=names)
    assert {name: (one.value, one.status) for name, one in found.items()} == dict.fromkeys(names, (None, "unavailable"))


def test_a_column_is_one_model_and_says_which(flamingo: None) -> None:
    assert len({metric.embedder for metric in afsim.METRICS}) == len(afsim.METRICS)
    assert all("approximate" in metric.label for metric in afsim.METRICS)
    here, gone = registry.get("afsim@af3").signature, registry.get("afsim@music-flamingo").signature
    assert "audio-flamingo-3:hf.v1" in here and "describe_the_sound_in_a_sentence" in here and "layer-2" in here
    assert here.split("embedder:")[1].rsplit(".", 1)[1] != "unavailable" and gone.endswith(".unavailable")
