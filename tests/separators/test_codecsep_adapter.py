"""The CodecSep adapter with drawn weights: the contract, its ways to answer, long clips, its cost without weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.audio import Audio  # noqa: E402
from sepbench.errors import MissingData, SepbenchError  # noqa: E402
from sepbench.profiling.profile import profile_model  # noqa: E402
from sepbench.profiling.totals import totals  # noqa: E402
from sepbench.separators.checking import CHECKS, check_adapter  # noqa: E402
from sepbench.separators.inline import load_separator  # noqa: E402
from sepbench.separators.separator import Cost, Request  # noqa: E402
from sepbench.separators.spec import load_model  # noqa: E402
from sepbench.separators.weight_files import require_weights  # noqa: E402

FOLDER = Path(__file__).parent.parent.parent / "adapters" / "codecsep"
OFFICIAL, TINY = load_model(FOLDER), load_model(FOLDER, "tiny-random")
RATE = 16000
PROMPTS = ("a dog barks", "music")


def loaded(answer: str = "raw") -> Any:
    adapter = load_separator(TINY)
    adapter.load({**TINY.config, "answer": answer}, "cpu")
    return adapter


def noise(samples: int) -> Audio:
    return (0.1 * np.random.default_rng(1).standard_normal(samples)).astype(np.float32)


def ask(adapter: Any, mixture: Audio, query: str = PROMPTS[0], prompts: tuple[str, ...] = PROMPTS) -> Audio:
    (estimate,) = adapter.separate([Request("m.0", mixture, RATE, query, "extract", prompts)])
    assert (estimate.item, estimate.sample_rate) == ("m.0", RATE)
    found: Audio = estimate.audio
    return found


@pytest.fixture(scope="module")
def official() -> Cost:
    adapter: Any = load_separator(OFFICIAL)
    adapter.sketch(OFFICIAL.config)
    cost: Cost = adapter.cost(1.0)
    return cost


@pytest.mark.slow
def test_it_keeps_the_contract() -> None:
    found = {check.name: check for check in check_adapter(TINY)}
    assert {name: check.reason for name, check in found.items() if check.state != "ok"} == {}
    assert found.keys() == {"load", *CHECKS}


@pytest.mark.parametrize("samples", [1, 3201])
@pytest.mark.parametrize("answer", ["raw", "magnorm", "code-stream"])
def test_every_way_to_answer_keeps_any_length(answer: str, samples: int) -> None:
    estimate = ask(loaded(answer), noise(samples))
    assert len(estimate) == samples and np.isfinite(estimate).all()


def test_shares_of_all_prompts_sum_to_the_mixture() -> None:
    adapter, mixture = loaded("magnorm"), noise(4000)
    assert np.abs(sum(ask(adapter, mixture, prompt) for prompt in PROMPTS) - mixture).max() < 1e-5


@pytest.mark.parametrize("prompts", [(), PROMPTS[:1], ("rain", "music")])
def test_shares_without_a_prompt_for_every_source_are_refused(prompts: tuple[str, ...]) -> None:
    with pytest.raises(SepbenchError, match="cannot be shared"):
        ask(loaded("magnorm"), noise(4000), PROMPTS[0], prompts)


@pytest.mark.parametrize(("query", "track"), [("Speech", "speech"), ("music", "music"), ("a dog barks", "sfx")])
def test_the_bytes_of_code_streams_are_counted(query: str, track: str, capsys: pytest.CaptureFixture[str]) -> None:
    ask(loaded("code-stream"), noise(RATE), query)
    # 50 frames of 3 books at 10 bits: 187.5 bytes a stream, three of them packed together
    assert capsys.readouterr().err == f"m.0: 563 bytes of codes in, 188 out as {track}\n"


def test_long_clips_are_answered_whole_and_without_seams() -> None:
    adapter, mixture = loaded(), np.tile(noise(RATE), 31)
    estimate = ask(adapter, mixture)
    assert len(estimate) == len(mixture)
    jumps = np.abs(np.diff(estimate))
    cuts = (28 * RATE, 29 * RATE)
    assert max(jumps[cut - 2 : cut + 2].max() for cut in cuts) <= np.quantile(jumps, 0.99999)


def test_published_sizes_and_products_need_no_weights(official: Cost) -> None:
    macs = {name: part.macs / 1e9 for name, part in official.parts.items()}
    assert macs["masker"] + macs["FiLM"] == pytest.approx(0.786, rel=0.005)
    assert (macs["encoder"], macs["decoder"]) == (pytest.approx(12.276, rel=1e-3), pytest.approx(27.821, rel=1e-3))
    sizes = {name: (part.trainable + part.frozen) / 1e6 for name, part in official.parts.items()}
    wanted = {"encoder": 21.5215, "decoder": 52.3347, "masker": 15.2617, "FiLM": 5.2531}
    # Gain and direction of a weight norm are two tensors in files and one here.
    assert {name: sizes[name] for name in wanted} == pytest.approx(wanted, rel=1e-3)


def test_between_code_streams_a_prompt_costs_what_its_products_are(official: Cost) -> None:
    frames, stages, width, words = 50, 12, 8 * 1024, 1024 * 8
    one_stream = frames * stages * width
    books = 3 * one_stream + frames * stages * (2 * width + words)
    assert official.parts["code books"].macs == books
    total = totals(official)["code_stream"]
    assert total.macs == official.parts["masker"].macs + books
    # The known 0.806 dequantise one stream in place of the mixture's three.
    assert total.macs + total.query_macs - 2 * one_stream == pytest.approx(0.806e9, rel=0.002)


def test_a_profile_without_weights_counts_and_times_nothing() -> None:
    (length,) = profile_model(OFFICIAL, seconds=[1.0], device="cpu", repeats=10, threads=1).lengths
    assert length.cost is not None and length.timing is None and length.memory is None
    assert totals(length.cost)["pipeline"].macs == pytest.approx(40.88e9, rel=1e-3)


def test_the_error_says_that_nobody_published_it() -> None:
    with pytest.raises(MissingData) as caught:
        require_weights(OFFICIAL)
    assert "no checkpoint of CodecSep is published" in caught.value.remedy
    assert "sepbench weights convert codecsep --from FILE" in caught.value.remedy


def test_variants_say_what_they_are_given() -> None:
    assert load_model(FOLDER, "magnorm").file.needs == ("all_prompts",)
    assert load_model(FOLDER, "raw").file.needs == () and TINY.file.untrained
