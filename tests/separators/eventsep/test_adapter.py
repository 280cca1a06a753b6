"""The adapter: masks on mixtures, bases that are asked, ensembles of their answers. Bases are a line of code each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
import torch

from sepbench.errors import MissingData, SepbenchError
from sepbench.networks.cnn14 import FrameTags
from sepbench.separators.composing import assemble, composed, with_folders
from sepbench.separators.discovery import adapter_folders, find_models
from sepbench.separators.eventsep.audioset_classes import class_names
from sepbench.separators.inline import load_separator
from sepbench.separators.runner import open_runner
from sepbench.separators.separator import Cost, Part, Request
from sepbench.separators.spec import load_model

RATE = 32000
TOML = 'title = "T"\nparadigm = "mask"\nlicence = "MIT"\nsample_rate = {rate}\n'
CODE = """from sepbench.separators.separator import Cost, Estimate, Part
class Adapter:
    def load(self, config, device):
        pass
    def separate(self, requests):
        return [Estimate(r.item, {audio}, r.sample_rate) for r in requests]
"""
COST = """
    def cost(self, seconds):
        return Cost(seconds, {"net": Part(5, 0, 0, macs=round(1000 * seconds))})
"""
Open = Callable[..., Any]


@pytest.fixture
def eventsep(tmp_path: Path) -> Open:
    """The tiny adapter with other settings, and bases that answer with an expression of `r`."""

    def start(first: str = "r.mixture", second: str = "", *, costs: bool = True, **config: object) -> Any:
        names = []
        for name, audio, rate in (("first", first, RATE), ("second", second, RATE // 2)):
            if audio:
                names.append(name)
                folder = tmp_path / name
                folder.mkdir(exist_ok=True)
                (folder / "adapter.toml").write_text(TOML.format(rate=rate))
                (folder / "adapter.py").write_text(CODE.format(audio=audio) + (COST if costs else ""))
        found = load_model(adapter_folders()["eventsep"], "tiny-random")
        alone = {} if second else {"ensemble": "none"}
        model = replace(found, config=found.config | alone | {"bases": names} | config)
        model = composed(model, [assemble(name, adapter_folders([tmp_path])) for name in names])
        adapter = load_separator(model)
        adapter.load(with_folders(model, model.config), "cpu")
        return adapter

    return start


def noise(seconds: float = 2.0, item: str = "item.0", query: str = "a dog barking") -> Request:
    rng = np.random.Generator(np.random.PCG64(7))
    mixture = (0.1 * rng.standard_normal(round(seconds * RATE))).astype(np.float32)
    return Request(item, mixture, RATE, query, "extract")


def tone(seconds: float = 2.0) -> Request:
    time = np.arange(round(seconds * RATE)) / RATE
    return replace(noise(), mixture=(0.3 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32))


def only(adapter: Any, request: Request) -> np.ndarray:
    (estimate,) = adapter.separate([request])
    assert (estimate.item, estimate.sample_rate) == (request.item, RATE)
    assert len(estimate.audio) == len(request.mixture) and estimate.audio.dtype == np.float32
    found: np.ndarray = estimate.audio
    return found


@pytest.mark.parametrize(("mask", "tau"), [("hard", 0.3), ("hard", 0.5), ("soft", 0.5), ("none", 1.0)])
def test_the_second_sigmoid_lets_everything_through_up_to_one_half(mask: str, tau: float, eventsep: Open) -> None:
    adapter = eventsep(mask=mask, tau=tau, sed_activation="double")
    np.testing.assert_array_equal(only(adapter, noise()), noise().mixture)


def test_an_empty_mask_is_rescued(eventsep: Open) -> None:
    np.testing.assert_array_equal(only(eventsep(mask="hard", tau=1.0), noise()), noise().mixture)


class SecondHalf:
    """Hears one class from the middle on and nothing else."""

    def __init__(self, label: str) -> None:
        self._label = class_names().index(label)

    def __call__(self, waveform: torch.Tensor) -> FrameTags:
        frames = torch.zeros(1, 1 + waveform.shape[1] // 320, len(class_names()))
        frames[0, frames.shape[1] // 2 :, self._label] = 1
        return FrameTags(frames=frames, clip=frames.amax(dim=1))


def test_its_soft_mask_attenuates_by_083_db_at_most(eventsep: Open) -> None:
    adapter = eventsep(mask="soft", tau=0.55, sed_activation="double")
    adapter._detector = SecondHalf("Dog")
    request = noise(query="dog")
    ratio = only(adapter, request) / request.mixture
    np.testing.assert_allclose(20 * np.log10(ratio[:31000]), -0.8279, atol=1e-3)
    np.testing.assert_array_equal(ratio[33000:], 1)


@pytest.mark.parametrize(
    ("label_map", "query", "label"),
    [("word-boundary", "a dog barking", "Dog"), ("paper", "cow", "Cowbell"), ("paper", "SPEECH", "Speech")],
)
def test_the_mask_follows_the_prompts_class_over_time(label_map: str, query: str, label: str, eventsep: Open) -> None:
    adapter = eventsep(mask="hard", tau=0.5, label_map=label_map)
    adapter._detector = SecondHalf(label)
    mixture = noise(query=query).mixture
    heard = only(adapter, noise(query=query))
    np.testing.assert_array_equal(heard[:31000], 0)
    np.testing.assert_array_equal(heard[33000:], mixture[33000:])
    other = only(adapter, noise(query="thunder"))  # nothing of it is heard, so the mask is rescued
    np.testing.assert_array_equal(other, mixture)


def test_the_second_share_decides_whom_one_hears(eventsep: Open) -> None:
    through = {"mask": "none", "ensemble": "A"}
    inside = slice(2000, -2000)
    for rate in (0.0, 1.0):  # of one level, by the level match: so the share does not matter
        heard = only(eventsep("r.mixture", "r.mixture * 0.25", **through, rate=rate), tone())
        np.testing.assert_allclose(heard[inside], tone().mixture[inside], atol=2e-3)
    silent = only(eventsep("r.mixture", "r.mixture * 0", **through, rate=1.0), tone())
    assert np.abs(silent[inside]).max() < 1e-6
    code = only(eventsep("r.mixture", "r.mixture * 0.25", mask="none", ensemble="C", rms_match="a-only"), tone())
    np.testing.assert_allclose(code[inside], 0.25 * tone().mixture[inside], atol=2e-3)


def test_one_stretch_of_a_longer_mixture_goes_to_the_second(eventsep: Open) -> None:
    adapter = eventsep("r.mixture", "r.mixture * 0", mask="none", ensemble="A", rate=1.0)
    heard = {}
    for item in ("a", "b", "a"):
        frames = only(adapter, replace(tone(12), item=item)).reshape(-1, 320)
        silent = np.flatnonzero(np.abs(frames).max(axis=1) < 1e-3)
        assert len(silent) == pytest.approx(1024, abs=5) and len(silent) == 1 + silent[-1] - silent[0]
        assert heard.setdefault(item, silent[0]) == silent[0]
    assert heard["a"] != heard["b"]


@pytest.mark.parametrize("samples", [1, 320, 9919, 32001])
def test_any_length_comes_back(samples: int, eventsep: Open) -> None:
    adapter = eventsep("r.mixture", "r.mixture", rate=0.5)
    request = replace(noise(), mixture=noise().mixture[:samples])
    assert np.isfinite(only(adapter, request)).all()


def test_batches_change_nothing(eventsep: Open) -> None:
    adapter = eventsep("r.mixture * r.mixture", "abs(r.mixture)")
    requests = [noise(query="rain"), noise(item="b", query="sneezing"), tone()]
    for together, alone in zip(adapter.separate(requests), requests, strict=True):
        np.testing.assert_array_equal(together.audio, only(adapter, alone))


def test_cost_is_the_sum_of_all_that_is_asked(eventsep: Open) -> None:
    cost = eventsep("r.mixture", "r.mixture").cost(12.0)
    assert isinstance(cost, Cost) and cost.seconds == 12.0
    assert cost.parts["first, net"] == Part(5, 0, 0, macs=12000)
    assert cost.parts["second, net"].macs == 10240
    detector = cost.parts["event detector"]
    assert detector.frozen > 0 and detector.trainable == 0 and detector.macs > 1e6 and detector.fft_macs > 1e6
    assert eventsep("r.mixture", costs=False).cost(12.0) is None


def test_the_detectors_cost_is_the_published_ones() -> None:
    from sepbench.networks.cnn14 import DecisionLevelAtt
    from sepbench.profiling.network_cost import NetworkPart, cost_of

    with torch.device("meta"):
        network = DecisionLevelAtt()
        cost = cost_of(10, lambda: network(torch.zeros(1, 10 * RATE)), {"detector": NetworkPart(network)})
    part = cost.parts["detector"]
    # The published figures hold two DFT matrices, in 1001 frames; of the parameters also a bank of filters.
    assert part.macs + 2 * 513 * 1024 * 1001 == pytest.approx(21.32e9, rel=0.0005)
    assert part.trainable + 2 * 513 * 1024 + 513 * 64 == 82_917_948


@pytest.mark.parametrize(("ensemble", "second"), [("none", "r.mixture"), ("B", "")])
def test_bases_have_to_fit_the_ensemble(ensemble: str, second: str, eventsep: Open) -> None:
    with pytest.raises(SepbenchError, match=f"bases for ensemble {ensemble}: given first"):
        eventsep("r.mixture", second, ensemble=ensemble)


def test_every_variant_of_the_tables_is_here_and_says_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    names = [f"eventsep:{mask}-{tau}" for mask in ("hard", "soft") for tau in ("0.70", "0.65", "0.60", "0.55")]
    for name, model in zip(names, find_models(names), strict=True):
        assert f"{model.config['mask']}-{model.config['tau']:.2f}" == name.partition(":")[2]
        assert [base.name for base in model.bases] == ["audiosep"] and not model.file.untrained
        assert {"audioset", "vggsound"} <= set(model.file.trained_on)
    with pytest.raises(MissingData, match="Cnn14_DecisionLevelAtt") as missing:
        (model,) = find_models(["eventsep:soft-0.55"])
        adapter = replace(model, file=replace(model.file, runtime="inline"))
        open_runner(adapter, config=dict(model.config), device="cpu")
    assert missing.value.remedy == "sepbench weights fetch eventsep"
