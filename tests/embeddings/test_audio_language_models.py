"""Audio language models as embedders: real architectures, tiny random weights, the whole way from a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sepbench.audio import Audio
from sepbench.embeddings import registry
from sepbench.embeddings.audio_language_models import HOMES, PROMPT, find_folder
from sepbench.embeddings.embedder import Embedder
from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from tests.embeddings.tiny_language_models import (
    CHUNK_SECONDS,
    DIM,
    KINDS,
    LAYERS,
    MOST_SECONDS,
    NAMES,
    VARIABLES,
    Kind,
    save,
)

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

RATE = 16000
Open = Callable[[Kind], Embedder]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of each kind."""
    found = {kind: tmp_path_factory.mktemp(kind) for kind in KINDS}
    for kind, folder in found.items():
        save(kind, folder)
    return found


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No checkpoint to be found but those that a test names."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    for name in ("SEPBENCH_CACHE", "SEPBENCH_WEIGHTS", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    registry.opened.cache_clear()


@pytest.fixture
def open_(nowhere: None, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]) -> Iterator[Open]:
    """Opens the checkpoint of a kind."""

    def open_kind(kind: Kind) -> Embedder:
        monkeypatch.setenv(VARIABLES[kind], str(folders[kind]))
        return registry.opened(NAMES[kind])

    yield open_kind
    registry.opened.cache_clear()


def noise(seconds: float, seed: int = 0) -> Audio:
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE), np.float32)


