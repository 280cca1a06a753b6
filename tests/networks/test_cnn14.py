"""Cnn14: the published files' keys and sizes, and what holds for any weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")

from sepbench.networks.cnn14 import Cnn14, DecisionLevelAtt, DecisionLevelMax, event_scores  # noqa: E402
from sepbench.networks.cnn14_trunk import PANNS_16K, PANNS_32K  # noqa: E402

KEYS = Path(__file__).parent.parent / "parity" / "fixtures"
TINY = (2, 3, 4, 5, 6, 8)


def noise(*shape: int) -> Any:
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("kind", "front_end", "name", "entries"),
    [
        (Cnn14, PANNS_32K, "audioldm_eval_32k", 84),
        (Cnn14, PANNS_16K, "audioldm_eval_16k", 84),
        (DecisionLevelMax, PANNS_32K, "decisionlevelmax_32k", 84),
        (DecisionLevelAtt, PANNS_32K, "decisionlevelatt_32k", 91),
    ],
)
def test_keys_and_shapes_are_the_official_ones(kind: Any, front_end: Any, name: str, entries: int) -> None:
    lines = (KEYS / f"panns_cnn14_{name}.keys.txt").read_text().splitlines()
    listed = {key: shape for key, shape, _ in (line.split("\t") for line in lines)}
    network = kind.__new__(kind)
    with torch.device("meta"):
        network.__init__(front_end)
    ours = {key: str(tuple(value.shape)) for key, value in network.state_dict().items()}
    assert ours | {key: str(shape) for key, shape in network.fixed.items()} == listed
    assert len(listed) == entries


@pytest.mark.parametrize(("kind", "parameters"), [(DecisionLevelAtt, 82_917_948), (DecisionLevelMax, 81_837_071)])
def test_sizes_are_the_official_ones(kind: Any, parameters: int) -> None:
    with torch.device("meta"):
        network = kind()
    fixed = sum(torch.Size(shape).numel() for shape in network.fixed.values())
    assert sum(value.numel() for value in network.parameters()) + fixed == parameters


@pytest.mark.parametrize("kind", [DecisionLevelMax, DecisionLevelAtt])
def test_frames_come_in_runs_of_32_and_the_last_run_goes_on(kind: Any) -> None:
    torch.manual_seed(0)
    with torch.inference_mode():
        tags = kind(widths=TINY)(noise(2, 150 * 320))
    assert tags.frames.shape == (2, 151, 527)
    runs = tags.frames.unique_consecutive(dim=1, return_counts=True)[1].tolist()
    assert runs == [32, 32, 32, 55]
    assert tags.clip.shape == (2, 527)
    low, high = tags.frames.amin(dim=1), tags.frames.amax(dim=1)
    assert ((low - 1e-6 <= tags.clip) & (tags.clip <= high + 1e-6)).all()


def test_fewer_than_32_frames_are_refused() -> None:
    network = Cnn14(widths=TINY)
    with pytest.raises(SepbenchError, match="given 31 frames; wanted 32 or more, which 9920 samples have"):
        network(noise(1, 9919))
    assert network(noise(1, 9920)).logits.shape == (1, 527)


def test_a_tone_is_loudest_in_its_band() -> None:
    tone = torch.sin(2 * torch.pi * 1000 / 32000 * torch.arange(32000))[None]
    logmel = Cnn14(widths=TINY).logmel(tone)[0]
    mels = np.linspace(50 / (200 / 3), 15 + np.log(14) * 27 / np.log(6.4), 66)
    assert abs(int(logmel.mean(dim=0).argmax()) - int(np.argmin(np.abs(mels[1:-1] - 15)))) <= 1


def test_silence_is_at_the_floor() -> None:
    assert (Cnn14(widths=TINY).logmel(torch.zeros(1, 16000)) == -100).all()


def test_single_scores_are_the_probabilities() -> None:
    probabilities = torch.rand(5)
    assert torch.equal(event_scores(probabilities, activation="single"), probabilities)
    with pytest.raises(SepbenchError, match="unknown activation of event scores: given triple"):
        event_scores(probabilities, activation="triple")
