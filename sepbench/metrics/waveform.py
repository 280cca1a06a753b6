"""Waveform ratios of one mono source: SDR, SI-SDR, SD-SDR, and their improvement over the mixture.

r reference, e estimate, m mixture; sums over time; no epsilon anywhere, so levels do not matter and limits are limits:
an estimate equal to its target gives ``inf``. No mean is removed.
"""

from __future__ import annotations

import numpy as np

from sepbench.metrics.calling import improved, plain, sharing
from sepbench.metrics.metric import (
    Metric,
    Need,
    Signal,
    Undefined,
    check_audible,
    check_pair,
    energy,
    is_silent,
)
from sepbench.metrics.shared import Once, directly


def sdr(*, estimate: np.ndarray, reference: np.ndarray, once: Once = directly) -> float:
    """Plain signal-to-distortion ratio, also called SNR: 10 log10(Σ r² / Σ (e - r)²).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        once: who keeps both energies for other metrics.

    Returns:
        dB in (-inf, inf]; ``inf`` for an identical estimate, 0 for a silent one.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: equal to BSSEval v3 images and v4 over the whole file for one source (Vincent et al. 2006, doi
    10.1109/TSA.2005.858005).

    >>> round(sdr(estimate=np.array([1.0, 0.9]), reference=np.array([1.0, 1.0])), 4)
    23.0103
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference, once=once)
    return ratio_db(reference, estimate - reference)


def sdri(*, estimate: np.ndarray, reference: np.ndarray, mixture: np.ndarray) -> float:
    """SDR improvement: sdr(e, r) - sdr(m, r).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        mixture: ``(time,)``, floating point, the same length.

    Returns:
        dB, 0 for the untouched mixture. Silence earns minus the mixture's SDR: +10 dB where the target lies at -10 dB,
        so read it beside `si_sdri` and the silence control.

    Raises:
        Undefined: as `sdr`; ``not_applicable`` where the mixture is the target already.

    Source: as `sdr`.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(sdri(estimate=r + 0.1 * n, reference=r, mixture=r + n), 4)
    20.0
    """
    return improvement(sdr(estimate=estimate, reference=reference), sdr(estimate=mixture, reference=reference))


def si_sdr(*, estimate: np.ndarray, reference: np.ndarray, once: Once = directly) -> float:
    """Scale-invariant SDR: with a = <r, e> / <r, r>, 10 log10(‖a r‖² / ‖e - a r‖²).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        once: who keeps both energies for other metrics.

    Returns:
        dB in [-inf, inf]; unchanged by gain and polarity of either signal; ``inf`` for an identical estimate (a scaled
        copy may keep its rounding, some 300 dB), ``-inf`` for an audible estimate orthogonal to the reference.

    Raises:
        Undefined: ``estimate_silent`` (silence has no scale), a silent reference, NaN, unequal lengths.

    Source: Le Roux et al. 2019, arXiv 1811.02508, without mean removal.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(si_sdr(estimate=-3 * (r + 0.1 * n), reference=r), 4)
    20.0
    """
    estimate, scaled = _projected(estimate, reference, once)
    return ratio_db(scaled, estimate - scaled)


def si_sdri(*, estimate: np.ndarray, reference: np.ndarray, mixture: np.ndarray) -> float:
    """SI-SDR improvement: si_sdr(e, r) - si_sdr(m, r).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        mixture: ``(time,)``, floating point, the same length.

    Returns:
        dB, 0 for the untouched mixture at any level.

    Raises:
        Undefined: as `si_sdr`; ``not_applicable`` where the mixture is the target already, silent, or holds nothing of
            the target.

    Source: as `si_sdr`.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(si_sdri(estimate=r + 0.1 * n, reference=r, mixture=r + n), 4)
    20.0
    """
    value = si_sdr(estimate=estimate, reference=reference)
    if is_silent(mixture):
        raise Undefined("not_applicable", "a silent mixture has no scale: nothing can be improved")
    return improvement(value, si_sdr(estimate=mixture, reference=reference))


def sd_sdr(*, estimate: np.ndarray, reference: np.ndarray) -> float:
    """Scale-dependent SDR: with a = <r, e> / <r, r>, 10 log10(‖a r‖² / ‖e - r‖²).

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB in [-inf, inf]; like SI-SDR for an estimate of the right level, lower for a wrong one; ``inf`` for an
        identical estimate.

    Raises:
        Undefined: ``estimate_silent``, a silent reference, NaN, unequal lengths.

    Source: Le Roux et al. 2019, arXiv 1811.02508.

    >>> r = np.array([1.0, -1.0, 1.0, 1.0])
    >>> round(sd_sdr(estimate=0.5 * r, reference=r), 4)
    0.0
    """
    checked, scaled = _projected(estimate, reference, directly)
    return ratio_db(scaled, checked - reference)


def ratio_db(signal: Signal, error: Signal) -> float:
    """10 log10(Σ signal² / Σ error²) with its limits; both sums by one routine, so that equal ones cancel exactly."""
    above, below = float(signal @ signal), float(error @ error)
    if below == 0:
        return float("inf")
    return float(10 * np.log10(above / below)) if above > 0 else float("-inf")


def improvement(value: float, of_mixture: float) -> float:
    """Value minus the mixture's value, where the mixture has a finite one."""
    if of_mixture == float("inf"):
        raise Undefined("not_applicable", "the mixture is the target already: nothing can be improved")
    if of_mixture == float("-inf"):
        raise Undefined("not_applicable", "the mixture holds nothing of the target: any estimate is infinitely better")
    return value - of_mixture


def audible_pair(*, estimate: np.ndarray, reference: np.ndarray, once: Once = directly) -> tuple[Signal, Signal]:
    """Both as float64, of one length, finite, the reference audible; raises `Undefined` otherwise."""
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    return estimate, reference


def _projected(estimate: np.ndarray, reference: np.ndarray, once: Once) -> tuple[Signal, Signal]:
    """The estimate and its projection on the reference."""
    estimate, reference = audible_pair(estimate=estimate, reference=reference, once=once)
    if is_silent(estimate, once):
        raise Undefined("estimate_silent", "a silent estimate has no scale")
    return estimate, float(estimate @ reference) / once(energy, reference) * reference


_LE_ROUX = "Le Roux et al. 2019, arXiv 1811.02508"
_VINCENT = "Vincent et al. 2006, doi 10.1109/TSA.2005.858005 (one source, no filter)"
_BOTH: frozenset[Need] = frozenset({"reference", "mixture"})

METRICS = (
    Metric("sdr", 1, "dB", "higher", sharing(sdr), _VINCENT, "SDR"),
    Metric("sdri", 1, "dB", "higher", improved(sdri), _VINCENT, "SDRi", needs=_BOTH, over_mixture=False),
    Metric("si_sdr", 1, "dB", "higher", sharing(si_sdr), _LE_ROUX, "SI-SDR", parameters={"mean": "kept"}),
    Metric("si_sdri", 1, "dB", "higher", improved(si_sdri), _LE_ROUX, "SI-SDRi", needs=_BOTH, over_mixture=False),
    Metric("sd_sdr", 1, "dB", "higher", plain(sd_sdr), _LE_ROUX, "SD-SDR", parameters={"mean": "kept"}),
)