def heard_states(kind: Kind, folder: Path, clip: Audio) -> tuple[list[int], np.ndarray]:
    """Tokens, and what the layer before the last puts out for each: by a hook, from the model with its head."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    model = getattr(transformers, type(processor).__name__.replace("Processor", "ForConditionalGeneration"))
    model = model.from_pretrained(folder)
    text = processor.apply_chat_template(
        [{"role": "user", "content": [{"type": "audio"}, {"type": "text", "text": PROMPT}]}],
        add_generation_prompt=True,
        tokenize=False,
    )
    inputs = processor(text=[text], audio=[clip], sampling_rate=RATE, return_tensors="pt")
    seen: list[np.ndarray] = []
    layer = model.model.language_model.layers[LAYERS - 2]
    layer.register_forward_hook(partial(_keep, seen))
    with torch.no_grad():
        model(**inputs)
    return inputs["input_ids"][0].tolist(), seen[0]


def _keep(seen: list[np.ndarray], _module: object, _inputs: object, output: object) -> None:
    tensor = output[0] if isinstance(output, tuple) else output
    seen.append(tensor.reshape(-1, DIM).double().numpy())  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
def test_a_vector_is_the_mean_of_the_layer_before_the_last_from_the_first_audio_token(
    kind: Kind, open_: Open, folders: dict[str, Path]
) -> None:
    clip, other = noise(1.3), noise(1.3, seed=1)
    tokens, states = heard_states(kind, folders[kind], clip)
    _, others = heard_states(kind, folders[kind], other)
    heard = np.abs(states - others).max(axis=1) > 0
    first = int(np.argmax(heard))
    assert first == tokens.index(max(set(tokens), key=tokens.count)) > 0 and heard[first:].all()
    (vector,) = open_(kind).audio([clip])
    assert vector.dtype == np.float32 and vector.shape == (DIM,)
    np.testing.assert_allclose(vector, states[first:].mean(axis=0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_the_same_again_and_in_any_company(kind: Kind, open_: Open) -> None:
    embedder = open_(kind)
    clips = [noise(seconds, seed) for seed, seconds in enumerate((0.1, 1.0, 2.0, 1.0))]
    together = embedder.audio(clips)
    for alone, vector in zip((embedder.audio([clip])[0] for clip in clips), together, strict=True):
        np.testing.assert_allclose(vector, alone, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(embedder.audio(clips), together)
    assert not np.allclose(together[1], together[3], rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_longer_clips_are_windows_of_what_the_processor_takes(kind: Kind, open_: Open) -> None:
    embedder, most = open_(kind), MOST_SECONDS[kind] * RATE
    long = noise(1.5 * MOST_SECONDS[kind])
    whole, first, last = embedder.audio([long, long[:most], long[-most:]])
    np.testing.assert_allclose(whole, (first.astype(np.float64) + last) / 2, rtol=0, atol=1e-7)
    if most > CHUNK_SECONDS * RATE:  # several windows of the encoder are one sequence of the language model
        beginning, end = embedder.audio([long[: most // 2], long[most // 2 : most]])
        assert not np.allclose(first, (beginning + end) / 2, atol=1e-5)


def test_identity_and_facts_are_the_checkpoints_own(
    open_: Open, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_("audioflamingo3")
    assert one.about.dim == DIM
    save("audioflamingo3", tmp_path / "other", seed=1)
    monkeypatch.setenv("SEPBENCH_EMBEDDER_AF3", str(tmp_path / "other"))
    registry.opened.cache_clear()
    other = registry.opened("audio-flamingo-3:hf")
    assert one.identity.rpartition(".")[0] == other.identity.rpartition(".")[0]
    assert one.identity != other.identity
    assert "audio-flamingo-3:hf.v1.16000" in one.identity and PROMPT.rstrip(".").replace(" ", "_") in one.identity


def test_a_copy_of_a_checkpoint_has_its_identity(
    open_: Open, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folders["qwen2_audio"], copy)
    (copy / "README.md").write_text("what loading does not read is no part of it")
    identity = open_("qwen2_audio").identity
    monkeypatch.setenv("SEPBENCH_EMBEDDER_QWEN2_AUDIO", str(copy))
    assert registry.printed_identity("qwen2-audio:7b-instruct") == identity


def test_any_other_audio_language_model_is_opened_by_its_folder(
    nowhere: None, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPBENCH_EMBEDDER_AUDIO_LANGUAGE_MODEL", str(folders["musicflamingo"]))
    embedder = registry.opened("audio-language-model:own")
    assert embedder.about.dim == DIM and embedder.audio([noise(0.5)])[0].shape == (DIM,)


def test_folders_of_weights_and_the_hubs_cache_are_looked_through(
    nowhere: None, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = HOMES["audio-flamingo-3:hf"]
    with pytest.raises(MissingData, match="no checkpoint of nvidia/audio-flamingo-3-hf") as missing:
        registry.opened("audio-flamingo-3:hf")
    assert "hf download nvidia/audio-flamingo-3-hf" in missing.value.remedy
    repository = tmp_path / "HF_HUB_CACHE" / "models--nvidia--audio-flamingo-3-hf"
    shutil.copytree(folders["audioflamingo3"], repository / "snapshots" / "c0ffee")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c0ffee")
    assert find_folder(home) == repository / "snapshots" / "c0ffee"
    shutil.copytree(folders["audioflamingo3"], tmp_path / "SEPBENCH_WEIGHTS" / home.repository)
    assert find_folder(home) == tmp_path / "SEPBENCH_WEIGHTS" / home.repository
    monkeypatch.setenv("SEPBENCH_EMBEDDER_AF3", "named")
    assert find_folder(home) == Path("named")


def test_half_a_checkpoint_is_refused(
    nowhere: None, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "half"
    shutil.copytree(folders["audioflamingo3"], folder)
    monkeypatch.setenv("SEPBENCH_EMBEDDER_AF3", str(folder))
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    gone = next(name for name in tensors if "layers.1.mlp" in name)
    save_file({name: tensor for name, tensor in tensors.items() if name != gone}, weights, {"format": "pt"})
    with pytest.raises(InvalidRecord, match=r"not a checkpoint of AudioFlamingo3Model: given nothing for .*layers\.1"):
        registry.opened("audio-flamingo-3:hf")
    weights.write_bytes(b"cut")
    with pytest.raises(InvalidRecord, match="transformers can load: given Error while deserializing"):
        registry.opened("audio-flamingo-3:hf")
    (folder / "processor_config.json").unlink()
    with pytest.raises(InvalidRecord, match="transformers can load: given Can't load feature extractor"):
        registry.opened("audio-flamingo-3:hf")
    weights.unlink()
    with pytest.raises(MissingData, match=r"not whole: given .*model\.safetensors"):
        registry.opened("audio-flamingo-3:hf")
    (folder / "model.safetensors.index.json").write_text('{"metadata": {}, "weight_map": {"a": "part-1.safetensors"}}')
    with pytest.raises(MissingData, match=r"part-1\.safetensors"):
        registry.opened("audio-flamingo-3:hf")


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("chat_template.jinja", None, None, "chat template: given False; wanted True"),
        ("processor_config.json", '"sampling_rate": 16000', '"sampling_rate": 16001', "sample rate: given 16001"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(
    nowhere: None,
    folders: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
    old: str | None,
    new: str | None,
    what: str,
) -> None:
    folder = tmp_path / "unfit"
    shutil.copytree(folders["audioflamingo3"], folder)
    if old is None or new is None:
        (folder / file).unlink()
    else:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    monkeypatch.setenv("SEPBENCH_EMBEDDER_AUDIO_LANGUAGE_MODEL", str(folder))
    with pytest.raises(SepbenchError, match=f"no audio language model that fits: {what}"):
        registry.opened("audio-language-model:own")


def test_texts_and_clips_of_no_length_are_refused(open_: Open) -> None:
    embedder = open_("audioflamingo3")
    with pytest.raises(SepbenchError, match="embeds no texts"):
        embedder.text(["a dog"])
    with pytest.raises(SepbenchError, match="too short to be heard: given 1599 samples"):
        embedder.audio([noise(1599 / RATE)])
