"""Ensembles: which estimate is heard where, level, phase and length."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.errors import SepbenchError
from sepbench.separators.eventsep.ensembles import Ensemble, merge
from sepbench.separators.eventsep.evaluator import blend, split


def tone(hz: float, samples: int, rate: int, level: float = 0.2) -> np.ndarray:
    return np.float32(level * np.sin(2 * np.pi * hz * np.arange(samples) / rate))


def level_at(audio: np.ndarray, hz: float) -> float:
    """Amplitude of a tone in the middle of a clip at 32 kHz."""
    middle = audio[len(audio) // 4 : -len(audio) // 4]
    turn = np.exp(-2j * np.pi * hz * np.arange(len(middle)) / 32000)
    return float(2 * np.abs(np.mean(middle * turn)))


def merged(kind: str, first: np.ndarray, second: np.ndarray, **settings: float | str) -> np.ndarray:
    return merge(first, second, start=0, ensemble=Ensemble(kind, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("A", 0.7, 0.7),
        ("B", 1, 0),
        ("C", 0, 1),
        ("D", 1 - 0.3 * 1 / 8, 1 - 0.3 * 7 / 8),
        ("E", 1 - 0.3 * 7 / 8, 0.9625),
    ],
)
def test_how_much_of_the_first_is_kept_at_1_and_7_khz(kind: str, low: float, high: float) -> None:
    first = tone(1000, 32000, 32000) + tone(7000, 32000, 32000)
    output = merged(kind, first, tone(4000, 16000, 16000))
    assert level_at(output, 1000) == pytest.approx(0.2 * low, abs=1e-3)
    assert level_at(output, 7000) == pytest.approx(0.2 * high, abs=1e-3)


@pytest.mark.parametrize("kind", "ABCDE")
def test_merging_a_clip_with_itself_changes_nothing(kind: str, rng: np.random.Generator) -> None:
    from sepbench.audio import resample

    first = tone(440, 32000, 32000) + tone(3000, 32000, 32000) + tone(5000, 32000, 32000)
    same = np.float32(resample(first, 32000, 16000))
    inner = slice(2000, -2000)
    np.testing.assert_allclose(merged(kind, first, same)[inner], first[inner], atol=1e-4)
    louder = merged(kind, first, 3 * same, rms_match="all")
    np.testing.assert_allclose(louder[inner], first[inner], atol=1e-4)


def test_only_a_matches_the_level_in_the_published_code() -> None:
    first = tone(6000, 32000, 32000)
    second = tone(6000, 16000, 16000, level=0.05)
    assert level_at(merged("B", first, second, rms_match="a-only"), 6000) == pytest.approx(0.05, abs=1e-3)
    assert level_at(merged("B", first, second, rms_match="all"), 6000) == pytest.approx(0.2, abs=1e-3)
    assert level_at(merged("A", first, second, rms_match="a-only"), 6000) == pytest.approx(0.2, abs=1e-3)


def test_outside_the_segment_the_first_is_untouched_but_for_the_rate() -> None:
    first, second = tone(500, 64000, 32000), tone(2000, 8000, 16000)
    output = merge(first, second, start=16000, ensemble=Ensemble("B", cutoff_hz=0))
    np.testing.assert_allclose(output[1000:31000], first[1000:31000], atol=1e-3)
    np.testing.assert_allclose(output[49000:63000], first[49000:63000], atol=1e-3)
    assert np.abs(output[36000:44000] - first[36000:44000]).max() > 0.1


@pytest.mark.parametrize(("samples", "start", "length"), [(20000, 0, 20000), (20001, 0, 20002), (20000, 9000, 24000)])
def test_the_output_grows_where_the_second_reaches_beyond(samples: int, start: int, length: int) -> None:
    output = merge(tone(500, samples, 32000), tone(500, 3000, 16000), start=start, ensemble=Ensemble("A"))
    assert len(output) == length


@pytest.mark.parametrize("samples", [1, 255, 1023, 1025])
def test_short_segments_merge_too(samples: int) -> None:
    output = merge(tone(500, 8000, 32000), tone(500, samples, 16000), start=100, ensemble=Ensemble("E"))
    assert len(output) == 8000
    assert np.isfinite(output).all()


def test_loud_estimates_are_cut_at_full_scale() -> None:
    assert np.abs(merged("A", tone(500, 32000, 32000, 3), tone(500, 16000, 16000, 3))).max() == 1


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(SepbenchError, match="unknown ensemble: given F"):
        Ensemble("F")
    with pytest.raises(SepbenchError, match="unknown level match: given some"):
        Ensemble("A", rms_match="some")
    with pytest.raises(SepbenchError, match="nothing to merge: given 0 samples from 0"):
        merged("A", tone(500, 3200, 32000), np.zeros(0, np.float32))


def test_the_evaluation_scripts_blend_and_split_in_time() -> None:
    first, second = tone(1000, 32000, 32000), tone(8000, 32000, 32000)
    assert level_at(blend(first, second, rate=0.1), 8000) == pytest.approx(0.02, abs=1e-4)
    both = split(first + second, first + second, cutoff_hz=4000)
    assert level_at(both, 1000) == pytest.approx(0.2, abs=1e-3)
    swapped = split(second, first, cutoff_hz=4000)
    assert level_at(swapped, 1000) < 1e-4
    assert level_at(swapped, 8000) < 1e-4
