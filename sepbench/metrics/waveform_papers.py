"""Waveform ratios as particular repositories compute them, epsilons and all, so that their tables can be reproduced.

The originals work in float32; here the arithmetic is float64 with the original's epsilon, which agrees within the
original's own rounding. A silent estimate gets the number the original gives it: that policy is part of the recipe.
"""

from __future__ import annotations

import numpy as np

from sepbench.metrics.calling import improved, plain
from sepbench.metrics.metric import Metric, Need
from sepbench.metrics.waveform import audible_pair

FLOAT32_EPS = float(np.finfo(np.float32).eps)
AUDIOSEP_POWER_FLOOR = 1e-10
CODECSEP_EPS = 1e-8


def sdr_audiosep(*, estimate: np.ndarray, reference: np.ndarray) -> float:
    """AudioSep's SDR: 10 log10(max(mean r², 1e-10) / max(mean (e - r)², 1e-10)).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB; at most 10 log10(mean r² / 1e-10), so its ceiling depends on the level; 0 for a silent estimate.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: Audio-AGI/AudioSep@944583f utils.calculate_sdr; the same in EventSep and DCASE 2024 Task 9.

    >>> round(sdr_audiosep(estimate=np.array([1.0, 1.0]), reference=np.array([1.0, 1.0])), 4)
    100.0
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    signal = max(float(np.mean(reference**2)), AUDIOSEP_POWER_FLOOR)
    error = max(float(np.mean((estimate - reference) ** 2)), AUDIOSEP_POWER_FLOOR)
    return float(10 * np.log10(signal / error))


def sdri_audiosep(*, estimate: np.ndarray, reference: np.ndarray, mixture: np.ndarray) -> float:
    """AudioSep's SDR improvement: sdr_audiosep(e, r) - sdr_audiosep(m, r).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        mixture: ``(time,)``, floating point, the same length.

    Returns:
        dB, 0 for the untouched mixture.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: Audio-AGI/AudioSep@944583f, the evaluators.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(sdri_audiosep(estimate=r + 0.1 * n, reference=r, mixture=r + n), 4)
    20.0
    """
    before = sdr_audiosep(estimate=mixture, reference=reference)
    return sdr_audiosep(estimate=estimate, reference=reference) - before


def si_sdr_audiosep(*, estimate: np.ndarray, reference: np.ndarray) -> float:
    """AudioSep's SI-SDR: a = (<r, e> + ε) / (<r, r> + ε), 10 log10((‖a r‖² + ε) / (‖e - a r‖² + ε)), ε of float32.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB; 0 for a silent estimate. No mean is removed.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: Audio-AGI/AudioSep@944583f utils.calculate_sisdr; the same formula as torchmetrics' default.

    >>> round(si_sdr_audiosep(estimate=np.zeros(4), reference=np.ones(4)), 4)
    0.0
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    scale = (float(reference @ estimate) + FLOAT32_EPS) / (float(reference @ reference) + FLOAT32_EPS)
    scaled = scale * reference
    error = estimate - scaled
    return float(10 * np.log10((float(scaled @ scaled) + FLOAT32_EPS) / (float(error @ error) + FLOAT32_EPS)))


def si_sdri_audiosep(*, estimate: np.ndarray, reference: np.ndarray, mixture: np.ndarray) -> float:
    """AudioSep's SI-SDR improvement: si_sdr_audiosep(e, r) - si_sdr_audiosep(m, r).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        mixture: ``(time,)``, floating point, the same length.

    Returns:
        dB, 0 for the untouched mixture.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: Audio-AGI/AudioSep@944583f, computed there for VGGSound.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(si_sdri_audiosep(estimate=r + 0.1 * n, reference=r, mixture=r + n), 4)
    20.0
    """
    before = si_sdr_audiosep(estimate=mixture, reference=reference)
    return si_sdr_audiosep(estimate=estimate, reference=reference) - before


def si_sdr_codecsep(*, estimate: np.ndarray, reference: np.ndarray) -> float:
    """CodecSep's SI-SDR: both means removed, a = <r, e> / (<r, r> + ε), 10 log10(‖a r‖² / (‖e - a r‖² + ε) + ε), ε
    1e-8.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB, never below -80, which is also what a silent estimate gets.

    Raises:
        Undefined: a silent reference, NaN (the original hides it as -80), unequal lengths.

    Source: adhiraj69/CodecSep@e026440 src/metrics/sdr.py.

    >>> round(si_sdr_codecsep(estimate=np.zeros(4), reference=np.array([1.0, -1.0, 1.0, -1.0])), 4)
    -80.0
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    estimate, reference = estimate - estimate.mean(), reference - reference.mean()
    scaled = float(reference @ estimate) / (float(reference @ reference) + CODECSEP_EPS) * reference
    error = estimate - scaled
    ratio = float(scaled @ scaled) / (float(error @ error) + CODECSEP_EPS)
    return float(10 * np.log10(ratio + CODECSEP_EPS))


_AUDIOSEP = "Audio-AGI/AudioSep@944583f utils.py"
_CODECSEP = "adhiraj69/CodecSep@e026440 src/metrics/sdr.py"
_FLOOR: dict[str, str | int | float] = {"power_floor": AUDIOSEP_POWER_FLOOR}
_EPS: dict[str, str | int | float] = {"eps": "float32", "mean": "kept"}
_CODECSEP_PARAMETERS: dict[str, str | int | float] = {"eps": CODECSEP_EPS, "mean": "removed"}
_BOTH: frozenset[Need] = frozenset({"reference", "mixture"})

METRICS = (
    Metric("sdr@audiosep", 1, "dB", "higher", plain(sdr_audiosep), _AUDIOSEP, "SDR (AudioSep)", parameters=_FLOOR),
    Metric(
        "sdri@audiosep",
        1,
        "dB",
        "higher",
        improved(sdri_audiosep),
        _AUDIOSEP,
        "SDRi (AudioSep)",
        needs=_BOTH,
        parameters=_FLOOR,
        over_mixture=False,
    ),
    Metric(
        "si_sdr@audiosep", 1, "dB", "higher", plain(si_sdr_audiosep), _AUDIOSEP, "SI-SDR (AudioSep)", parameters=_EPS
    ),
    Metric(
        "si_sdri@audiosep",
        1,
        "dB",
        "higher",
        improved(si_sdri_audiosep),
        _AUDIOSEP,
        "SI-SDRi (AudioSep)",
        needs=_BOTH,
        parameters=_EPS,
        over_mixture=False,
    ),
    Metric(
        "si_sdr@codecsep",
        1,
        "dB",
        "higher",
        plain(si_sdr_codecsep),
        _CODECSEP,
        "SI-SDR (CodecSep)",
        parameters=_CODECSEP_PARAMETERS,
    ),
)
