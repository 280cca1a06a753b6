"""SDR of BSSEval v3 "sources": the reference may be filtered by any 512 taps before it is compared.

It forgives what a short filter explains (a low-pass scores 60 dB, a delay nothing), so it stands in a column of its
own.
"""

from __future__ import annotations

import warnings

import numpy as np

from sepbench.metrics.calling import plain
from sepbench.metrics.metric import Metric, Signal, Undefined, check_audible, check_pair, is_silent

TAPS = 512
RESOLUTION = 1e-13
"""Share of the estimate's energy below which the remainder is rounding of the solution, not distortion."""


def sdr_bss512(*, estimate: np.ndarray, reference: np.ndarray) -> float:
    """SDR after the best filter of 512 taps: with P the projection on r delayed by 0 to 511 samples, 10 log10(‖P e‖² /
    ‖e - P e‖²).

    Args:
        estimate: ``(time,)``, floating point, at least 512 samples.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB; unchanged by gain, polarity and any causal filter of up to 512 taps; ``inf`` where that filter explains all
        but 1e-13 of the energy.

    Raises:
        Undefined: ``too_short`` below 512 samples, ``estimate_silent``, a silent reference, NaN, unequal lengths.

    Source: Vincent et al. 2006, doi 10.1109/TSA.2005.858005, bss_eval_sources for one source.

    >>> rng = np.random.default_rng(0)
    >>> r, n = rng.standard_normal(16000), rng.standard_normal(16000)
    >>> round(sdr_bss512(estimate=np.convolve(r, [0.0, 1.0, -0.5])[:16000] + 0.1 * n, reference=r), 1)
    21.1
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    if len(reference) < TAPS:
        raise Undefined("too_short", f"{len(reference)} samples; a filter of {TAPS} taps explains any of them")
    check_audible(reference)
    if is_silent(estimate):
        raise Undefined("estimate_silent", "a silent estimate has no scale")
    explained = _explained_share(estimate, reference)
    if 1 - explained < RESOLUTION:
        return float("inf")
    return float(10 * np.log10(explained / (1 - explained))) if explained > 0 else float("-inf")


def _explained_share(estimate: Signal, reference: Signal) -> float:
    """Share of the estimate's energy that lies in the span of the delayed references."""
    from scipy.linalg import LinAlgWarning, lstsq, toeplitz
    from scipy.linalg import solve as solve_positive

    # Unit energies: the normal equations are then of order one whatever the levels.
    reference, estimate = reference / np.linalg.norm(reference), estimate / np.linalg.norm(estimate)
    size = 1 << (len(reference) + TAPS - 1).bit_length()
    spectrum = np.fft.rfft(reference, size)
    own = np.fft.irfft(np.abs(spectrum) ** 2, size)[:TAPS]
    cross = np.fft.irfft(np.conj(spectrum) * np.fft.rfft(estimate, size), size)[:TAPS]
    system = toeplitz(own)
    try:
        with warnings.catch_warnings():
            # Resampled sounds have empty bands, and a system of condition 1e16. The taps are then not unique, but the
            # share they explain is: it stays within 1e-4 dB of the projection computed without normal equations.
            warnings.simplefilter("ignore", LinAlgWarning)
            filter_taps = solve_positive(system, cross, assume_a="pos")
    except np.linalg.LinAlgError:  # delayed copies of a tone are linearly dependent: any solution projects alike
        filter_taps = lstsq(system, cross)[0]
    return float(np.clip(filter_taps @ cross, 0, 1))


METRICS = (
    Metric(
        "sdr_bss512",
        1,
        "dB",
        "higher",
        plain(sdr_bss512),
        "Vincent et al. 2006, doi 10.1109/TSA.2005.858005, bss_eval_sources",
        "SDR (BSSEval v3, 512 taps)",
        parameters={"taps": TAPS},
    ),
)
