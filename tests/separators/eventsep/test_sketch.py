"""What EventSep costs without any weights: its own part alone, and with its bases the sum of all."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.profiling.sketched import sketched_costs
from sepbench.profiling.totals import totals
from sepbench.separators.composing import FOLDERS, with_folders
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import load_separator
from sepbench.separators.separator import Cost, Part
from sepbench.separators.spec import load_model

ROOT = Path(__file__).parent.parent.parent.parent
PAGE = ROOT / "benchmarks" / "gmacs.py"
SILENCE = str(ROOT / "adapters" / "silence")


@pytest.fixture(scope="module")
def page() -> ModuleType:
    """The program that writes the page of GMACs, which no package holds."""
    spec = importlib.util.spec_from_file_location("gmacs_page", PAGE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def own() -> list[Cost]:
    """Of the adapter by itself, for 1 s and 10 s."""
    model = load_model(ROOT / "adapters" / "eventsep")
    adapter: Any = load_separator(model)
    adapter.sketch(model.config)
    return [adapter.cost(seconds) for seconds in (1.0, 10.0)]


def test_a_sketch_is_the_detector_and_nothing_of_the_bases(own: list[Cost]) -> None:
    for cost in own:
        assert list(cost.parts) == ["event detector"] and cost.parts["event detector"].trainable == 0
    # Published: 82,917,948 parameters with two DFT matrices and a bank of filters; 21.32 GMAC with the matrices, which
    # are multiplied with 1001 frames.
    assert own[1].parts["event detector"].frozen == 82_917_948 - 2 * 513 * 1024 - 513 * 64
    assert own[1].parts["event detector"].macs == pytest.approx(21.32e9 - 2 * 513 * 1024 * 1001, rel=0.0005)


def test_a_profile_without_weights_counts_what_the_base_does_too() -> None:
    (model,) = find_models(["eventsep:soft-0.55"], [ROOT / "adapters"])
    costs = sketched_costs(model, [1.0])
    assert costs is not None
    total = totals(costs[0])
    assert total["separator_only"].trainable == 26_447_941  # AudioSep's, as published
    assert total["separator_only"].macs == pytest.approx(29.17e9, rel=0.0005)
    # PANNs: 21.32 GMAC for the 1001 frames of 10 s are published, its DFT matrices included.
    assert total["pipeline"].macs - total["separator_only"].macs == pytest.approx(2e9, rel=0.03)


def test_what_is_made_of_a_separator_that_cannot_say_its_cost_cannot_either() -> None:
    (model,) = find_models(["eventsep:soft-0.55"], [ROOT / "adapters"])
    adapter: Any = load_separator(model)
    adapter.sketch({**with_folders(model, model.config), "bases": ["silence"], FOLDERS: {"silence": SILENCE}})
    assert adapter.cost(1.0) is None


def test_the_composed_system_is_the_sum_of_separate_counts(page: ModuleType, own: list[Cost]) -> None:
    bases = {
        "audiosep": [Cost(s, {"separator": Part(7, 0, 1, macs=round(1000 * s))}) for s in page.SECONDS],
        "flowsep": [
            Cost(s, {"UNet": Part(5, 0, 0, macs=300, steps=20), "text": Part(0, 2, 0, 40, 3, 1, ("pipeline",), True)})
            for s in page.SECONDS
        ],
    }
    for index, cost in enumerate(page.composed(bases)):
        separate = [own[index], *(costs[index] for costs in bases.values())]
        assert len(cost.parts) == 4 and cost.seconds == page.SECONDS[index]
        for scope, total in totals(cost).items():
            each = [totals(one)[scope] for one in separate if scope in totals(one)]
            for field in ("macs", "query_macs", "fft_macs", "trainable", "frozen", "buffers"):
                assert getattr(total, field) == sum(getattr(one, field) for one in each), (scope, field)
        assert totals(cost)["separator_only"].macs == 300 + 1000 * page.SECONDS[index]
        assert totals(cost)["pipeline"].query_macs == 40
