"""SDR of BSSEval v3 "sources": the reference may be filtered by any 512 taps before it is compared.

It forgives what a short filter explains (a low-pass scores 60 dB, a delay nothing), so it stands in a column of its
own.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.calling import sharing
from sepbench.metrics.metric import Metric, Signal, Undefined, check_audible, check_pair, energy, is_silent
from sepbench.metrics.shared import Once, directly

TAPS = 512
TRANSFORM, TOGETHER = 4096, 8
"""Samples of the transforms that lags are computed by, and how many at a time: what stays in the processor's cache."""
RESOLUTION = 1e-13
"""Share of the estimate's energy below which the remainder is rounding of the solution, not distortion."""
ACCURACY = 1e-12
"""Largest error of the explained share with which the fast solution is taken."""

Spectra = NDArray[np.complex128]


def sdr_bss512(*, estimate: np.ndarray, reference: np.ndarray, once: Once = directly) -> float:
    """SDR after the best filter of 512 taps: with P the projection on r delayed by 0 to 511 samples, 10 log10(‖P e‖² /
    ‖e - P e‖²).

    Args:
        estimate: ``(time,)``, floating point, at least 512 samples.
        reference: ``(time,)``, floating point, the same length.
        once: who keeps the reference's correlation for other estimates.

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
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    if len(reference) < TAPS:
        raise Undefined("too_short", f"{len(reference)} samples; a filter of {TAPS} taps explains any of them")
    check_audible(reference, once)
    if is_silent(estimate, once):
        raise Undefined("estimate_silent", "a silent estimate has no scale")
    explained = _explained_share(estimate, reference, once)
    if 1 - explained < RESOLUTION:
        return float("inf")
    return float(10 * np.log10(explained / (1 - explained))) if explained > 0 else float("-inf")


def _explained_share(estimate: Signal, reference: Signal, once: Once) -> float:
    """Share of the estimate's energy that lies in the span of the delayed references."""
    # Unit energies: the normal equations are then of order one whatever the levels.
    lengths = [math.sqrt(once(energy, signal)) for signal in (reference, estimate)]
    spectra, own = once(_correlated_with_itself, reference)
    own, cross = own / lengths[0] ** 2, _lags(spectra, estimate) / (lengths[0] * lengths[1])
    return float(np.clip(_projection(own, cross) @ cross, 0, 1))


def _correlated_with_itself(reference: Signal) -> tuple[Spectra, Signal]:
    """The reference in blocks, as `_lags` wants it, and its autocorrelation ``(512,)``."""
    step = TRANSFORM - TAPS
    blocks = np.pad(reference, (0, -len(reference) % step)).reshape(-1, step)
    spectra = np.empty((len(blocks), TRANSFORM // 2 + 1), dtype=np.complex128)
    powers = np.zeros(TRANSFORM // 2 + 1)
    for start in range(0, len(blocks), TOGETHER):
        found = np.fft.rfft(blocks[start : start + TOGETHER], TRANSFORM, axis=1)
        powers += (np.square(found.real) + np.square(found.imag)).sum(axis=0)
        np.conj(found, out=spectra[start : start + TOGETHER])
    # Of pairs with a boundary between them the first lies in a block's last 512 samples, the other in the next one's
    # first 512: what is t samples later there is 512 - t samples earlier within its own stretch.
    last, first = (np.fft.rfft(one, 2 * TAPS, axis=1) for one in (blocks[:-1, -TAPS:], blocks[1:, :TAPS]))
    across = np.fft.irfft(np.einsum("bk,bk->k", np.conj(last), first), 2 * TAPS)
    return spectra, np.fft.irfft(powers, TRANSFORM)[:TAPS] + across[TAPS:]


def _lags(spectra: Spectra, signal: Signal) -> Signal:
    """Correlation of the reference with a signal 0 to 511 samples later: what all blocks give is summed as spectra."""
    step = TRANSFORM - TAPS
    padded = np.pad(signal, (0, len(spectra) * step + TAPS - len(signal)))
    blocks = np.lib.stride_tricks.sliding_window_view(padded, TRANSFORM)[::step]
    total = np.zeros(TRANSFORM // 2 + 1, dtype=np.complex128)
    for start in range(0, len(spectra), TOGETHER):
        chosen = slice(start, start + TOGETHER)
        total += np.einsum("bk,bk->k", spectra[chosen], np.fft.rfft(blocks[chosen], axis=1))
    lags: Signal = np.fft.irfft(total, TRANSFORM)[:TAPS]
    return lags


def _projection(own: Signal, cross: Signal) -> Signal:
    """The taps of the best filter: by Levinson's recursion where it is accurate, else by elimination."""
    from scipy.linalg import LinAlgWarning, lstsq, solve_toeplitz, toeplitz
    from scipy.linalg import solve as solve_positive

    system = toeplitz(own)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Resampled sounds have empty bands, and a system of condition 1e16. The taps are then not unique, but the
        # share they explain is: it stays within 1e-4 dB of the projection computed without normal equations.
        warnings.simplefilter("ignore", LinAlgWarning)
        try:
            taps: Signal = solve_toeplitz(own, cross)
            if abs(taps @ (system @ taps - cross)) < ACCURACY:
                return taps
            return np.asarray(solve_positive(system, cross, assume_a="pos"))
        except np.linalg.LinAlgError:  # delayed copies of a tone are linearly dependent: any solution projects alike
            return np.asarray(lstsq(system, cross)[0])


METRICS = (
    Metric(
        "sdr_bss512",
        1,
        "dB",
        "higher",
        sharing(sdr_bss512),
        "Vincent et al. 2006, doi 10.1109/TSA.2005.858005, bss_eval_sources",
        "SDR (BSSEval v3, 512 taps)",
        parameters={"taps": TAPS},
    ),
)
