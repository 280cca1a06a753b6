"""A hub folder's CLAP, against transformers' own way from a clip or a text to a vector."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from sepbench.embeddings.embedder import Embedder  # noqa: E402
from sepbench.embeddings.registry import opened  # noqa: E402
from sepbench.errors import InvalidRecord, MissingData, SepbenchError  # noqa: E402
from tests.embeddings.tiny_clap import save  # noqa: E402
from tests.parity.name_seeded import signal  # noqa: E402

RATE = 48000
TEXTS = ["dog", "a dog barks twice", "Hundegebell, laut!"]


@pytest.fixture
def clap(own_clap: str) -> Embedder:
    return opened(own_clap)


def theirs(folder: Path, clip: np.ndarray) -> np.ndarray:
    """The audio vector by transformers alone."""
    model: Any = transformers.ClapModel.from_pretrained(folder)
    extract = transformers.ClapFeatureExtractor.from_pretrained(folder)
    features = extract(clip, sampling_rate=RATE, return_tensors="pt")
    features["is_longer"] = torch.zeros((1, 1), dtype=torch.bool)  # the extractor picks one clip by chance
    with torch.inference_mode():
        return model.get_audio_features(**features).pooler_output[0].numpy()


@pytest.mark.parametrize("seconds", [0.5, 4.0, 10.0])
def test_audio_as_transformers_embeds_it(clap: Embedder, clap_folder: Path, seconds: float) -> None:
    clip = signal(int(seconds * RATE), RATE, 5)
    (vector,) = clap.audio([clip])
    assert vector.dtype == np.float32 and vector.shape == (512,)
    np.testing.assert_allclose(vector, theirs(clap_folder, clip), atol=5e-6)


def test_a_checkpoint_with_fusion(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path / "fused", fusion=True)
    monkeypatch.setenv("SEPBENCH_EMBEDDER_CLAP", str(folder))
    clip = signal(3 * RATE, RATE, 5)
    (vector,) = opened("laion-clap:own").audio([clip])
    np.testing.assert_allclose(vector, theirs(folder, clip), atol=5e-6)


def test_texts_as_transformers_embeds_them(clap: Embedder, clap_folder: Path) -> None:
    model: Any = transformers.ClapModel.from_pretrained(clap_folder)
    tokenizer = transformers.RobertaTokenizer.from_pretrained(clap_folder)
    vectors = clap.text(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        with torch.inference_mode():
            wanted = model.get_text_features(**tokenizer(text, return_tensors="pt")).pooler_output[0].numpy()
        np.testing.assert_allclose(vector, wanted, atol=5e-6)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)


def test_company_in_a_batch_changes_nothing(clap: Embedder) -> None:
    clips = [signal(samples, RATE, seed) for seed, samples in enumerate([4800, RATE, 12 * RATE, 7 * RATE] * 3)]
    together = np.stack(clap.audio(clips))
    alone = np.concatenate([clap.audio([clip]) for clip in clips])
    assert np.abs(together - alone).max() < 1e-5
    texts = np.stack([clap.text([text])[0] for text in TEXTS])
    assert np.abs(np.stack(clap.text(TEXTS)) - texts).max() < 1e-5


def test_a_long_clip_is_the_mean_of_its_windows(clap: Embedder) -> None:
    clip = signal(25 * RATE, RATE, 7)
    parts = clap.audio([clip[: 10 * RATE], clip[10 * RATE : 20 * RATE], clip[15 * RATE :]])
    mean = np.mean(parts, axis=0, dtype=np.float64)
    (vector,) = clap.audio([clip])
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_other_weights_have_another_identity(
    clap: Embedder, clap_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(clap_folder, tmp_path / "other")
    (tmp_path / "other" / "merges.txt").write_text("#version: 0.2\nd o\n")
    monkeypatch.setenv("SEPBENCH_EMBEDDER_CLAP", str(tmp_path / "other"))
    opened.cache_clear()
    assert clap.identity.startswith("laion-clap:own.v1.48000.mean-10s.")
    assert opened("laion-clap:own").identity != clap.identity


def test_no_folder_named(cache: Path) -> None:
    with pytest.raises(MissingData, match="SEPBENCH_EMBEDDER_CLAP is not set"):
        opened("laion-clap:own")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("vocab.json", '{"<s>": 0, "d', "vocab.json: field"),
        ("vocab.json", '{"<s>": 0}', "no merge of two tokens of vocab.json: given d o"),
        ("merges.txt", "#version: 0.2\ndo\n", "no merge of two tokens of vocab.json: given do"),
    ],
)
def test_a_damaged_tokenizer_is_told(
    clap_folder: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: str, told: str
) -> None:
    shutil.copytree(clap_folder, tmp_path / "other")
    monkeypatch.setenv("SEPBENCH_EMBEDDER_CLAP", str(tmp_path / "other"))
    (tmp_path / "other" / file).write_text(content)
    with pytest.raises(InvalidRecord, match=told):
        opened("laion-clap:own")


def test_a_front_end_of_another_kind_is_refused(
    clap_folder: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(clap_folder, tmp_path / "other")
    monkeypatch.setenv("SEPBENCH_EMBEDDER_CLAP", str(tmp_path / "other"))
    settings = tmp_path / "other" / "preprocessor_config.json"
    content = json.loads(settings.read_text())
    settings.write_text(json.dumps(content | {"hop_length": 320}))
    with pytest.raises(SepbenchError, match=r"another front end.*hop_length=320.*hop_length=480"):
        opened("laion-clap:own")
    settings.write_text("{")
    with pytest.raises(InvalidRecord, match="preprocessor_config"):
        opened("laion-clap:own")
