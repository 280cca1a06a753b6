"""The AudioSep adapter with drawn weights: the contract, texts once, long clips without seams, its published cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.audio import Audio  # noqa: E402
from sepbench.profiling.totals import totals  # noqa: E402
from sepbench.report.view import columns, groups  # noqa: E402
from sepbench.results.run_folder import read_json  # noqa: E402
from sepbench.separators.checking import CHECKS, check_adapter  # noqa: E402
from sepbench.separators.inline import load_separator  # noqa: E402
from sepbench.separators.separator import Request  # noqa: E402
from sepbench.separators.spec import load_model  # noqa: E402
from tests.cli.test_program import sepbench  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

FOLDER = Path(__file__).parent.parent.parent / "adapters" / "audiosep"
TINY = load_model(FOLDER, "tiny-random")
RATE = 32000
OFFICIAL_WIDTHS = load_model(FOLDER).config["widths"]
AUDIOSEP_1S, AUDIOSEP_10S = 30.446e9, 245.959e9
"""MACs of the published program's separator, DFT convolutions included, as torch's counter gives them."""


def loaded(**changes: Any) -> Any:
    adapter = load_separator(TINY)
    adapter.load({**TINY.config, **changes}, "cpu")
    return adapter


@pytest.fixture(scope="module")
def adapter() -> Any:
    """With weights that depend on their context more than those that torch draws."""
    adapter = loaded()
    seed(adapter._separator)
    seed(adapter._text)
    return adapter


def noise(samples: int, start: int = 1) -> Audio:
    return (0.1 * np.random.default_rng(start).standard_normal(samples)).astype(np.float32)


def ask(adapter: Any, mixtures: list[Audio], queries: list[str]) -> list[Audio]:
    requests = [
        Request(str(n), mixture, RATE, query, "extract")
        for n, (mixture, query) in enumerate(zip(mixtures, queries, strict=True))
    ]
    estimates = adapter.separate(requests)
    assert [estimate.item for estimate in estimates] == [request.item for request in requests]
    assert {estimate.sample_rate for estimate in estimates} == {RATE}
    return [estimate.audio for estimate in estimates]


def test_it_keeps_the_contract() -> None:
    found = {check.name: check for check in check_adapter(TINY)}
    assert {name: check.reason for name, check in found.items() if check.state != "ok"} == {}
    assert found.keys() == {"load", *CHECKS}
    assert found["silence"].reason == "silence out" and found["very short"].reason == "3200, 320 samples"
    assert found["determinism"].reason == "asked twice and in another process: the same bits"


def test_clips_of_any_lengths_together_are_what_they_are_alone(adapter: Any) -> None:
    lengths = [9000, 1, 1024, 9000, 1025, 330_000]
    mixtures = [noise(length, n) for n, length in enumerate(lengths)]
    queries = [f"sound {n % 3}" for n in range(len(lengths))]
    together = ask(adapter, mixtures, queries)
    assert [len(audio) for audio in together] == lengths
    for mixture, query, estimate in zip(mixtures, queries, together, strict=True):
        assert np.isfinite(estimate).all() and estimate.dtype == np.float32
        np.testing.assert_array_equal(estimate, ask(adapter, [mixture], [query])[0])


def test_the_text_matters(adapter: Any) -> None:
    one, other = ask(adapter, [noise(9000)] * 2, ["a dog barks", "rain on a roof"])
    assert np.abs(one - other).max() > 1e-4


def test_each_text_is_embedded_once_whatever_is_asked_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = loaded()
    read: list[list[str]] = []
    tokenizer = adapter._tokenizer

    def listening(texts: list[str], **how: Any) -> Any:
        read.append(texts)
        return tokenizer(texts, **how)

    monkeypatch.setattr(adapter, "_tokenizer", listening)
    for queries in (["dog", "rain", "dog"], ["rain", "a very long prompt", "dog"]):
        ask(adapter, [noise(4000)] * 3, queries)
    assert read == [["dog"], ["rain"], ["a very long prompt"]]


@pytest.mark.parametrize("seconds", [10.25, 19.3])
def test_long_clips_have_no_seam_above_minus_60_db(adapter: Any, seconds: float) -> None:
    mixture = noise(round(seconds * RATE))
    (estimate,) = ask(adapter, [mixture], ["a dog"])
    with torch.inference_mode():
        whole = adapter._separator(torch.from_numpy(mixture)[None, None], adapter._embedded("a dog")[None])
    frames = [part[: len(part) // 1600 * 1600].reshape(-1, 1600) for part in (estimate, whole[0, 0].numpy())]
    wrong, level = (np.sqrt(np.mean(part.astype(float) ** 2, axis=1)) for part in (frames[0] - frames[1], frames[1]))
    assert (wrong < 1e-3 * level).all()  # in every twentieth of a second


def test_silence_and_what_is_drawn(adapter: Any) -> None:
    assert not ask(adapter, [np.zeros(400_000, np.float32)], ["a dog"])[0].any()
    first, again, other = (ask(loaded(**how), [noise(9000)], ["dog"])[0] for how in ({}, {}, {"seed": 1}))
    assert np.array_equal(first, again) and not np.allclose(first, other)


@pytest.mark.parametrize(("seconds", "published"), [(1.0, AUDIOSEP_1S), (10.0, AUDIOSEP_10S)])
def test_the_separator_costs_what_is_known_of_it(seconds: float, published: float) -> None:
    cost = loaded(widths=OFFICIAL_WIDTHS).cost(seconds)
    network, dft = cost.parts["separator"], cost.parts["DFT of the original"]
    assert network.trainable + dft.frozen == 39_034_949
    # The published program computes six shifts that nothing uses: 0.001 GMAC.
    assert network.macs + dft.macs == pytest.approx(published, rel=1e-4)
    assert totals(cost)["separator_only"].macs == network.macs
    assert dft.scopes == () and totals(cost)["pipeline"].frozen == cost.parts["text encoder"].frozen


def test_the_cost_of_windows_is_their_sum() -> None:
    adapter = loaded()
    ten, twenty = (adapter.cost(seconds).parts["separator"] for seconds in (10.24, 18.24))
    assert (ten.steps, twenty.steps) == (1, 2)
    assert twenty.macs == 2 * ten.macs  # windows of 10.24 s, 8 s apart


def test_the_text_encoder_costs_its_products() -> None:
    cost: Callable[[float], Any] = loaded().cost
    size = TINY.config["text"]
    width, inner, tokens = size["width"], size["feed_forward"], 16
    layer = tokens * (4 * width**2 + 2 * width * inner) + 2 * tokens**2 * width
    part = cost(1.0).parts["text encoder"]
    assert part.macs == size["layers"] * layer + width**2 + width * 512 + 512**2
    assert part.per_query and part.trainable == 0 and part.scopes == ("pipeline",)


def test_variants_have_their_own_facts() -> None:
    base, named, dcase = (load_model(FOLDER, variant) for variant in ("", "base", "dcase16k"))
    assert base.config == named.config and base.file == named.file
    assert (dcase.file.sample_rate, dcase.config["rate"], dcase.config["hop"]) == (16000, 16000, 160)
    assert (TINY.file.untrained, base.file.untrained, dcase.file.untrained) == (True, False, False)
    assert TINY.file.weights == () and {one.name for one in base.file.weights} == {"", "roberta-base"}


def test_a_run_marks_it_and_a_page_never_ranks_it(tmp_path: Path) -> None:
    run, page = tmp_path / "run", tmp_path / "page.html"
    done = sepbench(
        "run", "--models", "audiosep:tiny-random,mixture", "--suite", "demo", "--limit", "3", "--out", str(run)
    )
    assert done.returncode == 0, done.stderr
    assert "(untrained)" in done.stdout
    (found,) = (model for name, model in read_json(run / "summary.json")["models"].items() if name != "mixture")
    assert "untrained" in found["flags"] and found["coverage"]["ok"] == 3
    (systems, _) = groups(read_json(run / "summary.json"), columns(read_json(run / "summary.json"), papers=False))
    (line,) = systems.lines
    assert "untrained: random weights, never ranked" in line.marks
    assert {cell.unranked for cell in line.cells} == {"random weights"} and {cell.rank for cell in line.cells} == {""}
    assert sepbench("report", str(run), "--output", str(page)).returncode == 0
    assert "not ranked: random weights" in page.read_text()
