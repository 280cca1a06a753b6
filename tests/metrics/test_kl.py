"""KL divergence of tags: against audioldm_eval's own values, against scipy, and on a small tagger from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, rel_entr, softmax

from sepbench import Measurement, measure
from sepbench.embeddings.registry import opened
from sepbench.errors import SepbenchError
from sepbench.metrics.kl import kl_sigmoid, kl_sigmoid_audioldm, kl_softmax, kl_softmax_audioldm
from sepbench.metrics.registry import get
from tests.embeddings.tiny_networks import tiny_cnn14
from tests.golden.sets import logits

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "sets.json").read_text())["logits"]
REFERENCE, ESTIMATE = logits(GOLDEN["n"], GOLDEN["classes"])
RATE = 16000
NOISE = 0.1 * np.random.Generator(np.random.PCG64(5)).standard_normal(RATE)
TONE = 0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)


def test_values_agree_with_audioldm_eval_in_its_direction() -> None:
    found = kl_softmax_audioldm(estimate=ESTIMATE, reference=REFERENCE)
    assert found.mean() == pytest.approx(GOLDEN["kl_softmax"], abs=1e-5)  # theirs is in float32
    turned = kl_softmax_audioldm(estimate=REFERENCE, reference=ESTIMATE).mean()
    assert turned == pytest.approx(GOLDEN["kl_softmax_reversed"], abs=1e-4)
    found = kl_sigmoid_audioldm(estimate=ESTIMATE, reference=REFERENCE)
    assert found.mean() == pytest.approx(GOLDEN["kl_sigmoid"], abs=1e-5)


def test_equal_tags_are_slightly_negative_there_and_zero_here() -> None:
    for name, function in (("kl_softmax", kl_softmax_audioldm), ("kl_sigmoid", kl_sigmoid_audioldm)):
        value = function(estimate=REFERENCE, reference=REFERENCE).mean()
        assert value == pytest.approx(GOLDEN[f"{name}_identical"], abs=1e-6) and value < 0
    for exact in (kl_softmax, kl_sigmoid):
        assert not exact(estimate=REFERENCE, reference=REFERENCE).any()


def test_exact_divergences_are_scipys() -> None:
    target, given = REFERENCE.astype(np.float64), ESTIMATE.astype(np.float64)
    wanted = rel_entr(softmax(target, axis=1), softmax(given, axis=1)).sum(axis=1)
    assert kl_softmax(estimate=ESTIMATE, reference=REFERENCE) == pytest.approx(wanted, rel=1e-9)
    wanted = (rel_entr(expit(target), expit(given)) + rel_entr(expit(-target), expit(-given))).sum(axis=1)
    assert kl_sigmoid(estimate=ESTIMATE, reference=REFERENCE) == pytest.approx(wanted, rel=1e-9)


def test_surer_tags_are_a_gain_to_audioldm_evals_sigmoid_form_only() -> None:
    assert kl_sigmoid_audioldm(estimate=REFERENCE + 2, reference=REFERENCE).mean() < 0
    assert kl_sigmoid(estimate=REFERENCE + 2, reference=REFERENCE).min() > 0
    # A softmax does not see what is added to all classes.
    assert kl_softmax(estimate=REFERENCE + 2, reference=REFERENCE).max() < 1e-9


def test_extreme_logits_stay_finite() -> None:
    sure, against = np.array([1e4, -1e4]), np.array([-1e4, 1e4])
    assert kl_softmax(estimate=against, reference=sure) == pytest.approx(2e4)
    assert kl_sigmoid(estimate=against, reference=sure) == pytest.approx(2e4)
    assert kl_softmax_audioldm(estimate=against, reference=sure) == pytest.approx(-np.log(1e-6))


def test_other_classes_are_refused() -> None:
    with pytest.raises(SepbenchError, match=r"logits of different classes: given shapes \(3,\) and \(4,\)"):
        kl_softmax(estimate=np.zeros(3), reference=np.zeros(4))


def test_without_weights_a_tagger_is_unavailable_and_nothing_is_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path))
    opened.cache_clear()
    names = ["kl_softmax", "kl_sigmoid@cnn14-16k", "kl_softmax@passt"]
    found = measure(estimate=NOISE, reference=TONE, sample_rate=RATE, metrics=names)
    assert found == {name: Measurement(None, "unavailable") for name in names}
    assert get("kl_softmax").signature.endswith("embedder:panns:cnn14-16k.v1.16000.whole.unavailable")


def test_a_small_tagger_tells_alike_from_unlike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEPBENCH_EMBEDDER_PANNS", str(tiny_cnn14(tmp_path / "own.pth")))
    opened.cache_clear()

    def kl(estimate: np.ndarray, reference: np.ndarray = TONE) -> Measurement:
        return measure(estimate=estimate, reference=reference, sample_rate=RATE, metrics=["kl_softmax@own"])[
            "kl_softmax@own"
        ]

    assert kl(TONE) == Measurement(0.0, "ok")
    near, far, silent = kl(TONE + 0.01 * NOISE).value, kl(NOISE).value, kl(0 * TONE)
    assert near is not None and far is not None and 0 < near < far
    assert silent.status == "ok" and silent.value is not None and silent.value > 0
    assert kl(TONE, 0 * TONE).status == "reference_silent"
    assert kl(NOISE[:4000], TONE[:4000]).status == "too_short"  # 0.25 s; 0.31 s are 32 frames
    assert kl(NOISE[:4960], TONE[:4960]).status == "ok"
