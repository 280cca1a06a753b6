"""What EventSep costs without any weights: its own part alone, and with its bases the sum of all, as the page tells."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.profiling.totals import totals
from sepbench.separators.inline import load_separator
from sepbench.separators.separator import Cost, Part
from sepbench.separators.spec import load_model

ROOT = Path(__file__).parent.parent.parent.parent
PAGE = ROOT / "benchmarks" / "gmacs.py"


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
