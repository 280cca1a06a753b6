"""Adapters of systems that stay in their own repositories, against stand-ins for these."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("yaml")

from sepbench.audio import Audio  # noqa: E402
from sepbench.errors import InvalidRecord, MissingData, SeparatorFailure  # noqa: E402
from sepbench.manifest import QueryMode  # noqa: E402
from sepbench.networks.conversion import write_kept  # noqa: E402
from sepbench.search_path import shipped  # noqa: E402
from sepbench.separators.checking import check_adapter  # noqa: E402
from sepbench.separators.runner import Runner, checked, open_runner  # noqa: E402
from sepbench.separators.separator import Request  # noqa: E402
from sepbench.separators.spec import Model, load_model  # noqa: E402
from tests.separators.upstream_stand_ins import (  # noqa: E402
    CLAPSEP,
    SAM_AUDIO,
    SOLOAUDIO,
    SUDO_RM_RF,
    ZEROSEP,
    write_files,
)

REPOSITORIES = {
    "clapsep": CLAPSEP,
    "sam_audio": SAM_AUDIO,
    "soloaudio": SOLOAUDIO,
    "sudo_rm_rf": SUDO_RM_RF,
    "zerosep": ZEROSEP,
}
REMEDIES = ("sepbench weights fetch", "accept the licence on", "hf download", "no checkpoint of Sudo rm -rf for")
Start = Callable[..., Runner]


def placed(name: str, folder: Path, *, stand_in: bool = True) -> Path:
    """A copy of the adapter that runs under our Python, with a stand-in for its repository."""
    adapter = folder / "adapters" / name
    shutil.copytree(shipped("adapters") / name, adapter, ignore=shutil.ignore_patterns("upstream", ".venv"))
    facts = adapter / "adapter.toml"
    text = facts.read_text()
    assert text.count('python = ".venv"') == 1
    facts.write_text(text.replace('python = ".venv"', f'python = "{sys.executable}"'))
    if stand_in:
        write_files(folder / "checkout", REPOSITORIES[name])
        (adapter / "upstream").symlink_to(folder / "checkout")
    return adapter


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights with everything that the stand-ins read."""
    folder = tmp_path / "weights"
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(folder))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    texts = {
        "laion-clap/music_audioset_epoch_15_esc_90.14.pt": "clap",
        "soloaudio/audio-vae.pt": "vae",
        "sam-audio/base/checkpoint.pt": "",
        "zerosep/cvssp/audioldm-s-full-v2/model_index.json": "{}",
    }
    write_files(folder, texts)
    (folder / "clapsep").mkdir()
    clapsep = {"decoder_model.weight": torch.tensor([[0.5]]), "epoch": np.float64(3.0)}
    convertible(clapsep, folder / "clapsep/best_model.ckpt")
    convertible({"model": {"weight": torch.tensor([0.5])}}, folder / "soloaudio/soloaudio_v2.pt", within="model")
    return folder


def convertible(content: dict[str, object], path: Path, *, within: str = "") -> None:
    """Write a checkpoint as it is published, and beside it what ``sepbench weights convert`` makes of it."""
    torch.save(content, path)
    write_kept(path, path.with_suffix(".safetensors"), sha256="0" * 64, within=within)


@pytest.fixture
def start(tmp_path: Path, weights: Path) -> Iterator[Start]:
    """Start an adapter that is closed after the test."""
    with contextlib.ExitStack() as opened:

        def begin(name: str, variant: str = "") -> Runner:
            model = load_model(placed(name, tmp_path), variant)
            runner = open_runner(model, config=dict(model.config), device="cpu", logs=tmp_path / "logs")
            opened.callback(runner.close)
            return runner

        yield begin


def noise(samples: int, level: float = 0.1, seed: int = 1) -> Audio:
    found = np.random.default_rng(seed).standard_normal(samples).astype(np.float32)
    return np.float32(level) * found / np.abs(found).max()


def ask(
    runner: Runner, mixture: Audio, rate: int, query: str, mode: QueryMode = "extract", prompts: tuple[str, ...] = ()
) -> Audio:
    request = Request("m.0", mixture, rate, query, mode, prompts)
    (found,) = checked([request], runner.separate([request]))
    assert found.sample_rate == rate and found.audio.dtype == np.float32 and len(found.audio) == len(mixture)
    return found.audio


def test_clapsep_keeps_or_leaves_out_what_is_said(start: Start) -> None:
    runner, mixture = start("clapsep"), noise(32_001)
    begins = np.zeros_like(mixture)
    begins[0] = 1.0
    np.testing.assert_allclose(ask(runner, mixture, 32000, "dog"), 0.5 * 3 * mixture + begins, atol=1e-6)
    np.testing.assert_allclose(ask(runner, mixture, 32000, "dog", "remove"), 0.5 * 30 * mixture + begins, atol=1e-6)

    mixture = noise(700_000, level=2.0)  # longer than it hears at once, and louder than it takes
    found = ask(runner, mixture, 32000, "dog")
    lowered = 0.9 / np.abs(mixture).max()
    expected = 1.5 * mixture.astype(np.float64)
    expected[[0, 320_000, 640_000]] += 1 / lowered
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_clapsep_may_be_told_the_other_sounds(start: Start) -> None:
    runner, mixture, prompts = start("clapsep", "both-prompts"), noise(1000), ("dog", "rain", "wind")
    kept, left = (ask(runner, mixture, 32000, "dog", mode, prompts) for mode in ("extract", "remove"))
    others = len("rain, wind")
    np.testing.assert_allclose(kept[1:], 0.5 * (3 + 10 * others) * mixture[1:], atol=1e-5)
    np.testing.assert_allclose(left[1:], 0.5 * (others + 10 * 3) * mixture[1:], atol=1e-5)


