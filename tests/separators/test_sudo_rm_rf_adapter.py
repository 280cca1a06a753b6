"""Sudo rm -rf against a stand-in for its repository, whose network multiplies: every stem by a number of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sepbench.errors import MissingData, SeparatorFailure  # noqa: E402
from sepbench.separators.checking import check_adapter  # noqa: E402
from sepbench.separators.runner import Runner, open_runner  # noqa: E402
from sepbench.separators.spec import Model, load_model  # noqa: E402
from tests.separators.test_upstream_adapters import ask, convertible, noise, placed  # noqa: E402

STEMS = ("speech", "music", "sfx")
SHARES, STEPS = (0.5, 0.2, -0.1), (0.04, -0.03, -0.01)
"""What the network multiplies what it hears by, and adds to it."""
LACKING = 0.4 / 3
"""What all stems lack of the mixture, by equal parts."""
RATE = 16000

Start = Callable[..., Runner]


def checkpoint(name: str, shares: tuple[float, ...], steps: tuple[float, ...]) -> dict[str, object]:
    """As the repository's programs save it: wrapped for several GPUs."""
    weight, bias = torch.tensor(shares)[:, None, None], torch.tensor(steps)
    return {f"module.{name}.weight": weight, f"module.{name}.bias": bias}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights with the checkpoints of both variants."""
    folder = tmp_path / "weights"
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(folder))
    (folder / "sudo_rm_rf").mkdir(parents=True)
    convertible(checkpoint("mask_net", SHARES, STEPS), folder / "sudo_rm_rf/dnr_v2.pt")
    convertible(checkpoint("TAC", (0.9, 0.1, 0.0), (0.0, 0.0, 0.0)), folder / "sudo_rm_rf/dnr_v2-groupcomm.pt")
    return folder


@pytest.fixture
def model(tmp_path: Path, weights: Path) -> Model:
    return load_model(placed("sudo_rm_rf", tmp_path))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a model, with other settings if need be; it is closed after the test."""
    with contextlib.ExitStack() as opened:

        def begin(model: Model, **settings: object) -> Runner:
            runner = open_runner(model, config={**model.config, **settings}, device="cpu", logs=tmp_path / "logs")
            opened.callback(runner.close)
            return runner

        yield begin


def test_a_stem_is_an_output_of_its_own_at_the_mixtures_level(start: Start, model: Model) -> None:
    runner = start(model)
    mixture = noise(RATE + 1, level=3.0) + np.float32(0.3)
    mean, deviation = mixture.mean(dtype=np.float64), mixture.std(dtype=np.float64, ddof=1)
    for stem, share, added in zip(STEMS, SHARES, STEPS, strict=True):
        expected = (share + LACKING) * (mixture - mean) + added * deviation + mean
        np.testing.assert_allclose(ask(runner, mixture, RATE, stem), expected, atol=1e-5)


def test_without_mixture_consistency_the_outputs_are_the_networks(start: Start, model: Model) -> None:
    mixture = noise(1000)
    mixture -= mixture.mean()
    runner, deviation = start(model, mixture_consistency=False), mixture.std(ddof=1)
    for stem, share, added in zip(STEMS, SHARES, STEPS, strict=True):
        np.testing.assert_allclose(ask(runner, mixture, RATE, stem), share * mixture + added * deviation, atol=1e-6)


def test_the_order_of_the_outputs_is_a_setting(start: Start, model: Model) -> None:
    mixture = noise(1000)
    mixture -= mixture.mean()
    turned = ("sfx", "speech", "music")
    runner, deviation = start(model, stems=turned), mixture.std(ddof=1)
    for stem, share, added in zip(turned, SHARES, STEPS, strict=True):
        expected = (share + LACKING) * mixture + added * deviation
        np.testing.assert_allclose(ask(runner, mixture, RATE, stem), expected, atol=1e-6)


def test_group_communication_is_another_network_with_its_own_checkpoint(start: Start, model: Model) -> None:
    mixture = noise(1000)
    mixture -= mixture.mean()
    found = ask(start(load_model(model.folder, "groupcomm")), mixture, RATE, "speech")
    np.testing.assert_allclose(found, 0.9 * mixture, atol=1e-6)


def test_it_keeps_the_contract_in_all_it_is_asked(model: Model) -> None:
    assert {check.name: check.reason for check in check_adapter(model) if check.state == "failed"} == {}


# What is wrong or missing


def test_a_checkpoint_of_other_sizes_is_refused(start: Start, model: Model, weights: Path) -> None:
    speakers = checkpoint("mask_net", (0.5, 0.5), (0.0, 0.0))
    convertible(speakers, weights / "sudo_rm_rf/dnr_v2.pt")
    with pytest.raises(SeparatorFailure, match=r"size mismatch for mask_net\.weight"):
        start(model)
    convertible(checkpoint("m", SHARES, STEPS), weights / "sudo_rm_rf/dnr_v2.pt")
    with pytest.raises(SeparatorFailure, match=r"Missing key\(s\) in state_dict: .mask_net\.weight"):
        start(model)


def test_another_network_of_the_repository_is_named(start: Start, model: Model) -> None:
    with pytest.raises(SeparatorFailure, match="model_type is 'causal'; this adapter knows relu and groupcomm_v2"):
        start(model, model_type="causal")


@pytest.mark.parametrize("variant", ["", "groupcomm"])
def test_missing_weights_are_said_to_be_unpublished(variant: str, model: Model, weights: Path) -> None:
    for file in weights.rglob("*.safetensors"):
        file.unlink()
    asked = load_model(model.folder, variant)
    assert asked.weights_state == "unpublished"
    with pytest.raises(MissingData, match=rf"weights of {asked.name} are not here") as error:
        open_runner(asked, config=dict(asked.config), device="cpu")
    assert error.value.remedy == (
        "no checkpoint of Sudo rm -rf for these stems is published: train one on DnR with etzinis/sudo_rm_rf, one "
        f"output per stem; then sepbench weights convert {asked.name} --from FILE"
    )
