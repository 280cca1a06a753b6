"""Rendering against closed forms: power ratios, sums, the clip rule, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.audio import Recording
from sepbench.errors import SepbenchError
from sepbench.manifest import Premixed, Query
from sepbench.mixing import UnrenderableMixture, level_db, reference, render
from tests.rows import RATE, SAMPLES, mixture, recording, source


def power_db(signal: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(signal.astype(np.float64) ** 2)))


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-15, 15),
    st.sampled_from(["power", "active", "lufs"]),
    st.sampled_from(["peak_0.9_if_gt_1", "none"]),
    st.integers(1, 3),
    st.floats(0.02, 0.9),
)
def test_stems_sum_to_the_mixture_at_the_snr(snr: float, mode: str, rule: str, noises: int, level: float) -> None:
    sources = (source("dog", "target"), *(source(f"n{i}", "noise") for i in range(noises)))
    row = mixture(
        sources=sources,
        queries=(Query("label", "extract", (0,), text="dog"),),
        snr_db=snr,
        snr_mode=mode,
        clip_rule=rule,
    )
    rendered = render(row, [recording(0, level=level), *(recording(1 + i, level=0.2) for i in range(noises))])
    total = np.sum(rendered.stems, axis=0, dtype=np.float64)
    assert np.max(np.abs(total - rendered.mixture)) <= 1e-6 * max(1, np.max(np.abs(rendered.mixture)))
    assert rendered.snr_db == pytest.approx(row.snr_db, abs=1e-6)
    # Stationary noise: the three definitions of level agree on it to a fraction of a dB.
    realised = power_db(rendered.stems[0]) - power_db(total - rendered.stems[0])
    assert realised == pytest.approx(snr, abs=1e-4 if mode == "power" else 0.6)


def test_clip_rule_brings_the_peak_to_0_9_with_one_gain() -> None:
    clips = [recording(0, level=0.5), recording(1, level=0.5)]
    limited, free = (render(mixture(clip_rule=rule), clips) for rule in ("peak_0.9_if_gt_1", "none"))
    assert np.max(np.abs(free.mixture)) > 1 and free.common_gain == 1
    assert np.max(np.abs(limited.mixture)) == pytest.approx(0.9, abs=1e-6)
    for one, other in zip(limited.stems, free.stems, strict=True):
        np.testing.assert_allclose(one, other * limited.common_gain, atol=1e-6)


def test_quiet_mixture_is_left_alone_by_the_clip_rule() -> None:
    assert render(mixture(), [recording(0), recording(1)]).common_gain == 1


def test_several_noises_are_brought_to_one_level_first() -> None:
    row = mixture(sources=(source("a", "target"), source("b", "noise"), source("c", "noise")), snr_db=-4.0)
    rendered = render(row, [recording(0), recording(1, level=0.01), recording(2, level=0.5)])
    assert power_db(rendered.stems[1]) == pytest.approx(power_db(rendered.stems[2]), abs=1e-4)


def test_active_level_ignores_padding_and_power_level_does_not() -> None:
    padded = np.concatenate([recording(0).audio, np.zeros(3 * SAMPLES, np.float32)]).astype(np.float64)
    whole = recording(0).audio.astype(np.float64)
    assert level_db(padded, RATE, "power") == pytest.approx(level_db(whole, RATE, "power") - 10 * np.log10(4), abs=1e-9)
    assert level_db(padded, RATE, "active") == pytest.approx(level_db(whole, RATE, "active"), abs=1e-9)


def test_loudness_of_a_full_scale_997_hz_tone_is_minus_3_01_lufs() -> None:
    tone = np.sin(2 * np.pi * 997 * np.arange(5 * 48000) / 48000)  # ITU-R BS.1770-4: one channel of it reads -3.01
    assert level_db(tone, 48000, "lufs") == pytest.approx(-3.01, abs=0.01)


def test_short_clip_is_padded_and_offset_placed() -> None:
    row = mixture(sources=(replace(source("dog", "target", samples=1000), offset=500), source("rain", "noise")))
    rendered = render(row, [recording(0, samples=600), recording(1)])
    heard = np.flatnonzero(rendered.stems[0])
    assert heard.min() >= 500 and heard.max() < 1100


def test_clip_at_another_rate_is_resampled() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 44100).astype(np.float32) * 0.5
    rendered = render(mixture(), [Recording(tone, 44100), recording(1)])
    spectrum = np.abs(np.fft.rfft(rendered.stems[0]))
    assert np.argmax(spectrum) * RATE / SAMPLES == pytest.approx(440, abs=2)


def test_stated_gains_are_used_and_a_wrong_snr_is_found() -> None:
    stated = (source("dog", "target", gain_db=0.0), source("rain", "noise", gain_db=-3.0))
    rendered = render(mixture(sources=stated), [recording(0), recording(1)])
    assert rendered.gains_db == (0.0, -3.0) and rendered.snr_db == pytest.approx(3.0, abs=1e-6)
    with pytest.raises(
        UnrenderableMixture, match=r"realised SNR differs from the row: given 3\.000 dB; wanted 4\.000 dB"
    ):
        render(mixture(sources=stated, snr_db=4.0), [recording(0), recording(1)])


def test_wrong_common_gain_is_found() -> None:
    with pytest.raises(UnrenderableMixture, match="common gain differs"):
        render(mixture(common_gain=0.5), [recording(0), recording(1)])


@pytest.mark.parametrize(
    ("clips", "match"),
    [
        ((recording(0, level=1e-4), recording(1)), "test/dog is silent"),
        ((recording(0), Recording(np.zeros(0, np.float32), RATE)), "test/rain is silent"),
        ((recording(0, level=0.9), recording(1, level=2e-3)), "gain of test/rain"),
    ],
)
def test_silence_and_extreme_gains_are_refused(clips: tuple[Recording, Recording], match: str) -> None:
    with pytest.raises(UnrenderableMixture, match=match):
        render(mixture(), clips)


def test_another_resampler_is_refused() -> None:
    with pytest.raises(SepbenchError, match=r"given sox_vhq; wanted soxr_hq"):
        render(mixture(resampler="sox_vhq"), [recording(0), recording(1)])


def test_references_of_extraction_removal_and_absence() -> None:
    row = mixture()
    rendered = render(row, [recording(0), recording(1)])
    extract, remove, absent = row.queries
    np.testing.assert_array_equal(reference(rendered, extract), rendered.stems[0])
    np.testing.assert_array_equal(reference(rendered, remove), rendered.stems[1])
    assert not reference(rendered, absent).any()
    gone = Query("label", "remove", (), text="siren")
    np.testing.assert_allclose(reference(rendered, gone), rendered.mixture, atol=1e-6)
    both = reference(rendered, extract).astype(np.float64) + reference(rendered, remove)
    np.testing.assert_allclose(both, rendered.mixture, atol=1e-6)


def test_premixed_pair_is_taken_as_it_is() -> None:
    target, noise = recording(0).audio, recording(1).audio
    row = mixture(
        sources=(source("t.wav", "target"),),
        premixed=Premixed("test", "m.wav"),
        queries=(Query("label", "extract", (0,), text="x"),),
        snr_db=None,
        snr_mode="none",
    )
    rendered = render(row, [Recording(target, RATE), Recording(target + noise, RATE)])
    np.testing.assert_array_equal(rendered.mixture, target + noise)
    np.testing.assert_allclose(rendered.stems[1], noise, atol=1e-7)
    assert rendered.snr_db == pytest.approx(0, abs=1e-4)
    with pytest.raises(UnrenderableMixture, match="length of the published pair"):
        render(row, [Recording(target[:-1], RATE), Recording(target + noise, RATE)])


def test_rendering_twice_gives_the_same_bytes() -> None:
    one, other = (render(mixture(), [recording(0), recording(1)]) for _ in range(2))
    assert one.mixture.tobytes() == other.mixture.tobytes()