def test_a_checkpoint_of_another_network_is_refused(start: Start, weights: Path) -> None:
    convertible({"frozen": torch.ones(1)}, weights / "clapsep/best_model.ckpt")
    with pytest.raises(
        SeparatorFailure, match=r"the checkpoint lacks 1 tensors of the network, as decoder_model\.weight"
    ):
        start("clapsep")


def test_sam_audio_gives_the_wanted_sound_or_the_rest(start: Start) -> None:
    runner, mixture = start("sam_audio"), noise(48_001)
    wanted, rest = (ask(runner, mixture, 48000, "A Dog", mode) for mode in ("extract", "remove"))
    torch.manual_seed(0)
    expected = 0.25 * mixture + 0.01 * torch.randn(len(mixture) + -len(mixture) % 1920)[: len(mixture)].numpy()
    np.testing.assert_allclose(wanted, expected, atol=1e-3)
    np.testing.assert_allclose(wanted + rest, mixture, atol=2e-3)  # it answers in bfloat16
    np.testing.assert_array_equal(ask(runner, mixture, 48000, "a dog"), wanted)  # the same noise for each


def test_sam_audio_predicts_spans_where_its_variant_says_so(start: Start) -> None:
    mixture = noise(4000)
    np.testing.assert_allclose(ask(start("sam_audio", "spans"), mixture, 48000, "dog"), 0.75 * mixture, atol=0.05)


def test_soloaudio_is_drawn_from_what_it_makes_of_no_text(start: Start, tmp_path: Path) -> None:
    write_files(tmp_path / "checkout", {"pretrained_models/readme": ""})
    np.savez(tmp_path / "checkout/pretrained_models/uncond.npz", np.full(512, 2.0, dtype=np.float32))
    mixture = noise(24_001)
    found = ask(start("soloaudio"), mixture, 24000, "Dog_Bark")
    told = len("dog bark")
    np.testing.assert_allclose(found, 0.5 * (2 + 3.0 * (told - 2)) * mixture, atol=1e-5)


def test_zerosep_is_asked_for_one_sound(start: Start) -> None:
    runner, mixture = start("zerosep"), noise(16_001)
    found = ask(runner, mixture, 16000, "dog")
    assert np.abs(found - 3 * mixture).max() < 0.06  # as much as the stand-in's noise
    np.testing.assert_array_equal(ask(runner, mixture, 16000, "dog"), found)


def test_one_keeps_the_contract_in_all_it_is_asked(tmp_path: Path, weights: Path) -> None:
    found = check_adapter(load_model(placed("sam_audio", tmp_path)))
    assert [check for check in found if check.state == "failed"] == []


# What is missing


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_missing_checkout_is_one_line_with_its_remedy(name: str, tmp_path: Path, weights: Path) -> None:
    model = load_model(placed(name, tmp_path, stand_in=False))
    with pytest.raises(
        MissingData, match=f"adapter {name} has no checkout of its repository: given .*upstream"
    ) as error:
        opened(model)
    assert "README.md" in error.value.remedy and (model.folder / "README.md").is_file()


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_missing_interpreter_and_missing_weights_are_told_of_before_anything_starts(
    name: str, tmp_path: Path, weights: Path
) -> None:
    folder = placed(name, tmp_path)
    shutil.rmtree(weights)
    with pytest.raises(MissingData, match=r"weights of .* are not here") as error:
        opened(load_model(folder))
    assert error.value.remedy.startswith(REMEDIES)
    shutil.copy(shipped("adapters") / name / "adapter.toml", folder)
    with pytest.raises(MissingData, match=f"adapter {name} has no interpreter: given .*venv"):
        opened(load_model(folder))


def test_a_setting_that_is_no_folder_is_named(tmp_path: Path, weights: Path) -> None:
    model = load_model(placed("clapsep", tmp_path))
    with pytest.raises(InvalidRecord, match="setting repo of clapsep: given 3; wanted the folder of its checkout"):
        open_runner(model, config={**model.config, "repo": 3}, device="cpu")


def test_where_a_checkout_lies_is_no_part_of_the_model(tmp_path: Path) -> None:
    with_it, without = (placed("clapsep", tmp_path / str(found), stand_in=found) for found in (True, False))
    assert load_model(with_it).revision == load_model(without).revision


def opened(model: Model) -> None:
    open_runner(model, config=dict(model.config), device="cpu").close()
