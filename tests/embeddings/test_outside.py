"""Embedders in other interpreters: the scripts for real, around stand-ins for the packages that only those hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sepbench.audio import Audio
from sepbench.embeddings import registry
from sepbench.embeddings.environments import ENVIRONMENTS
from sepbench.embeddings.outside import AT_ONCE, OutsideEmbedder
from sepbench.embeddings.outside_recipes import RECIPES
from sepbench.errors import MissingData, MissingExtra, SepbenchError
from tests.embeddings.upstream import (
    powers,
    write_audio_flamingo_1,
    write_interpreter,
    write_packages,
    write_tokenizer,
)

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

RATE = 44100
WINDOW = 7 * RATE
OPENED: list[OutsideEmbedder] = []


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder of weights, and one interpreter that holds all packages; processes end with the test."""
    write_packages(tmp_path / "packages")
    write_interpreter(tmp_path / "python", tmp_path / "packages")
    for one in ENVIRONMENTS.values():
        monkeypatch.setenv(one.variable, str(tmp_path / "python"))
    for name in ("SEPBENCH_CACHE", "SEPBENCH_WEIGHTS", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("SEPBENCH_AF1", raising=False)
    registry.opened.cache_clear()
    yield tmp_path
    for embedder in OPENED:
        embedder.close()
    OPENED.clear()
    registry.opened.cache_clear()


def opened(name: str) -> OutsideEmbedder:
    embedder = registry.opened(name)
    assert isinstance(embedder, OutsideEmbedder)
    OPENED.append(embedder)
    return embedder


def linear(seed: int, dim: int, bands: int = 4) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {"weight": torch.randn(dim, bands, generator=generator), "bias": torch.randn(dim, generator=generator)}


def save(folder: Path, file: str, content: object) -> None:
    path = folder / "SEPBENCH_WEIGHTS" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path)


@pytest.fixture
def msclap(elsewhere: Path) -> dict[str, dict[str, torch.Tensor]]:
    """The stand-in's weights, saved as the checkpoint of 2023."""
    heard, read = linear(1, 1024), linear(2, 1024)
    state = {f"heard.{name}": value for name, value in heard.items()}
    state |= {f"read.{name}": value for name, value in read.items()}
    save(elsewhere, "msclap/CLAP_weights_2023.pth", {"model": state | {"h.0.attn.masked_bias": torch.zeros(1)}})
    write_tokenizer(elsewhere / "SEPBENCH_WEIGHTS" / "gpt2")
    return {"heard": heard, "read": read}


def through(layer: dict[str, torch.Tensor], features: np.ndarray) -> np.ndarray:
    return features @ layer["weight"].double().numpy().T + layer["bias"].double().numpy()


def noise(samples: int, seed: int = 0) -> Audio:
    return 0.2 * np.random.default_rng(seed).standard_normal(samples, np.float32)


def test_clips_are_windows_whose_vectors_are_averaged(msclap: dict[str, dict[str, torch.Tensor]]) -> None:
    short, exact, long = noise(2 * RATE), noise(WINDOW, 1), noise(WINDOW + 3 * RATE, 2)
    vectors = opened("msclap:2023").audio([short, exact, long])
    expected = [
        through(msclap["heard"], powers(np.concatenate([short] * 4)[:WINDOW])),
        through(msclap["heard"], powers(exact)),
        through(msclap["heard"], (powers(long[:WINDOW]) + powers(long[-WINDOW:])) / 2),
    ]
    for found, wanted in zip(vectors, expected, strict=True):
        assert found.dtype == np.float32 and found.shape == (1024,)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_batches_change_no_vector_and_nothing_is_lost_between_them(
    msclap: dict[str, dict[str, torch.Tensor]],
) -> None:
    embedder = opened("msclap:2023")
    clips = [noise(100 + seed, seed) for seed in range(AT_ONCE + 2)]
    together = embedder.audio(clips)
    for clip, vector in zip(clips, together, strict=True):
        np.testing.assert_allclose(embedder.audio([clip])[0], vector, rtol=0, atol=1e-5)
    assert len({vector.tobytes() for vector in together}) == len(clips)
    np.testing.assert_array_equal(embedder.audio(clips), together)
    assert embedder.audio([]) == []


def test_texts_go_verbatim_and_none_is_cut(msclap: dict[str, dict[str, torch.Tensor]]) -> None:
    embedder = opened("msclap:2023")
    (vector,) = embedder.text(["dog"])
    d, o, end = (7 + ord("d") - ord("a"), 7 + ord("o") - ord("a"), 33)
    tokens = np.array([d, o, 5, end])  # d, o, g, blank, end of text: five of eight
    np.testing.assert_allclose(vector, through(msclap["read"], tokens), rtol=1e-6, atol=1e-4)
    with pytest.raises(SepbenchError, match="a text of 10 tokens, wanted at most 8"):
        embedder.text(["dogbarks"])
    assert embedder.text(["dog"])[0].tobytes() == vector.tobytes()


