"""The authors' checkpoints: their network's own output from our loading of the same weights, and every official key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from sepbench.embeddings.clap_checkpoints import (  # noqa: E402
    COUNTS,
    Size,
    clap_model,
    config_of,
    read_original,
    renamed,
    size_of,
)
from sepbench.embeddings.clap_front_end import FrontEnd  # noqa: E402
from sepbench.embeddings.laion_clap import LaionClap  # noqa: E402
from sepbench.embeddings.registry import about  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402
from tests.embeddings.fixtures.make_laion_clap import CLIPS, DEPTHS, DIM, TEXT, TOKENS, WIDTH  # noqa: E402
from tests.parity.name_seeded import signal, weights  # noqa: E402

FIXTURE = Path(__file__).parent / "fixtures" / "laion_clap.npz"
OFFICIAL = Path(__file__).parents[3] / "shared" / "reference" / "state_dicts" / "audiosep_clap_htsat_base.txt"
UNSEEDED = ("attn_mask", "spectrogram_extractor", "logmel_extractor", "position_ids", "logit")


def original(variant: str) -> dict[str, Any]:
    """The state dict that the fixture's network had."""
    fixture = np.load(FIXTURE)
    shapes = {key: tuple(shape) for key, shape in json.loads(str(fixture[f"{variant}_keys"])).items()}
    index = torch.from_numpy(fixture[f"{variant}_index"])
    seeded = {
        k: s for k, s in shapes.items() if "relative_position_index" not in k and not any(u in k for u in UNSEEDED)
    }
    tensors = {key: torch.from_numpy(value) for key, value in weights(seeded).items()}
    for key in shapes.keys() - tensors.keys():
        tensors[key] = index if "relative_position_index" in key else torch.zeros(shapes[key])
    return tensors


def small_config(variant: str) -> Any:
    content = config_of(Size(WIDTH, tuple(DEPTHS), variant == "fusion")).to_dict()
    content["text_config"].update(TEXT)
    return transformers.ClapConfig.from_dict(content | {"projection_dim": DIM})


@pytest.fixture(params=["plain", "fusion"])
def variant(request: pytest.FixtureRequest) -> str:
    return request.param


def test_vectors_of_the_authors_own_network(variant: str, tmp_path: Path) -> None:
    stored = {f"module.{key}": tensor for key, tensor in original(variant).items()}
    stored["module.text_branch.embeddings.position_ids"] = torch.arange(514)[None]  # in files of older versions
    torch.save({"epoch": 15, "name": "test", "state_dict": stored}, tmp_path / "original.pt")
    model = clap_model(small_config(variant), read_original(tmp_path / "original.pt"), "cpu")
    front_end = FrontEnd("htk" if variant == "fusion" else "slaney")
    embedder = LaionClap(about("laion-clap:own"), "", model, None, front_end, "cpu")
    fixture = np.load(FIXTURE)
    vectors = embedder.audio([signal(samples, 48000, seed) for samples, seed in CLIPS])
    np.testing.assert_allclose(np.stack(vectors), fixture[f"{variant}_audio"], atol=5e-6)
    tokens = torch.tensor(TOKENS)
    texts = model.get_text_features(input_ids=tokens, attention_mask=(tokens != 1).long()).pooler_output
    np.testing.assert_allclose(texts.detach().numpy(), fixture[f"{variant}_text"], atol=5e-6)


@pytest.mark.parametrize(
    ("key", "wrong", "message"),
    [
        ("audio_branch.norm.bias", "audio_branch.normal.bias", r"unknown .*normal\.bias.*missing .*norm\.bias"),
        ("text_branch.pooler.dense.bias", None, r"missing text_model\.pooler\.dense\.bias"),
    ],
)
def test_keys_that_do_not_fit_are_named(key: str, wrong: str | None, message: str) -> None:
    tensors = original("plain")
    moved = tensors.pop(key)
    if wrong:
        tensors[wrong] = moved
    with pytest.raises(SepbenchError, match=message):
        clap_model(small_config("plain"), renamed(tensors), "cpu")


def test_every_official_key_has_its_place() -> None:
    if not OFFICIAL.is_file():
        pytest.skip("needs the key list of the official checkpoint beside the project (shared/reference/state_dicts)")
    lines = [line.split("\t") for line in OFFICIAL.read_text().splitlines() if "\t" in line]
    with torch.device("meta"):
        tensors = {
            key: torch.empty(json.loads(shape.replace("(", "[").replace(",)", "]").replace(")", "]")))
            for key, shape, _ in lines
        }
        model = transformers.ClapModel(config_of(size_of("base")))
    found = {key: tuple(tensor.shape) for key, tensor in renamed(tensors).items()}
    wanted = {key: tuple(value.shape) for key, value in model.state_dict().items() if key not in COUNTS}
    assert len(lines) == 504
    assert found == wanted
