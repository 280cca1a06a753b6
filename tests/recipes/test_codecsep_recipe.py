"""CodecSep's recipe on a minute part of the demo suite: all stages learn, and a killed run ends as an unbroken one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from recipes.codecsep.training import FINISHED, train  # noqa: E402
from recipes.training.command import Order, run_recipe  # noqa: E402
from recipes.training.stages import LOG  # noqa: E402
from sepbench.networks.clap_text import ClapText, TextSize  # noqa: E402
from sepbench.networks.codecsep import CodecSep, load_codecsep, split_weights  # noqa: E402
from sepbench.networks.dac import CodecSize  # noqa: E402
from sepbench.networks.latent_masker import MaskerSize  # noqa: E402
from sepbench.networks.state_dict import load_weights, read_tensors  # noqa: E402
from tests.recipes.settings import losses, shrunk  # noqa: E402

CODEC = CodecSize(16000, (4, 4), stages=1, encoder_width=4, decoder_width=16, half_stride="floor")
MASKER = MaskerSize(channels=16, width=16, layers=1, heads=2, feed_forward=16, frame_limit=600)
TEXT = TextSize(vocabulary=261, width=16, layers=1, heads=2, feed_forward=16)


def schedule(steps: int, batch: int, rate: float) -> dict[str, float]:
    return {"steps": steps, "batch": batch, "learning_rate": rate}


def minute(target: Path, others: dict[str, Any]) -> Path:
    changes = {
        "per_label": 1,
        "log_every": 20,
        "save_every": 20,
        "network": {**vars(CODEC), "strides": list(CODEC.strides)},
        "masker_size": vars(MASKER),
        "text_size": vars(TEXT),
        "drawing.seconds": 0.25,
        "text.schedule": schedule(60, 16, 5e-3),
        "codec.schedule": schedule(40, 1, 3e-3),
        "masker.schedule": schedule(60, 2, 5e-3),
    }
    return shrunk("codecsep", changes | others, target)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return minute(tmp_path_factory.mktemp("codecsep") / "minute.toml", {})


@pytest.fixture(scope="module")
def unbroken(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    train(Order(config, folder, "cpu", None))
    return folder


def test_stages_run_in_order_and_learn(unbroken: Path) -> None:
    found = losses(unbroken / LOG)
    assert list(found) == ["text", "codec", "masker"]
    assert found["text"][-1] < 0.9 * found["text"][0]
    assert found["codec"][-1] < 0.1 * found["codec"][0]
    assert found["masker"][-1] < 0.9 * found["masker"][0]


def test_the_masker_learns_on_waveforms_too(config: Path, tmp_path: Path) -> None:
    waveforms = {
        "heard": "waveforms",
        "moves": ["masker", "encoder", "decoder"],
        "mix_weight": 0.25,
        "absent_share": 0.0,
        "weights": {"si_sdr": 0.5, "snr": 0.5},
        "schedule": schedule(60, 2, 3e-3),
    }
    train(Order(minute(tmp_path / "waveforms.toml", {"masker": waveforms}), tmp_path / "run", "cpu", None))
    masker = losses(tmp_path / "run" / LOG)["masker"]
    assert masker[-1] < 0.8 * masker[0]


@pytest.mark.slow
@pytest.mark.parametrize("cuts", [(75, 70)])  # within the codec's stage, and within the masker's
def test_a_killed_run_ends_with_the_same_bytes(
    cuts: tuple[int, ...], config: Path, unbroken: Path, tmp_path: Path
) -> None:
    for cut in (*cuts, None):
        train(Order(config, tmp_path, "cpu", cut))
    for name in (FINISHED, LOG):
        assert (tmp_path / name).read_bytes() == (unbroken / name).read_bytes()


def test_the_finished_weights_fit_the_networks(unbroken: Path) -> None:
    weights = split_weights(read_tensors(unbroken / FINISHED))
    load_codecsep(CodecSep(CODEC, MASKER), weights.separator)
    load_weights(ClapText(TEXT), weights.text)
    assert {value.dtype for value in weights.separator.values()} == {torch.float16}


def test_the_command_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = shrunk("codecsep", {"suite": "no_such_suite"}, tmp_path / "wrong.toml")
    assert run_recipe(train, [str(wrong), "--out", str(tmp_path / "out")]) == 2
    assert "no_such_suite" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert run_recipe(train, [str(wrong), "--out", str(tmp_path / "file" / "out")]) == 2
    assert "the system refused: [Errno 20] Not a directory" in capsys.readouterr().err