def test_a_process_that_falls_is_started_again(msclap: dict[str, dict[str, torch.Tensor]]) -> None:
    embedder = opened("msclap:2023")
    clip = noise(WINDOW)
    (before,) = embedder.audio([clip])
    with pytest.raises(SepbenchError, match="process of msclap:2023 ended with exit code 3"):
        embedder.audio([np.full(WINDOW, 0.25, np.float32)])
    np.testing.assert_array_equal(embedder.audio([clip])[0], before)
    with pytest.raises(SepbenchError, match="other vectors than finite ones"):
        embedder.audio([np.full(WINDOW, 0.75, np.float32)])
    with pytest.raises(SepbenchError, match="empty clip"):
        embedder.audio([clip[:0]])
    np.testing.assert_array_equal(embedder.audio([clip])[0], before)


def test_what_is_missing_is_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingData, match="weights of msclap:2023 are not here") as weights:
        opened("msclap:2023")
    assert weights.value.remedy == "sepbench weights fetch msclap:2023"
    save(elsewhere, "msclap/CLAP_weights_2023.pth", {"model": {f"heard.{n}": t for n, t in linear(1, 1024).items()}})
    write_tokenizer(elsewhere / "SEPBENCH_WEIGHTS" / "gpt2")
    with pytest.raises(SepbenchError, match=r"cannot be loaded: given ValueError: .* lacks 2 parameters, read\.weight"):
        opened("msclap:2023")
    monkeypatch.setenv("SEPBENCH_PYTHON_MSCLAP", "")
    with pytest.raises(MissingData, match="environment msclap is not here"):
        opened("msclap:2023")
    bare = elsewhere / "bare"
    write_interpreter(bare, elsewhere / "nothing")
    monkeypatch.setenv("SEPBENCH_PYTHON_MSCLAP", str(bare))
    with pytest.raises(MissingExtra, match=r"lacks a package: given .*No module named 'msclap'") as package:
        opened("msclap:2023")
    assert "sepbench environment make msclap" in package.value.remedy


def test_the_original_laion_clap_runs_from_files_alone(elsewhere: Path) -> None:
    layer = linear(3, 512)
    state = {f"module.{name}": value for name, value in layer.items()}
    losses = {"loss": np.float64(0.5), "text_branch": torch.zeros(1)}
    state["module.text_branch.embeddings.position_ids"] = torch.arange(3)
    save(elsewhere, "laion-clap/630k-fusion-best.pt", {"epoch": 1, "state_dict": state, "last": losses})
    write_tokenizer(elsewhere / "SEPBENCH_WEIGHTS" / "roberta-base")
    embedder = opened("laion-clap-original:630k-fusion-best")
    clip = noise(2 * 480000)
    wanted = through(layer, (powers(clip[:480000]) + powers(clip[480000:])) / 2)
    np.testing.assert_allclose(embedder.audio([clip])[0], wanted, rtol=0, atol=1e-6)
    ids = np.array([0, 7 + 3, 7 + 14, 7 + 6])  # begin, d, o, g
    np.testing.assert_allclose(embedder.text(["dog"])[0], through(layer, ids), rtol=1e-6, atol=1e-4)


def test_audio_flamingo_1_averages_the_layer_before_the_last_from_the_audio_token_on(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = torch.randn(2048, generator=torch.Generator().manual_seed(4))
    save(elsewhere, "audio-flamingo-1/foundation.pt", {"weight": weight})
    save(elsewhere, "audio-flamingo-1/clapcap_weights_2023.pth", {})
    with pytest.raises(MissingData, match="SEPBENCH_AF1 is not set") as missing:
        opened("audio-flamingo-1:foundation")
    assert "docs/afsim.md" in missing.value.remedy
    write_audio_flamingo_1(elsewhere / "repository")
    monkeypatch.setenv("SEPBENCH_AF1", str(elsewhere / "repository"))
    embedder = opened("audio-flamingo-1:foundation")
    clip = noise(RATE)
    level = float((clip.astype(np.float64) ** 2).mean())
    tokens = (7 + 4 + 6) / 3  # what stands before the token of the audio is left out
    np.testing.assert_allclose(embedder.audio([clip])[0], 10 * level * tokens * weight.numpy(), rtol=1e-5)
    with pytest.raises(SepbenchError, match="embeds no texts"):
        embedder.text(["a dog"])


def test_recipes_and_facts_agree() -> None:
    for name, recipe in RECIPES.items():
        files = [Path(weight.file).name for weight in recipe.about.weights]
        assert name == recipe.about.name and recipe.environment in ENVIRONMENTS
        assert sorted([*recipe.files, *recipe.tokenizer]) == sorted(files)
        assert ("text" in recipe.about.speaks) == bool(recipe.tokenizer)
