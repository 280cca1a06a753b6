"""Multi-scale mel distances, as neural codecs are trained and judged with.

Per scale: mean over bands and frames of |log10 of mel magnitudes|, windows of several lengths with a quarter as hop,
mirrored ends; scales are summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from sepbench.metrics.calling import sharing_at_rate
from sepbench.metrics.mel import Magnitudes, mel_magnitudes
from sepbench.metrics.metric import Metric, Signal, check_audible, check_pair
from sepbench.metrics.shared import Once, directly

CLAMP = 1e-5


@dataclass(frozen=True)
class MelScales:
    """One recipe: windows in samples with their numbers of bands, the power inside the logarithm, and the weight of the
    distance of plain magnitudes beside that of logarithms."""

    windows: tuple[int, ...]
    bands: tuple[int, ...]
    power: int
    magnitude_weight: int


SEVEN_WINDOWS, SEVEN_BANDS = (32, 64, 128, 256, 512, 1024, 2048), (5, 10, 20, 40, 80, 160, 320)
DAC = MelScales(SEVEN_WINDOWS, SEVEN_BANDS, power=1, magnitude_weight=0)
SDCODEC = MelScales((2048, 512), (150, 80), power=2, magnitude_weight=1)
CODECSEP_CONFIG = MelScales(SEVEN_WINDOWS, SEVEN_BANDS, power=2, magnitude_weight=1)


def mel_dist(
    *,
    estimate: np.ndarray,
    reference: np.ndarray,
    sample_rate: int,
    scales: MelScales = DAC,
    once: Once = directly,
) -> float:
    """Multi-scale mel distance: Σ over scales of mean |log10(max(M_e, 1e-5)^p) - log10(max(M_r, 1e-5)^p)| + w mean
    |M_e - M_r|.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length, more than half the longest window.
        sample_rate: Hz.
        scales: the recipe; by default that of the Descript Audio Codec's paper.
        once: who keeps mel images for other recipes and estimates.

    Returns:
        0 for an identical estimate, lower is better; finite for a silent one. Depends on level.

    Raises:
        Undefined: ``too_short``, a silent reference, NaN, unequal lengths.

    Source: Kumar et al. 2023, arXiv 2306.06546; SDCodec and CodecSep: adhiraj69/CodecSep@e026440
    src/metrics/spectrum.MelSpectrogramLoss.

    >>> noise = np.random.default_rng(0).standard_normal(16000)
    >>> one_scale = MelScales((512,), (20,), power=1, magnitude_weight=0)
    >>> round(mel_dist(estimate=0.5 * noise, reference=noise, sample_rate=16000, scales=one_scale), 3)
    0.301
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    check_audible(reference)
    total = 0.0
    for window, bands in zip(scales.windows, scales.bands, strict=True):
        found, wanted = (once(_mel_image, signal, sample_rate, window, bands) for signal in (estimate, reference))
        logs = np.log10(np.maximum(found, CLAMP)) - np.log10(np.maximum(wanted, CLAMP))
        total += scales.power * float(np.mean(np.abs(logs)))
        if scales.magnitude_weight:
            total += scales.magnitude_weight * float(np.mean(np.abs(found - wanted)))
    return total


def _mel_image(signal: Signal, sample_rate: int, window: int, bands: int) -> Magnitudes:
    return mel_magnitudes(signal, sample_rate=sample_rate, window=window, hop=window // 4, bands=bands)


def _metric(name: str, scales: MelScales, source: str, label: str) -> Metric:
    parameters: dict[str, str | int | float] = {
        "windows": "/".join(map(str, scales.windows)),
        "bands": "/".join(map(str, scales.bands)),
        "power": scales.power,
        "magnitude_weight": scales.magnitude_weight,
    }
    measure = sharing_at_rate(partial(mel_dist, scales=scales))
    return Metric(name, 1, "", "lower", measure, source, label, parameters=parameters)


_CODECSEP = "adhiraj69/CodecSep@e026440 src/metrics/spectrum.MelSpectrogramLoss"

METRICS = (
    _metric("mel_dist", DAC, "Kumar et al. 2023, arXiv 2306.06546", "Mel distance"),
    _metric("mel_dist@sdcodec", SDCODEC, _CODECSEP, "Mel distance (SDCodec)"),
    _metric("mel_dist@codecsep-cfg", CODECSEP_CONFIG, _CODECSEP, "Mel distance (CodecSep's training)"),
)
