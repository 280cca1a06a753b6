"""Event masks: closed forms and edge cases."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.errors import SepbenchError
from sepbench.separators.eventsep.frame_masks import MODES, frame_mask, stretch

SCORES = np.array([0.1, 0.3, 0.6, 0.9, 0.6, 0.2], np.float32)


def mask(mode: str, threshold: float = 0.5, scores: np.ndarray = SCORES) -> np.ndarray:
    return frame_mask(scores, mode=mode, threshold=threshold)


def test_closed_forms() -> None:
    np.testing.assert_array_equal(mask("none"), np.ones(6))
    np.testing.assert_array_equal(mask("hard", 0.6), [0, 0, 1, 1, 1, 0])
    np.testing.assert_allclose(mask("soft"), [0.2, 0.6, 1, 1, 1, 0.4], rtol=1e-6)
    np.testing.assert_allclose(mask("soft-rel"), (SCORES - 0.1) / 0.8, rtol=1e-5, atol=1e-7)


def test_smoothing_is_a_gaussian_of_five_frames() -> None:
    impulse = np.zeros(101, np.float32)
    impulse[50] = 1
    offsets = np.arange(-20, 21)
    gaussian = np.exp(-0.5 * (offsets / 5) ** 2)
    np.testing.assert_allclose(mask("soft-fade", scores=impulse)[30:71], gaussian / gaussian.sum(), atol=1e-6)


def test_above_the_threshold_the_faded_mask_is_one() -> None:
    faded = mask("soft-fade-th")
    assert (faded[SCORES > 0.5] == 1).all()
    assert (faded[SCORES < 0.5] < 1).all()


@pytest.mark.parametrize("mode", MODES)
def test_masks_stay_between_0_and_1_and_are_never_empty(mode: str, rng: np.random.Generator) -> None:
    for threshold in (0.0, 0.5, 1.0):
        found = mask(mode, threshold, rng.random(300).astype(np.float32) * np.float32(0.4))
        assert found.dtype == np.float32
        assert 0 <= found.min() <= found.max() <= 1
        assert found.sum() > 0


@pytest.mark.parametrize("mode", MODES)
def test_a_second_sigmoid_makes_a_low_threshold_let_all_through(mode: str, rng: np.random.Generator) -> None:
    twice = 1 / (1 + np.exp(-rng.random(300).astype(np.float32)))
    everything = (mask(mode, 0.5, twice) == 1).all()
    assert everything == (mode not in ("soft-rel", "soft-fade"))


def test_a_flat_score_is_kept_whole_by_the_relative_mask() -> None:
    assert (mask("soft-rel", scores=np.full(9, 0.2, np.float32)) == 1).all()


def test_stretching_hits_both_ends() -> None:
    at_samples = stretch(SCORES, 1001)
    assert (at_samples[0], at_samples[-1]) == (SCORES[0], SCORES[-1])
    np.testing.assert_allclose(at_samples[::200], SCORES, atol=1e-6)
    assert (stretch(SCORES[:1], 4) == SCORES[0]).all()


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(SepbenchError, match="unknown mask: given sofd") as caught:
        mask("sofd")
    assert "soft" in caught.value.remedy
    with pytest.raises(SepbenchError, match=r"threshold out of range: given 1\.2; wanted 0 to 1"):
        mask("soft", 1.2)
