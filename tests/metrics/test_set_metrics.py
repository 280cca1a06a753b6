"""Metrics of a set: from kept vectors to a value, and from a suite to its table with small networks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from sepbench import Measurement, measure
from sepbench.embeddings.registry import opened
from sepbench.metrics import set_distances
from sepbench.metrics.frechet import frechet_distance, frechet_infinity
from sepbench.metrics.metric import Metric, Sample, Undefined
from sepbench.metrics.mmd import mmd
from sepbench.metrics.reduction import ItemStatistic
from sepbench.metrics.registry import get
from sepbench.metrics.set_distances import discrepancy, frechet, frechet_without_bias
from tests.embeddings.tiny_networks import tiny_vggish

RATE = 16000
RNG = np.random.Generator(np.random.PCG64(70))
NOISE = 0.1 * RNG.standard_normal(2 * RATE)
ONCE = np.ones((1, 40), dtype=np.int64)


def statistics(items: int, windows: int, dim: int) -> list[ItemStatistic]:
    rng = np.random.Generator(np.random.PCG64(71))
    made = []
    for number in range(items):
        arrays = {name: rng.standard_normal((windows, dim)).astype(np.float32) for name in ("estimate", "reference")}
        arrays["estimate"] += 1
        made.append(ItemStatistic(f"{number:016x}.0", f"r{number}", "dog", arrays=arrays))
    return made


def stacked(kept: Iterable[ItemStatistic], name: str) -> np.ndarray:
    return np.concatenate([one.arrays[name] for one in kept])


def test_the_value_is_that_of_all_windows_of_all_items() -> None:
    kept = statistics(40, 3, 5)
    whole = {name: stacked(kept, name) for name in ("estimate", "reference")}
    assert frechet(kept, ONCE) == pytest.approx([frechet_distance(**whole)], rel=1e-9)
    assert discrepancy(kept, ONCE) == pytest.approx([mmd(**whole)], rel=1e-9)


def test_an_item_that_counts_twice_has_all_its_windows_twice() -> None:
    kept = statistics(4, 3, 2)
    values = frechet(kept, np.array([[1, 1, 1, 1], [2, 0, 1, 1]]))
    drawn = [kept[0], kept[0], kept[2], kept[3]]
    wanted = frechet_distance(estimate=stacked(drawn, "estimate"), reference=stacked(drawn, "reference"))
    assert values[1] == pytest.approx(wanted, rel=1e-9) and values[0] != values[1]


def test_large_sets_of_long_vectors_have_no_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_distances, "LARGEST_RANK", 10)
    for items, dim, draws in ((11, 11, 0), (11, 10, 2), (10, 11, 2)):
        values = frechet(statistics(items, 1, dim), np.ones((3, items), dtype=np.int64))
        assert np.isfinite(values[0]) and np.isfinite(values[1:]).sum() == draws


def test_extrapolating_takes_a_thousand_windows() -> None:
    with pytest.raises(Undefined, match="120 vectors of each set; an extrapolation needs 1000"):
        frechet_without_bias(statistics(40, 3, 5), ONCE)
    kept = statistics(40, 25, 5)
    wanted = frechet_infinity(estimate=stacked(kept, "estimate"), reference=stacked(kept, "reference"))
    assert frechet_without_bias(kept, ONCE) == pytest.approx([wanted])


def test_one_vector_has_no_spread() -> None:
    with pytest.raises(Undefined, match="one vector of each set has no spread"):
        frechet(statistics(1, 1, 4), np.ones((1, 1), dtype=np.int64))


def test_names_pin_what_is_heard() -> None:
    for name, rate, heard in (
        ("fad", 16000, "as-is"),
        ("fad@vggish", 16000, "audioldm_eval"),
        ("fd@cnn14-32k", 32000, "audioldm_eval"),
    ):
        metric = get(name)
        assert (metric.rate, metric.parameters["input"], metric.better) == (rate, heard, "lower")
        assert metric.resamples == 200 and not metric.over_mixture
    assert get("fad_inf@vggish").resamples == 0


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Metric:
    pytest.importorskip("torch")
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEPBENCH_EMBEDDER_VGGISH", str(tiny_vggish(tmp_path / "own.pth")))
    opened.cache_clear()
    return get("fad@own")


def test_an_item_keeps_the_vectors_of_its_three_signals(own: Metric) -> None:
    kept = own.measure(Sample(0.5 * NOISE, NOISE, RATE, mixture=NOISE[::-1]))
    assert not isinstance(kept, float)
    assert {name: array.shape for name, array in kept.items()} == dict.fromkeys(
        ("estimate", "reference", "mixture"), (2, 128)
    )
    for name, signal in (("estimate", 0.5 * NOISE), ("reference", NOISE), ("mixture", NOISE[::-1])):
        (wanted,) = opened("vggish:own").audio([signal.astype(np.float32)])
        np.testing.assert_array_equal(kept[name], wanted)


def test_one_pair_is_no_set(own: Metric) -> None:
    def one(**changes: np.ndarray | None) -> Measurement:
        signals = {"estimate": NOISE, "reference": NOISE, "mixture": NOISE} | changes
        return measure(**signals, sample_rate=RATE, metrics=[own.name])[own.name]  # type: ignore[arg-type]

    assert one() == Measurement(None, "not_applicable")
    assert one(estimate=0 * NOISE).status == "not_applicable"  # silence is no gap
    assert one(mixture=None).status == "missing_input"
    assert one(reference=0 * NOISE).status == "reference_silent"
    short = NOISE[:15599]
    assert one(estimate=short, reference=short, mixture=short).status == "too_short"
