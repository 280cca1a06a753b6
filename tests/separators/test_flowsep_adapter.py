"""FlowSep's adapter: chance by the item, levels by the variant, and the published file by its names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.errors import MissingData
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import load_separator
from sepbench.separators.runner import checked
from sepbench.separators.separator import Request
from sepbench.separators.weight_files import convert, needed_by
from tests.networks.flowsep_official import official

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.flowsep import TINY, FlowSep, untrained  # noqa: E402
from sepbench.networks.flowsep_windows import separate_clip  # noqa: E402

RATE = 16000
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def opened() -> Opened:
    """The tiny adapter with some of its settings changed."""

    def load(**changed: object) -> Any:
        (model,) = find_models(["flowsep:tiny-random"])
        separator = load_separator(model)
        separator.load({**model.config, "steps": 1, **changed}, "cpu")
        return separator

    return load


def asked(item: str = "m.0", *, seconds: float = 0.5, query: str = "a dog barks") -> Request:
    noise = np.random.default_rng(round(100 * seconds)).standard_normal(round(seconds * RATE))
    return Request(item, (0.05 * noise).astype(np.float32), RATE, query, "extract")


def answer(separator: Any, *requests: Request) -> list[Any]:
    return [estimate.audio for estimate in checked(requests, separator.separate(requests))]


def test_what_it_says_of_itself() -> None:
    base, tiny, rms = find_models(["flowsep", "flowsep:tiny-random", "flowsep:rms"])
    assert base.file.paradigm == "generative" and base.file.deterministic and not base.native_removal
    assert not base.file.untrained and tiny.file.untrained and not tiny.file.weights
    assert rms.file.weights == base.file.weights and rms.config == {**base.config, "level": "rms"}


def test_the_noise_is_the_items(opened: Opened) -> None:
    separator = opened()
    first, other, again = answer(separator, asked("m.0"), asked("m.1"), asked("m.0"))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)
    (alone,) = answer(separator, asked("m.1"))
    assert np.array_equal(alone, other)


def test_seed_steps_and_text_change_the_estimate(opened: Opened) -> None:
    (first,) = answer(opened(), asked())
    for separator, request in (
        (opened(seed=1), asked()),
        (opened(steps=2), asked()),
        (opened(), asked(query="rain")),
    ):
        (found,) = answer(separator, request)
        assert found.shape == first.shape
        assert not np.array_equal(found, first)


def test_levels(opened: Opened) -> None:
    mixture = asked().mixture.astype(np.float64)
    plain, rms, fitted = (answer(opened(level=how), asked())[0] for how in ("none", "rms", "least-squares"))
    assert np.sqrt(np.mean(rms.astype(np.float64) ** 2)) == pytest.approx(np.sqrt(np.mean(mixture**2)), rel=1e-5)
    assert abs(np.dot(mixture - fitted, fitted)) < 1e-5 * np.dot(mixture, mixture)
    for other in (rms, fitted):
        assert abs(np.corrcoef(plain, other)[0, 1]) == pytest.approx(1, abs=1e-5)


def test_half_the_mixture_gives_the_same_estimate(opened: Opened) -> None:
    whole, request = opened(), asked()
    half = Request(request.item, request.mixture / 2, RATE, request.query, "extract")
    one, other = answer(whole, request, half)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_audio_beyond_a_window(opened: Opened) -> None:
    (found,) = answer(opened(), asked(seconds=11.0))
    assert found.shape == (11 * RATE,)
    assert np.isfinite(found).all() and found[-RATE:].any()


def test_its_cost(opened: Opened) -> None:
    """Two windows of two steps each."""
    parts = opened(steps=2).cost(12.0).parts
    assert {name: parts[name].steps for name in ("UNet", "vocoder", "text encoder")} == {
        "UNet": 4,
        "vocoder": 2,
        "text encoder": 1,
    }
    assert all(part.macs for part in parts.values())
    assert [name for name, part in parts.items() if part.per_query] == ["text encoder"]
    assert [name for name, part in parts.items() if "separator_only" in part.scopes] == ["UNet"]


def test_missing_weights_name_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    (model,) = find_models(["flowsep"])
    with pytest.raises(MissingData) as error:
        load_separator(model).load(model.config, "cpu")
    assert error.value.remedy == "sepbench weights fetch flowsep && sepbench weights convert flowsep"


def test_a_published_file_is_converted_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with every official name, of a tiny network, and a tokenizer in the published form."""
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    (model,) = find_models(["flowsep"])
    network = untrained(TINY, seed=5)
    (tmp_path / "flowsep").mkdir()
    torch.save({"state_dict": official(network), "global_step": 100000}, tmp_path / "flowsep" / "v2_100k.ckpt")
    write_tokenizer(tmp_path / "flan-t5-large" / "tokenizer.json")
    convert(needed_by(model)[0])
    separator: Any = load_separator(model)
    monkeypatch.setattr(f"{type(separator).__module__}.FlowSep", partial(FlowSep, TINY))
    separator.load({**model.config, "steps": 1}, "cpu")
    (found,) = answer(separator, asked(query="dog barks"))
    (unknown,) = answer(separator, asked(query="rain"))
    told = network.text.read("dog barks", lambda _: [5, 6, 1])
    wanted = separate_clip(network, asked().mixture, told, seed=seed_of("0\nm.0"), steps=1)
    np.testing.assert_array_equal(found, wanted)
    assert not np.array_equal(found, unknown)


def seed_of(told: str) -> int:
    """The first 63 bits that sha256 says of it, the lowest byte first."""
    return int(np.frombuffer(hashlib.sha256(told.encode()).digest()[:8], "<u8")[0]) // 2


def write_tokenizer(path: Path) -> None:
    """Whole words, and an end after each text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2, "dog": 5, "barks": 6}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    path.parent.mkdir()
    tokenizer.save(str(path))
