"""Whether anything comes out: silence where a sound was asked for, sound where it is not there."""

from __future__ import annotations

import numpy as np

from sepbench.metrics.metric import SILENCE_RMS, Metric, Signal, Undefined, is_silent, mixture_of

FLOOR_DB = -100.0


def silent_output(*, estimate: Signal) -> float:
    """1 where the estimate is silent although the sound asked for is there, else 0; the mean is the rate.

    >>> silent_output(estimate=np.zeros(100)), silent_output(estimate=np.full(100, 0.1))
    (1.0, 0.0)
    """
    return float(is_silent(estimate))


def output_level(*, estimate: Signal, mixture: Signal) -> float:
    """Power of the estimate over power of the mixture, 10 log10 in dB, for queries whose sound is not there.

    Args:
        estimate: ``(time,)``.
        mixture: ``(time,)``, the same length.

    Returns:
        dB, lower is better: 0 for the untouched mixture; silence, and anything below, is -100.

    Raises:
        Undefined: ``reference_silent`` for a silent mixture.

    >>> mixture = np.ones(100)
    >>> output_level(estimate=0.1 * mixture, mixture=mixture), output_level(estimate=0 * mixture, mixture=mixture)
    (-20.0, -100.0)
    """
    if is_silent(mixture):
        raise Undefined("reference_silent", "a silent mixture has no level to compare with")
    ratio = float(np.mean(estimate**2) / np.mean(mixture**2))
    return max(FLOOR_DB, round(10 * float(np.log10(ratio)), 12)) if ratio > 0 else FLOOR_DB


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
