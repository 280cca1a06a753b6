"""Whether anything comes out: silence where a sound was asked for, sound where it is not there."""

from __future__ import annotations

import numpy as np

from sepbench.metrics.metric import SILENCE_RMS, Metric, Undefined, check_pair, is_silent, mixture_of

FLOOR_DB = -100.0


def silent_output(*, estimate: np.ndarray) -> float:
    """1 where the estimate is silent although the sound asked for is there, else 0; the mean is the rate.

    Args:
        estimate: ``(time,)``, floating point.

    Returns:
        1 for a root mean square below 1e-5 (-100 dBFS), else 0; lower is better.

    >>> silent_output(estimate=np.zeros(100)), silent_output(estimate=np.full(100, 0.1))
    (1.0, 0.0)
    """
    return float(is_silent(estimate))


def output_level(*, estimate: np.ndarray, mixture: np.ndarray, floor_db: float = FLOOR_DB) -> float:
    """Level of the output for a query whose sound is not there: max(floor, 10 log10(Σ e² / Σ m²)).

    Args:
        estimate: ``(time,)``, floating point.
        mixture: ``(time,)``, floating point, the same length.
        floor_db: dB; what silence, and anything quieter than this, is given.

    Returns:
        dB, lower is better: 0 for the untouched mixture.

    Raises:
        Undefined: ``reference_silent`` for a silent mixture, NaN, unequal lengths.

    Source: the suppression of fully unmatched queries, arXiv 2509.08292.

    >>> mixture = np.ones(100)
    >>> round(output_level(estimate=0.1 * mixture, mixture=mixture), 4)
    -20.0
    >>> output_level(estimate=0 * mixture, mixture=mixture)
    -100.0
    """
    estimate, mixture = check_pair(estimate=estimate, reference=mixture)
    if is_silent(mixture):
        raise Undefined("reference_silent", "a silent mixture has no level to compare with")
    ratio = float(estimate @ estimate) / float(mixture @ mixture)
    return max(floor_db, float(10 * np.log10(ratio))) if ratio > 0 else floor_db


METRICS = (
    Metric(
        name="silent_output_rate",
        version=1,
        unit="",
        better="lower",
        measure=lambda sample: silent_output(estimate=sample.estimate),
        source="share of items whose estimate has an RMS below -100 dBFS",
        label="Silent outputs",
        parameters={"silence_rms": SILENCE_RMS},
        over_mixture=False,
    ),
    Metric(
        name="absent_output_level",
        version=1,
        unit="dB",
        better="lower",
        measure=lambda sample: output_level(estimate=sample.estimate, mixture=mixture_of(sample)),
        source="level relative to the mixture, as for fully unmatched queries in arXiv 2509.08292",
        label="Level when absent",
        needs=frozenset({"mixture"}),
        scope="absent",
        parameters={"floor_db": FLOOR_DB},
        over_mixture=False,
    ),
)
