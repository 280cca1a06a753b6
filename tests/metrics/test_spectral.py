"""Spectral metrics against closed forms: gains, floors, and what each recipe does with padding."""

from __future__ import annotations

import numpy as np
import pytest

from sepbench.errors import SepbenchError
from sepbench.mel_bank import mel_bank
from sepbench.metrics.lsd import lsd, lsd_audioldm, lsd_ssr_eval
from sepbench.metrics.mel import BLOCK_SAMPLES, hann, mel_magnitudes, stft_magnitude
from sepbench.metrics.mel_distance import MelScales, mel_dist
from sepbench.metrics.metric import Undefined
from sepbench.metrics.psnr import psnr_mel, psnr_mel_audioldm, psnr_wave
from tests.golden.signals import make

RATE = 16000
NOISE = 0.1 * np.random.Generator(np.random.PCG64(7)).standard_normal(2 * RATE)


@pytest.mark.parametrize("gain", [0.25, 0.5, 2.0, -1.0])
def test_a_gain_is_its_own_distance(gain: float) -> None:
    # One ratio in every bin: |20 log10 g| dB, and one unit of LSD is 10 dB.
    expected = abs(2 * np.log10(abs(gain)))
    # A handful of the noise's bins lie below the floor, 80 dB under the loudest.
    assert lsd(estimate=gain * NOISE, reference=NOISE, sample_rate=RATE) == pytest.approx(expected, abs=2e-5)
    assert lsd_ssr_eval(estimate=gain * NOISE, reference=NOISE, sample_rate=RATE) == pytest.approx(expected, abs=1e-6)
    one = MelScales((512,), (40,), power=1, magnitude_weight=0)
    distance = mel_dist(estimate=gain * NOISE, reference=NOISE, sample_rate=RATE, scales=one)
    assert distance == pytest.approx(expected / 2, abs=1e-9)
    expected_psnr = np.inf if abs(gain) == 1 else -10 * np.log10((20 * abs(np.log10(abs(gain))) / 100) ** 2)
    assert psnr_mel(estimate=gain * NOISE, reference=NOISE) == pytest.approx(expected_psnr, abs=1e-9)


def test_level_of_both_changes_nothing_for_ours() -> None:
    other = NOISE + 0.05 * np.random.Generator(np.random.PCG64(8)).standard_normal(2 * RATE)
    loud, quiet = (lsd(estimate=g * other, reference=g * NOISE, sample_rate=RATE) for g in (1.0, 1e-2))
    assert loud == pytest.approx(quiet, abs=1e-9)


def test_silence_is_at_the_floor() -> None:
    value = lsd(estimate=np.zeros_like(NOISE), reference=NOISE, sample_rate=RATE)
    window, hop = round(0.032 * RATE), round(0.008 * RATE)
    power = stft_magnitude(NOISE, window=window, hop=hop, padding="constant") ** 2
    above = np.log10(power / (power.max() * 1e-8))
    assert value == pytest.approx(float(np.mean(np.sqrt(np.mean(np.maximum(above, 0) ** 2, axis=0)))), abs=1e-12)
    assert 4 < value < 8


def test_padding_costs_ours_nothing_and_ssr_eval_twelve_a_frame() -> None:
    padded = np.concatenate([NOISE, np.zeros_like(NOISE)])
    assert lsd(estimate=padded, reference=padded, sample_rate=RATE) == 0
    # Half the frames are digital silence in both: each costs 12.
    assert lsd_ssr_eval(estimate=padded, reference=padded, sample_rate=RATE) == pytest.approx(6, abs=0.1)


def test_sound_where_the_reference_is_silent_is_left_out_by_ours() -> None:
    reference = np.concatenate([NOISE, np.zeros_like(NOISE)])
    leaking = np.concatenate([NOISE, NOISE])
    one_window = 0.05
    assert lsd(estimate=leaking, reference=reference, sample_rate=RATE) < one_window


def test_offset_makes_identical_audio_distant_and_late_audio_near() -> None:
    late = np.concatenate([np.zeros(1120), NOISE[:-1120]])
    same = lsd_audioldm(estimate=NOISE, reference=NOISE, sample_rate=RATE, offset=1120)
    shifted = lsd_audioldm(estimate=late, reference=NOISE, sample_rate=RATE, offset=1120)
    assert same > 0.5 and shifted < 0.1
    assert lsd_audioldm(estimate=3 * NOISE, reference=NOISE, sample_rate=RATE, offset=0) == pytest.approx(0, abs=1e-5)


def test_mel_bank_is_triangles_of_unit_area_with_slaney_edges() -> None:
    bank = mel_bank(RATE, 4096, 40)
    bins = RATE / 4096
    np.testing.assert_allclose(bank[5:].sum(axis=1) * bins, 1, rtol=0.01)  # area of each triangle in Hz
    assert (bank >= 0).all() and not bank.flags.writeable
    # Slaney: 15 mel at 1 kHz (200/3 Hz each), then 27 steps to 6.4 kHz. With 41 steps to 8 kHz, peaks are known.
    top = 15 + np.log(8.0) / (np.log(6.4) / 27)
    centres = np.arange(1, 41) * top / 41
    hertz = np.where(centres < 15, centres * 200 / 3, 1000 * 6.4 ** ((centres - 15) / 27))
    np.testing.assert_allclose(bank.argmax(axis=1) * bins, hertz, atol=bins)


