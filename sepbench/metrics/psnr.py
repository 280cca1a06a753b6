"""Peak signal-to-noise ratio: of the waveform, and of log-mel images as the generation-style papers mean it.

The two differ by 20 to 35 dB on the same pair, so they never share a name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sepbench.errors import SepbenchError
from sepbench.metrics.calling import plain, sharing, sharing_at_rate
from sepbench.metrics.mel import Magnitudes, mel_magnitudes
from sepbench.metrics.metric import Metric, Sample, Signal, Undefined, check_audible, check_pair
from sepbench.metrics.shared import Once, directly

BANDS = 64
LOW_HZ = 50.0
MEL_FLOOR = 1e-5
IMAGE_OFFSET_DB, IMAGE_RANGE_DB = 20.0, 100.0
FRAMES = {16000: (512, 160, 8000.0), 32000: (1024, 320, 14000.0)}
"""By rate: window and hop in samples, highest band edge in Hz."""


def psnr_wave(*, estimate: np.ndarray, reference: np.ndarray) -> float:
    """Waveform PSNR with a peak of 1, full scale: -10 log10(mean (e - r)²).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB; ``inf`` for an identical estimate. Depends on the level of both signals.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: the definition, equal to scikit-image's with data_range 1.

    >>> round(psnr_wave(estimate=np.array([0.6, 0.5]), reference=np.array([0.5, 0.6])), 4)
    20.0
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    check_audible(reference)
    return _psnr(estimate, reference)


def psnr_mel(*, estimate: np.ndarray, reference: np.ndarray, once: Once = directly) -> float:
    """PSNR of two log-mel images at 16 kHz, peak 1.

    Image: 64 Slaney bands from 50 Hz to 8 kHz of the magnitude spectrum (512 samples, every 160), x = 20 log10(max(mel,
    1e-5)), shown as (x - 20 + 100) / 100 clipped to [0, 1]. The signals are taken as they are; audioldm_eval's variant
    removes means and clips samples first.

    Args:
        estimate: ``(time,)`` at 16 kHz, floating point.
        reference: ``(time,)`` at 16 kHz, floating point, the same length.
        once: who keeps images for other estimates.

    Returns:
        dB, typically 10 to 30; ``inf`` for equal images.

    Raises:
        Undefined: ``too_short`` below 257 samples, a silent reference, or one too faint for the image (under some -80
            dBFS) where the estimate is too, NaN, unequal lengths.

    Source: the image of haoheliu/audioldm_eval@8dc07ee load_mel.

    >>> noise = 0.1 * np.random.default_rng(0).standard_normal(16000)
    >>> round(psnr_mel(estimate=0.5 * noise, reference=noise), 2)
    24.41
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    return _psnr_of_images(once(_image, estimate, 16000), once(_image, reference, 16000))


def psnr_mel_audioldm(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, once: Once = directly) -> float:
    """audioldm_eval's PSNR: as `psnr_mel`, after means were removed and samples clipped to [-1, 1].

    Args:
        estimate: ``(time,)`` at `sample_rate`, floating point.
        reference: ``(time,)`` at `sample_rate`, floating point, the same length.
        sample_rate: 16000 (512 / 160 samples, bands to 8 kHz) or 32000 (1024 / 320, to 14 kHz).
        once: who keeps images for other estimates.

    Returns:
        dB; ``inf`` for equal images, which the original leaves out of its mean.

    Raises:
        SepbenchError: another rate.
        Undefined: as `psnr_mel`.

    Source: haoheliu/audioldm_eval@8dc07ee load_mel and eval.calculate_psnr_ssim.

    >>> noise = 0.1 * np.random.default_rng(0).standard_normal(32000)
    >>> round(psnr_mel_audioldm(estimate=0.5 * noise, reference=noise, sample_rate=32000), 2)
    24.41
    """
    if sample_rate not in FRAMES:
        raise SepbenchError(
            "audioldm_eval has no mel image at this rate",
            given=f"{sample_rate} Hz",
            wanted="16000 or 32000 Hz",
            remedy="resample first",
        )
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    return _psnr_of_images(once(_clipped_image, estimate, sample_rate), once(_clipped_image, reference, sample_rate))


def _clipped_image(signal: Signal, sample_rate: int) -> Magnitudes:
    return _image(np.clip(signal - signal.mean(), -1, 1), sample_rate)


def _image(signal: Signal, sample_rate: int) -> Magnitudes:
    window, hop, high_hz = FRAMES[sample_rate]
    mel = mel_magnitudes(
        signal, sample_rate=sample_rate, window=window, hop=hop, bands=BANDS, low_hz=LOW_HZ, high_hz=high_hz
    )
    decibels = 20 * np.log10(np.maximum(mel, MEL_FLOOR))
    return np.clip((decibels - IMAGE_OFFSET_DB + IMAGE_RANGE_DB) / IMAGE_RANGE_DB, 0, 1)


def _psnr_of_images(found: Magnitudes, wanted: Magnitudes) -> float:
    if not (found.any() or wanted.any()):  # equal, whatever the estimate is
        raise Undefined("reference_silent", "nothing of either signal reaches the floor of the image")
    return _psnr(found, wanted)


def _psnr(found: np.ndarray, wanted: np.ndarray) -> float:
    error = float(np.mean((found - wanted) ** 2))
    return float("inf") if error == 0 else float(-10 * np.log10(error))


_SOURCE = "haoheliu/audioldm_eval@8dc07ee load_mel, calculate_psnr_ssim"
_IMAGE: dict[str, str | int | float] = {"bands": BANDS, "peak": 1}


def _mel_metric(name: str, measure: Callable[[Sample], float], label: str, rate: int) -> Metric:
    return Metric(name, 1, "dB", "higher", measure, _SOURCE, label, rate=rate, parameters=_IMAGE)


METRICS = (
    Metric(
        "psnr_wave",
        1,
        "dB",
        "higher",
        plain(psnr_wave),
        "definition, peak 1",
        "PSNR (waveform)",
        parameters={"peak": 1},
    ),
    _mel_metric("psnr_mel", sharing(psnr_mel), "PSNR (mel image)", 16000),
    _mel_metric("psnr_mel@audioldm-16k", sharing_at_rate(psnr_mel_audioldm), "PSNR (audioldm_eval, 16 kHz)", 16000),
    _mel_metric("psnr_mel@audioldm-32k", sharing_at_rate(psnr_mel_audioldm), "PSNR (audioldm_eval, 32 kHz)", 32000),
)
