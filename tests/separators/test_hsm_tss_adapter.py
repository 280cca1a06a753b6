"""The HSM-TSS adapter with drawn weights: the contract, both modes, instructions, chance, windows, files, its cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.audio import Audio  # noqa: E402
from sepbench.errors import MissingData  # noqa: E402
from sepbench.manifest import QueryKind, QueryMode  # noqa: E402
from sepbench.networks.flowsep_text import byte_tokens  # noqa: E402
from sepbench.networks.hsm_tss import checkpoint_tensors, task_words, words_of  # noqa: E402
from sepbench.networks.hsm_tss_choices import likeliest  # noqa: E402
from sepbench.profiling.counting import count  # noqa: E402
from sepbench.profiling.network_cost import weightless  # noqa: E402
from sepbench.separators.checking import CHECKS, check_adapter  # noqa: E402
from sepbench.separators.inline import load_separator  # noqa: E402
from sepbench.separators.separator import Cost, Request  # noqa: E402
from sepbench.separators.spec import load_model  # noqa: E402
from sepbench.separators.weight_files import require_weights  # noqa: E402
from tests.networks.hsm_tss_small import SAMPLES, SETTINGS, small  # noqa: E402
from tests.separators.test_flowsep_adapter import write_tokenizer  # noqa: E402

FOLDER = Path(__file__).parent.parent.parent / "adapters" / "hsm_tss"
PAPER, TINY = load_model(FOLDER), load_model(FOLDER, "tiny-random")
RATE = 16000


def loaded(**changed: object) -> Any:
    adapter = load_separator(TINY)
    adapter.load({**TINY.config, "size": SETTINGS, **changed}, "cpu")
    return adapter


def noise(samples: int) -> Audio:
    return (0.1 * np.random.default_rng(1).standard_normal(samples)).astype(np.float32)


def ask(
    adapter: Any,
    query: str = "a dog",
    mode: QueryMode = "extract",
    kind: QueryKind = "label",
    *,
    item: str = "m.0",
    n: int = 4000,
) -> Audio:
    (estimate,) = adapter.separate([Request(item, noise(n), RATE, query, mode, kind=kind)])
    assert (estimate.item, estimate.sample_rate, len(estimate.audio)) == (item, RATE, n)
    found: Audio = estimate.audio
    return found


@pytest.fixture(scope="module")
def given() -> Any:
    return loaded()


@pytest.mark.slow
def test_it_keeps_the_contract() -> None:
    found = {check.name: check for check in check_adapter(TINY)}
    assert {name: check.reason for name, check in found.items() if check.state != "ok"} == {}
    assert found.keys() == {"load", *CHECKS} and found["modes"].reason == "extract and remove"


def test_what_it_says_of_itself() -> None:
    assert PAPER.native_removal and PAPER.file.paradigm == "regenerate" and PAPER.file.deterministic
    assert TINY.file.untrained and not TINY.file.weights and not TINY.file.trained_on


def test_removal_is_another_task_and_no_subtraction(given: Any) -> None:
    extracted, removed = ask(given, mode="extract"), ask(given, mode="remove")
    assert not np.allclose(extracted, removed, atol=1e-3)
    assert not np.allclose(extracted + removed, noise(4000), atol=1e-3)


@pytest.mark.parametrize(
    ("instruction", "said", "means"),
    [
        ("Please remove the sound of squirrels.", "extract", ("remove", "squirrels")),
        ("Extract: a dog barks", "remove", ("extract", "a dog barks")),
        ("a dog barks", "remove", ("remove", "a dog barks")),
        ("a dog barks", "extract", ("extract", "a dog barks")),
    ],
)
def test_an_instruction_says_the_mode_and_mere_words_leave_it(
    given: Any, instruction: str, said: QueryMode, means: tuple[QueryMode, str]
) -> None:
    mode, description = means
    assert np.array_equal(ask(given, instruction, said, "instruction"), ask(given, description, mode))


def test_a_query_that_is_no_instruction_is_read_as_it_stands(given: Any) -> None:
    assert not np.array_equal(ask(given, "Extract: a dog"), ask(given, "a dog"))


def test_chance_is_the_items_and_the_seeds() -> None:
    drawn, other = loaded(choice="drawn"), loaded(choice="drawn", seed=1)
    first = ask(drawn)
    assert np.array_equal(ask(drawn), first)
    assert not np.array_equal(ask(drawn, item="m.1"), first)
    assert not np.array_equal(ask(other), first)
    assert np.array_equal(ask(loaded(choice="drawn", most=1)), ask(loaded()))


def test_the_word_of_least_risk_is_another_choice_and_no_chance() -> None:
    careful = loaded(choice="least-risk")
    assert np.array_equal(ask(careful), ask(careful, item="m.1"))
    assert not np.array_equal(ask(careful), ask(loaded()))


def test_a_window_is_what_the_network_gives(given: Any) -> None:
    network = small()
    condition = network.condition(words_of(["a dog"], byte_tokens), task_words(["extract"], byte_tokens))
    with torch.inference_mode():
        wanted = network(torch.from_numpy(noise(SAMPLES))[None], condition, likeliest)[0].numpy()
    assert np.abs(ask(given, n=SAMPLES) - wanted).max() < 1e-5


def test_longer_clips_go_through_windows(given: Any) -> None:
    long = ask(given, n=SAMPLES + 5077)
    first = ask(given, n=SAMPLES)
    assert np.array_equal(long[: SAMPLES // 2], first[: SAMPLES // 2])
    assert long[-1000:].any()


def test_a_checkpoint_with_flan_t5_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.torch import save_file

    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    tensors = checkpoint_tensors(small())
    text = {key.removeprefix("text.model."): value for key, value in tensors.items() if key.startswith("text.")}
    (tmp_path / "hsm_tss").mkdir()
    write_tokenizer(tmp_path / "flan-t5-base" / "tokenizer.json")
    rest = {key: value for key, value in tensors.items() if not key.startswith("text.")}
    save_file(rest, tmp_path / "hsm_tss" / "hsm_tss.safetensors")
    with pytest.raises(MissingData, match="weights of flan-t5-base are not here"):
        require_weights(PAPER)
    save_file(text, tmp_path / "flan-t5-base" / "model.safetensors")
    require_weights(PAPER)
    adapter: Any = load_separator(PAPER)
    adapter.load({**PAPER.config, "size": SETTINGS}, "cpu")
    # Tokens 5, 6 and an end in that vocabulary; the task word is no word of it.
    known, task = words_of(["dog barks"], lambda _: [5, 6, 1]), words_of(["extract"], lambda _: [2])
    network = small()
    with torch.inference_mode():
        wanted = network(torch.from_numpy(noise(4000))[None], network.condition(known, task), likeliest)[0].numpy()
    assert np.abs(ask(adapter, "dog barks") - wanted).max() < 1e-5


def test_the_error_says_that_nobody_published_it() -> None:
    with pytest.raises(MissingData) as caught:
        require_weights(PAPER)
    assert "no checkpoint of HSM-TSS is published" in caught.value.remedy


def test_steps_are_counted_as_they_are_taken(given: Any) -> None:
    network, counted = weightless(small().code_stage), given.cost(0.2).parts["code decoder"]
    features = torch.zeros(1, 8, 16, device="meta")
    direct = count(lambda: network.generate(features, 10, likeliest), {"decoder": network}).work
    assert (counted.macs, counted.steps) == (sum(work.macs for work in direct.values()), 10)


def test_the_papers_sizes_and_products_need_no_weights() -> None:
    adapter: Any = load_separator(PAPER)
    adapter.sketch(PAPER.config)
    cost: Cost = adapter.cost(10.0)
    assert cost.parts["code decoder"].steps == 500
    assert [name for name, part in cost.parts.items() if part.per_query] == ["text encoder"]
    # ViT-B on 512 patches: per layer four square products and two of four times the width, and attention's two.
    places, width = 512, 768
    layer = places * 12 * width**2 + 2 * places**2 * width
    assert cost.parts["AudioMAE"].macs == pytest.approx(12 * layer + places * 256 * width, rel=5e-3)  # and its mel
    sizes = {name: (part.trainable + part.frozen) / 1e6 for name, part in cost.parts.items()}
    # FLAN-T5-base's encoder; Descript's decoder and code books
    assert sizes["text encoder"] == pytest.approx(109.63, abs=0.01)
    assert sizes["codec"] == pytest.approx(52.33 + 0.30, abs=0.01)
