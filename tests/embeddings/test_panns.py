"""Cnn14 as an embedder: what its vectors are made of, whatever is asked together, and what is said where it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sepbench.embeddings.panns import embedding_of, logits_of  # noqa: E402
from sepbench.embeddings.registry import about, opened, wanting  # noqa: E402
from sepbench.errors import MissingData, SepbenchError  # noqa: E402
from sepbench.networks.cnn14 import Cnn14  # noqa: E402
from sepbench.networks.cnn14_trunk import PANNS_16K  # noqa: E402
from sepbench.networks.state_dict import load_weights, read_tensors  # noqa: E402
from tests.embeddings.tiny_networks import CNN14_WIDTHS, tiny_cnn14  # noqa: E402

CLIPS = [
    0.1 * np.random.Generator(np.random.PCG64(seed)).standard_normal(length).astype(np.float32)
    for seed, length in enumerate((8000, 16000, 4960))
]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tiny_cnn14(tmp_path / "own.pth")
    monkeypatch.setenv("SEPBENCH_EMBEDDER_PANNS", str(path))
    opened.cache_clear()
    return path


def test_a_vector_is_the_networks_embedding_and_then_its_logits(own: Path) -> None:
    embedder = opened("panns:own")
    network = Cnn14(PANNS_16K, widths=CNN14_WIDTHS).eval()
    load_weights(network, read_tensors(own, within="model"), fixed=network.fixed)
    with torch.inference_mode():
        tags = network(torch.from_numpy(CLIPS[1])[None])
    (vector,) = embedder.audio([CLIPS[1]])
    assert embedder.about.dim == len(vector) == CNN14_WIDTHS[-1] + 527 and vector.dtype == np.float32
    np.testing.assert_allclose(embedding_of(vector), tags.embedding[0], atol=1e-6)
    np.testing.assert_allclose(logits_of(vector), tags.logits[0], atol=1e-6)
    assert embedding_of(vector).min() >= 0


def test_neighbours_change_no_vector(own: Path) -> None:
    together = opened("panns:own").audio(CLIPS)
    alone = [opened("panns:own").audio([clip])[0] for clip in CLIPS]
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))


def test_another_file_is_another_identity(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened("panns:own").identity
    monkeypatch.setenv("SEPBENCH_EMBEDDER_PANNS", str(tiny_cnn14(tmp_path / "other.pth", seed=1)))
    opened.cache_clear()
    second = opened("panns:own").identity
    assert first != second and first.startswith("panns:own.v1.16000.whole.")


def test_what_it_cannot_do_is_said(own: Path) -> None:
    with pytest.raises(SepbenchError, match="audio too short to tag: given 31 frames; wanted 32 or more"):
        opened("panns:own").audio([CLIPS[2][:-1]])
    with pytest.raises(SepbenchError, match="panns:own embeds no texts"):
        opened("panns:own").text(["a dog"])


def test_a_file_of_another_network_is_refused(own: Path) -> None:
    tensors = torch.load(own)["model"]
    torch.save({"model": {**tensors, "att_block.att.weight": torch.zeros(1)}}, own)
    with pytest.raises(SepbenchError, match=r"the weights do not fit Cnn14: given unknown att_block\.att\.weight"):
        opened("panns:own")


def test_published_files_are_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SEPBENCH_WEIGHTS", "SEPBENCH_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("SEPBENCH_EMBEDDER_PANNS", raising=False)
    opened.cache_clear()
    assert [about(name).rate for name in ("panns:cnn14-16k", "panns:cnn14-32k")] == [16000, 32000]
    with pytest.raises(MissingData, match=r"Cnn14_16k_mAP%3D0\.438\.pth") as caught:
        opened("panns:cnn14-16k")
    assert caught.value.remedy == "sepbench weights fetch panns:cnn14-16k"
    lack = wanting("panns:own")
    assert lack is not None and lack.remedy == "set SEPBENCH_EMBEDDER_PANNS=FILE"
    lack = wanting("passt:s-swa-p16-128-ap476")
    assert lack is not None and "hear21passt" in str(lack)
