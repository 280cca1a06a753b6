"""Separators of fixed stems: what they are asked, what they are not asked, and which output the reference chooses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sepbench.engine.asking import Heard, make_request  # noqa: E402
from sepbench.engine.isolation import around_item, row_status  # noqa: E402
from sepbench.manifest import Mixture, Query, Source, with_id  # noqa: E402
from sepbench.mixing import Rendered  # noqa: E402
from sepbench.results.rows import Failure  # noqa: E402
from sepbench.separators.checking import check_adapter  # noqa: E402
from sepbench.separators.inline import load_separator  # noqa: E402
from sepbench.separators.separator import Request  # noqa: E402
from sepbench.separators.spec import load_model, separation_key  # noqa: E402
from tests.cli.test_program import sepbench  # noqa: E402

ADAPTERS = Path(__file__).parent.parent.parent / "adapters"
RATE = 16000
STEMS = ("speech", "music", "dog")


def mixture(*queries: tuple[int, ...]) -> Mixture:
    sources = tuple(Source("c", f"{stem}.wav", 0, RATE, (stem,), f"c:{stem}", "target", gain_db=0.0) for stem in STEMS)
    asked = tuple(Query("label", "extract", indices, text="some words") for indices in queries)
    return Mixture("m", sources, asked, RATE, RATE, "none", "none", "soxr")


def rendered() -> Rendered:
    parts = tuple(np.full(RATE, 0.1, np.float32) for _ in STEMS)
    return Rendered(np.sum(parts, axis=0), parts, RATE, None, (0.0,) * len(STEMS), 1.0)


@pytest.mark.parametrize(("sources", "word"), [((0,), "speech"), ((1,), "music")])
def test_a_query_becomes_the_stem_of_its_sources(sources: tuple[int, ...], word: str) -> None:
    asked, sound = mixture(sources), rendered()
    assert make_request(load_model(ADAPTERS / "sdcodec"), asked, sound, Heard(sound), 0).query == word
    assert make_request(load_model(ADAPTERS / "codecsep"), asked, sound, Heard(sound), 0).query == "some words"


def test_the_kind_of_a_query_goes_with_its_words() -> None:
    asked, sound = mixture((0,)), rendered()
    order = replace(asked, queries=(Query("instruction", "remove", (0,), text="Mute the speech."),))
    for name, kind in (("hsm_tss", "instruction"), ("codecsep", "instruction"), ("sdcodec", "label")):
        request = make_request(load_model(ADAPTERS / name), order, sound, Heard(sound), 0)
        assert (request.kind, request.mode) == (kind, "remove" if name == "hsm_tss" else "extract")
    assert make_request(load_model(ADAPTERS / "hsm_tss"), asked, sound, Heard(sound), 0).kind == "label"


def test_another_kind_is_another_item_and_another_separation() -> None:
    model, label = load_model(ADAPTERS / "codecsep"), replace(mixture((0,)), snr_mode="power", resampler="soxr_hq")
    caption = replace(label, queries=(replace(label.queries[0], kind="caption"),))
    items = [with_id(row).item(0) for row in (label, caption)]
    assert len({separation_key(model, "", item) for item in items}) == len(set(items)) == 2


@pytest.mark.parametrize("sources", [(2,), (0, 1), ()])
def test_what_is_no_stem_is_not_applicable(sources: tuple[int, ...]) -> None:
    asked, sound, model = mixture(sources), rendered(), load_model(ADAPTERS / "sdcodec")
    failure = around_item(lambda: make_request(model, asked, sound, Heard(sound), 0))
    assert isinstance(failure, Failure) and row_status(failure) == "not_applicable"
    assert "one of speech, music, sfx" in failure.message


@pytest.mark.parametrize("name", ["sdcodec", "tdanet", "codecformer"])
def test_they_keep_the_contract(name: str) -> None:
    found = check_adapter(load_model(ADAPTERS / name, "tiny-random"))
    assert {check.name: check.reason for check in found if check.state != "ok"} == {}


def test_the_reference_chooses_the_speaker() -> None:
    model = load_model(ADAPTERS / "tdanet", "tiny-random")
    adapter: Any = load_separator(model)
    adapter.load(model.config, "cpu")
    heard = (0.1 * np.random.default_rng(2).standard_normal(RATE)).astype(np.float32)
    with torch.inference_mode():
        speakers = adapter._network(torch.from_numpy(heard)[None])[0].numpy()
    for speaker in speakers:
        (found,) = adapter.separate([Request("m.0", heard, RATE, "speech", "extract", (), (speaker, heard - speaker))])
        assert np.allclose(found.audio, speaker, atol=1e-6)


@pytest.mark.parametrize(("name", "giga", "million"), [("sdcodec", 40.14, 74.82), ("tdanet", 4.57, 2.35)])
def test_they_cost_what_is_known_of_them(name: str, giga: float, million: float) -> None:
    model = load_model(ADAPTERS / name)
    adapter: Any = load_separator(model)
    adapter.sketch(model.config)
    parts = adapter.cost(1.0).parts.values()
    assert sum(part.macs for part in parts) / 1e9 == pytest.approx(giga, rel=0.01)
    assert sum(part.trainable for part in parts) / 1e6 == pytest.approx(million, rel=0.01)


def test_a_run_without_their_stems_scores_nothing_and_fails_nothing(tmp_path: Path) -> None:
    words = [
        "--models",
        "sdcodec:tiny-random,mixture",
        "--suite",
        "demo",
        "--limit",
        "2",
        "--out",
        str(tmp_path / "run"),
    ]
    done = sepbench("run", *words)
    assert done.returncode == 0, done.stderr
    assert "not applicable: sdcodec:tiny-random to 2 items" in done.stdout and " 0 failed" in done.stdout