@pytest.mark.parametrize("padding", ["reflect", "constant"])
def test_stft_of_a_tone_peaks_at_its_bin_with_half_the_windows_sum(padding: str) -> None:
    tone = np.cos(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    magnitudes = stft_magnitude(tone, window=512, hop=160, padding=padding)  # type: ignore[arg-type]
    assert magnitudes.shape == (257, 101)
    assert (magnitudes.argmax(axis=0)[5:-5] == 32).all()
    np.testing.assert_allclose(magnitudes[32, 5:-5], 128, rtol=1e-9)  # sum of the Hann window over two


def test_waveform_psnr_is_minus_the_error_power() -> None:
    assert psnr_wave(estimate=NOISE + 0.01, reference=NOISE) == pytest.approx(40, abs=1e-9)


def test_audioldm_clips_loud_samples_and_ours_does_not() -> None:
    quiet = psnr_mel(estimate=0.5 * NOISE, reference=NOISE)
    assert psnr_mel_audioldm(estimate=0.5 * NOISE, reference=NOISE, sample_rate=RATE) == pytest.approx(quiet, abs=1e-3)
    loud = psnr_mel(estimate=5 * NOISE, reference=10 * NOISE)
    clipped = psnr_mel_audioldm(estimate=5 * NOISE, reference=10 * NOISE, sample_rate=RATE)
    assert clipped > loud + 1


@pytest.mark.parametrize("samples", [1, 10, 160, 256])
def test_short_signals_have_a_status(samples: int) -> None:
    short = NOISE[:samples]
    for call in (
        lambda: lsd(estimate=short, reference=short, sample_rate=RATE),
        lambda: psnr_mel(estimate=short, reference=short),
        lambda: mel_dist(estimate=short, reference=short, sample_rate=RATE),
        lambda: lsd_audioldm(estimate=short, reference=short, sample_rate=RATE, offset=1120),
    ):
        with pytest.raises(Undefined) as caught:
            call()
        assert caught.value.status == "too_short"


@pytest.mark.parametrize("length", [32, 743, 1486, 2048])
def test_window_is_scipys_to_the_last_bit(length: int) -> None:
    from scipy.signal import get_window

    np.testing.assert_array_equal(hann(length), get_window("hann", length))


@pytest.mark.parametrize(
    ("name", "offset", "original"),
    [
        ("half_silent_ref_gated@16000#1", 0, 7.207030),
        ("half_silent_ref_gated@16000#1", 1120, 7.642344),
        ("half_silent_ref_gated@32000#0", 0, 7.717037),
        ("half_silent_ref_gated@32000#2", 1120, 8.087392),
    ],
)
def test_digital_silence_less_its_mean_scores_as_in_the_original(name: str, offset: int, original: float) -> None:
    # A constant is left, whose spectrum is rounding: the score hangs on the last bit of the window. Values: librosa
    # 0.11.0 and torch 2.13.0 in float32, by the recipe's own lines.
    triple = make(name)
    found = lsd_audioldm(estimate=triple.estimate, reference=triple.reference, sample_rate=triple.rate, offset=offset)
    assert found == pytest.approx(original, abs=2e-3, rel=0)


def test_frames_are_the_same_whichever_block_they_fall_in() -> None:
    window, hop = 256, 32
    assert len(NOISE) // hop > 2 * BLOCK_SAMPLES // window  # several blocks, the last one not full
    padded = np.pad(NOISE, window // 2)
    frames = np.stack([padded[start : start + window] for start in range(0, len(NOISE) + 1, hop)])
    direct = np.abs(np.fft.rfft(frames * hann(window), axis=1)).T
    np.testing.assert_array_equal(stft_magnitude(NOISE, window=window, hop=hop, padding="constant"), direct)


def test_mel_magnitudes_are_the_bank_times_the_spectrum() -> None:
    found = mel_magnitudes(NOISE, sample_rate=RATE, window=512, hop=160, bands=64, low_hz=50.0, high_hz=8000.0)
    spectrum = stft_magnitude(NOISE, window=512, hop=160, padding="reflect")
    np.testing.assert_allclose(found, mel_bank(RATE, 512, 64, 50.0, 8000.0) @ spectrum, rtol=1e-12)


def test_a_constant_has_no_peak_and_the_status_says_which_signal() -> None:
    constant = np.full(RATE, 0.25)
    for estimate, reference, status in (
        (constant, NOISE[:RATE], "estimate_silent"),
        (NOISE[:RATE], constant, "reference_silent"),
    ):
        with pytest.raises(Undefined, match="its mean is removed") as caught:
            lsd_audioldm(estimate=estimate, reference=reference, sample_rate=RATE, offset=0)
        assert caught.value.status == status


@pytest.mark.parametrize("sample_rate", [16000, 32000])
def test_images_that_are_both_empty_are_no_perfect_answer(sample_rate: int) -> None:
    faint = 3e-4 * NOISE  # -90 dBFS, and black in an image that begins at -80 dB
    shown = {"estimate": NOISE, "reference": faint, "sample_rate": sample_rate}
    assert 0 < psnr_mel_audioldm(**shown) < 20
    for estimate in (0 * NOISE, faint[::-1]):
        with pytest.raises(Undefined, match="floor of the image") as caught:
            psnr_mel_audioldm(**{**shown, "estimate": estimate})
        assert caught.value.status == "reference_silent"
        with pytest.raises(Undefined, match="floor of the image"):
            psnr_mel(estimate=estimate, reference=faint)


def test_rates_without_a_recipe_are_refused() -> None:
    with pytest.raises(SepbenchError, match="no mel image at this rate: given 44100 Hz; wanted 16000 or 32000 Hz"):
        psnr_mel_audioldm(estimate=NOISE, reference=NOISE, sample_rate=44100)
    with pytest.raises(Undefined, match="the rate is too low") as caught:
        lsd(estimate=NOISE, reference=NOISE, sample_rate=50)
    assert caught.value.status == "not_applicable"
