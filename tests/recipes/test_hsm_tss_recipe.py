"""HSM-TSS's recipe on a minute part of the demo suite: all stages learn, and a killed run ends as an unbroken one."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from recipes.hsm_tss.training import FINISHED, train  # noqa: E402
from recipes.training.command import Order  # noqa: E402
from recipes.training.stages import LOG  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402
from sepbench.networks.hsm_tss import HsmTss, load_hsm_tss  # noqa: E402
from sepbench.networks.hsm_tss_size import size_from  # noqa: E402
from sepbench.networks.state_dict import read_tensors  # noqa: E402
from tests.recipes.settings import losses, shrunk  # noqa: E402

SIZE = {
    "audiomae": {
        **{"frames": 32, "bands": 16, "patch": 8, "width": 16, "layers": 1, "heads": 2, "feed_forward": 16},
        **{"decoder_width": 16, "decoder_layers": 1, "decoder_heads": 2, "decoder_feed_forward": 16},
        "windows": [4, 0],
    },
    "text": {"vocabulary": 259, "width": 16, "layers": 1, "heads": 2, "head_width": 8, "feed_forward": 16},
    "qaudio": {"width": 16, "layers": 1, "heads": 2, "feed_forward": 16, "embedding": 16},
    "global_stage": {"layers": 1, "width": 16, "heads": 2, "feed_forward": 16},
    "local_stage": {"layers": 1, "width": 16, "heads": 2, "feed_forward": 16},
    "code_stage": {"width": 16, "layers": 1, "heads": 2, "feed_forward": 16, "reach": 1},
    "codec": {"sample_rate": 16000, "window": 64, "hop": 16, "bands": 8, "stages": 2},
}
STAGES = ("codec", "audiomae", "qaudio", "global_stage", "local_stage", "joint", "codes")
SECONDS = 0.32


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    schedule = {"steps": 20, "batch": 2, "learning_rate": 1e-2}
    changes = {
        **{"per_label": 1, "log_every": 5, "save_every": 5, "size": SIZE, "drawing.seconds": SECONDS},
        **{f"{name}.schedule": schedule for name in STAGES},
    }
    return shrunk("hsm_tss", changes, tmp_path_factory.mktemp("hsm_tss") / "minute.toml")


@pytest.fixture(scope="module")
def unbroken(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    train(Order(config, folder, "cpu", None))
    return folder


def test_stages_run_in_order_and_learn(unbroken: Path) -> None:
    found = losses(unbroken / LOG)
    assert list(found) == ["codec", "audiomae", "qaudio", "global", "local", "joint", "codes"]
    assert all(found[name][-1] < found[name][0] for name in ("codec", "audiomae", "qaudio", "codes"))


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bytes(config: Path, unbroken: Path, tmp_path: Path) -> None:
    for cut in (47, 76, None):  # within Q-Audio's stage, and within the joint one
        train(Order(config, tmp_path, "cpu", cut))
    for name in (FINISHED, LOG):
        assert (tmp_path / name).read_bytes() == (unbroken / name).read_bytes()


def test_a_codec_of_waveforms_has_to_come_trained(tmp_path: Path) -> None:
    codec = {"sample_rate": 16000, "strides": [4, 4], "stages": 2, "encoder_width": 4, "decoder_width": 16}
    settings = {"words": 4, "schedule": {"steps": 1, "batch": 1, "learning_rate": 1e-2}}
    changes = {"per_label": 1, "size": {**SIZE, "codec": codec}, "codec": settings}
    config = shrunk("hsm_tss", changes, tmp_path / "waveforms.toml")
    with pytest.raises(SepbenchError, match="has to come trained"):
        train(Order(config, tmp_path / "run", "cpu", None))


def test_the_finished_weights_make_a_waveform(unbroken: Path) -> None:
    network = HsmTss(size_from(SIZE))
    load_hsm_tss(network, read_tensors(unbroken / FINISHED))
    with torch.no_grad():
        features = network.features(torch.zeros(1, 5120))
        codes = network.code_stage(features, torch.zeros(1, 2, 320, dtype=torch.long)).argmax(-1)
        assert network.codec(codes).shape == (1, 5120)
