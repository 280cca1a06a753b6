"""Class-aware improvement against the challenges' own code, and the same idea for text queries."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sepbench import measure
from sepbench.metrics.class_aware import ca_sdri, capi_sdri, mean_of_mixtures, qa_sdri
from sepbench.metrics.metric import Undefined
from sepbench.metrics.reduction import ItemStatistic
from tests.golden.scenes import scenes

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "class_aware.json").read_text())
SCENES = scenes()
RNG = np.random.Generator(np.random.PCG64(11))
TARGET, OTHER, NOISE = 0.1 * RNG.standard_normal((3, 8000))
MIXTURE = TARGET + OTHER


@pytest.mark.parametrize("name", sorted(GOLDEN["capi_sdri"]))
def test_equal_to_the_challenges_code(name: str) -> None:
    scene = SCENES[name]
    several = {"estimates": scene.estimates, "references": scene.references, "mixture": scene.mixture}
    single = {
        "estimates": {label: sounds[0] for label, sounds in scene.estimates.items()},
        "references": {label: sounds[0] for label, sounds in scene.references.items()},
        "mixture": scene.mixture,
    }
    for function, given in ((capi_sdri, several), (ca_sdri, single)):
        if name not in GOLDEN[function.__name__]:
            continue
        wanted = GOLDEN[function.__name__][name]
        if wanted is None:
            with pytest.raises(Undefined, match="nothing is to be found") as caught:
                function(**given)
            assert caught.value.status == "not_applicable"
        else:
            assert function(**given) == pytest.approx(wanted, abs=GOLDEN["tolerance"], rel=0)


def test_a_missed_and_an_invented_sound_halve_and_third_the_mean() -> None:
    estimate = TARGET + 0.1 * OTHER  # 20 dB better than the mixture
    assert ca_sdri(estimates={"a": estimate}, references={"a": TARGET}, mixture=MIXTURE) == pytest.approx(20, abs=1e-6)
    with_missed = ca_sdri(estimates={"a": estimate}, references={"a": TARGET, "b": OTHER}, mixture=MIXTURE)
    assert with_missed == pytest.approx(10, abs=1e-6)
    both = ca_sdri(estimates={"a": estimate, "c": NOISE}, references={"a": TARGET, "b": OTHER}, mixture=MIXTURE)
    assert both == pytest.approx(20 / 3, abs=1e-6)


def test_the_order_within_a_class_does_not_matter_and_the_surplus_counts_as_zero() -> None:
    found = [OTHER + 0.1 * TARGET, TARGET + 0.01 * OTHER, NOISE]
    values = [
        capi_sdri(estimates={"a": order}, references={"a": [TARGET, OTHER]}, mixture=MIXTURE)
        for order in (found, found[::-1], [found[1], found[2], found[0]])
    ]
    assert values == pytest.approx([20.0] * 3, abs=1e-4)  # (20 + 40 + 0) / 3


def test_a_perfect_estimate_keeps_the_originals_ceiling() -> None:
    energy = float(TARGET @ TARGET)
    eps = 2.0**-23
    wanted = 10 * np.log10((energy + eps) / eps) - 10 * np.log10((energy + eps) / (float(OTHER @ OTHER) + eps))
    assert ca_sdri(estimates={"a": TARGET}, references={"a": TARGET}, mixture=MIXTURE) == pytest.approx(wanted)


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(Undefined) as silent:
        ca_sdri(estimates={"a": TARGET}, references={"a": 0 * TARGET}, mixture=MIXTURE)
    assert silent.value.status == "reference_silent"
    with pytest.raises(Undefined) as short:
        ca_sdri(estimates={"a": TARGET[:-1]}, references={"a": TARGET}, mixture=MIXTURE)
    assert short.value.status == "length_mismatch"


def test_an_answer_is_found_missed_invented_or_rightly_silent() -> None:
    estimate, silence = TARGET + 0.1 * OTHER, 0 * TARGET
    there = {"reference": TARGET, "mixture": MIXTURE, "absent": False}
    gone = {"reference": silence, "mixture": MIXTURE, "absent": True}
    assert qa_sdri(estimate=estimate, **there) == pytest.approx(20, abs=1e-9)
    assert qa_sdri(estimate=-OTHER, **there) < 0  # found, though the answer is worse than the mixture
    assert qa_sdri(estimate=silence, **there) == 0
    assert qa_sdri(estimate=estimate, **gone) == 0
    with pytest.raises(Undefined) as right:
        qa_sdri(estimate=silence, **gone)
    assert right.value.status == "not_applicable"


@pytest.mark.parametrize(("level_db", "counts"), [(-29.9, True), (-30.1, False)])
def test_the_threshold_is_relative_to_the_mixture(level_db: float, counts: bool) -> None:
    answer = MIXTURE * 10 ** (level_db / 20)
    given = {"estimate": answer, "reference": 0 * MIXTURE, "mixture": MIXTURE, "absent": True}
    if counts:
        assert qa_sdri(**given) == 0
    else:
        with pytest.raises(Undefined):
            qa_sdri(**given)


def test_one_pair_from_python() -> None:
    found = measure(
        estimate=TARGET + 0.1 * OTHER, reference=TARGET, mixture=MIXTURE, sample_rate=16000, metrics=["qa_sdri"]
    )["qa_sdri"]
    assert (found.status, found.value) == ("ok", pytest.approx(20, abs=1e-9))
    untouched = measure(
        estimate=MIXTURE, reference=0 * TARGET, mixture=MIXTURE, sample_rate=16000, metrics=["qa_sdri"]
    )["qa_sdri"]
    assert (untouched.status, untouched.value) == ("ok", 0.0)


def entry(item: str, value: float) -> ItemStatistic:
    return ItemStatistic(item, "", "", value)


def test_every_mixture_weighs_the_same_however_many_queries_it_has() -> None:
    kept = [entry("a.0", 12.0), entry("a.1", 0.0), entry("a.2", 0.0), entry("b.0", 10.0)]
    wanted = np.mean([np.mean([12.0, 0.0, 0.0]), 10.0])
    assert mean_of_mixtures(kept, np.ones((1, 4), dtype=np.int64)) == pytest.approx([wanted])


def test_a_mixture_drawn_twice_counts_twice_and_one_not_drawn_not_at_all() -> None:
    kept = [entry("a.0", 12.0), entry("a.1", 0.0), entry("b.0", 9.0)]
    times = np.array([[2, 2, 1], [0, 0, 3], [0, 0, 0]])
    assert mean_of_mixtures(kept, times) == pytest.approx([7.0, 9.0, np.nan], nan_ok=True)
