"""The two baselines that listen: what they learn, what they do with it, and when they abstain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sepbench.audio import Recording, resample
from sepbench.corpora.corpus import open_corpus
from sepbench.manifest import Clip
from sepbench.metrics.waveform import si_sdr
from sepbench.separators.class_dictionaries import BandAnalysis, Decomposition, active_frames, gather, target_mask
from sepbench.separators.discovery import find_models
from sepbench.separators.runner import Runner, open_runner
from sepbench.separators.separator import Request

RATE = 16000
TRAINING: dict[str, Any] = {"corpora": ["synthetic"], "excluded_groups": [], "sample_rate": RATE}
PAIRS = [("bird song", "car engine"), ("church bell", "rain"), ("flute", "thunder"), ("dog bark", "sea waves")]


@pytest.fixture(scope="module", params=["template", "nmf"])
def baseline(request: pytest.FixtureRequest) -> Runner:
    (model,) = find_models([request.param])
    return open_runner(model, config=model.config | {"clips_per_label": 4, "training": TRAINING}, device="cpu")


def sound(label: str, variation: int) -> np.ndarray:
    recording = open_corpus("synthetic").read(f"{label.replace(' ', '_')}/{variation:02d}")
    return resample(recording.audio, recording.sample_rate, RATE)[: 3 * RATE].astype(np.float64)


def asked(
    target: str, other: str, *, mode: str = "extract", query: str = "", variation: int = 1
) -> tuple[Request, np.ndarray]:
    """A mixture of two sounds of equal power, and the answer wanted."""
    one, two = sound(target, variation), sound(other, variation)
    two *= np.linalg.norm(one) / np.linalg.norm(two)
    mixture = (one + two).astype(np.float32)
    wanted = one if mode == "extract" else two
    return Request(f"{target}.{mode}", mixture, RATE, query or target, mode), wanted  # type: ignore[arg-type]


def test_unlike_sounds_are_told_apart(baseline: Runner) -> None:
    gains = []
    for target, other in PAIRS:
        for mode in ("extract", "remove"):
            request, wanted = asked(target, other, mode=mode)
            (estimate,) = baseline.separate([request])
            before = si_sdr(estimate=request.mixture, reference=wanted)
            gains.append(si_sdr(estimate=estimate.audio, reference=wanted) - before)
    assert np.mean(gains) > 3


def test_removal_and_extraction_add_up_to_the_mixture(baseline: Runner) -> None:
    extract, _ = asked("flute", "rain")
    remove, _ = asked("flute", "rain", mode="remove")
    one, other = baseline.separate([extract, remove])
    np.testing.assert_allclose(one.audio + other.audio, extract.mixture, atol=1e-5)


def test_another_query_gives_another_answer_and_other_words_the_same(baseline: Runner) -> None:
    request, _ = asked("flute", "rain")
    paraphrase, _ = asked("flute", "rain", query="someone playing the transverse flute")
    other, _ = asked("flute", "rain", query="rain")
    same, again, different = (baseline.separate([one])[0].audio for one in (request, paraphrase, other))
    np.testing.assert_array_equal(same, again)
    assert np.corrcoef(same, different)[0, 1] < 0.7


@pytest.mark.parametrize("mode", ["extract", "remove"])
def test_unknown_words_get_the_untouched_mixture(baseline: Runner, mode: str) -> None:
    request, _ = asked("flute", "rain", mode=mode, query="a didgeridoo")
    np.testing.assert_array_equal(baseline.separate([request])[0].audio, request.mixture)


def test_batches_repetition_and_odd_lengths_change_nothing(baseline: Runner) -> None:
    requests = [asked(*pair)[0] for pair in PAIRS[:2]]
    together, alone = baseline.separate(requests), [baseline.separate([one])[0] for one in requests]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.audio, other.audio)
    for samples in (1, 10, 1023, 16001):
        (estimate,) = baseline.separate([Request("x", requests[0].mixture[:samples], RATE, "flute", "extract")])
        assert estimate.audio.shape == (samples,) and np.isfinite(estimate.audio).all()


def test_silence_stays_silent_and_finite(baseline: Runner) -> None:
    (estimate,) = baseline.separate([Request("x", np.zeros(8000, np.float32), RATE, "flute", "extract")])
    assert not estimate.audio.any()


def test_another_rate_is_heard_at_the_learnt_one(baseline: Runner) -> None:
    request, _ = asked("church bell", "rain")
    high = Request("x", resample(request.mixture, RATE, 32000), 32000, request.query, "extract")
    (low_estimate,), (high_estimate,) = baseline.separate([request]), baseline.separate([high])
    assert high_estimate.sample_rate == RATE
    assert si_sdr(estimate=high_estimate.audio, reference=low_estimate.audio) > 25  # resampling twice costs the top


def test_recordings_of_the_suite_are_not_learnt_from() -> None:
    (model,) = find_models(["template"])
    clips = open_corpus("synthetic").clips()
    only = [clip.group for clip in clips if clip.labels[0] not in ("flute", "rain")]
    config = model.config | {"clips_per_label": 2, "training": TRAINING | {"excluded_groups": only}}
    runner = open_runner(model, config=config, device="cpu")
    known, unknown = asked("flute", "dog bark")[0], asked("dog bark", "flute")[0]
    assert np.abs(runner.separate([known])[0].audio - known.mixture).max() > 0.01
    np.testing.assert_array_equal(runner.separate([unknown])[0].audio, unknown.mixture)


def test_mask_of_disjoint_dictionaries_is_the_true_share() -> None:
    low, high = np.array([[0.5, 0.5, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.5, 0.5]])
    spectra = 3 * low + 5 * high
    how = Decomposition(iterations=5, background_penalty=0.0, background_weight=1.0)
    np.testing.assert_allclose(target_mask(spectra, low, high, how), [[1, 1, 0, 0]], atol=1e-9)


def test_mask_of_equal_dictionaries_is_one_half() -> None:
    atom = np.array([[0.25, 0.75]])
    how = Decomposition(iterations=20, background_penalty=0.0, background_weight=1.0)
    np.testing.assert_allclose(target_mask(4 * atom, atom, atom, how), [[0.5, 0.5]], atol=1e-9)


def test_band_mask_of_ones_keeps_every_bin() -> None:
    analysis = BandAnalysis(RATE, 64)
    np.testing.assert_allclose(analysis.to_bins(np.ones((3, 64))), 1, atol=1e-12)


def test_silent_frames_teach_nothing() -> None:
    spectra = np.array([[1.0, 3.0], [0.0, 0.0], [1e-4, 1e-4]])
    np.testing.assert_allclose(active_frames(spectra), [[0.25, 0.75]])
    silent = [(Clip("c", "1", ("hush",), "g", "train"), Recording(np.zeros(8000, np.float32), RATE))]
    assert gather(silent, BandAnalysis(RATE, 16)).frames["hush"].shape == (0, 16)
