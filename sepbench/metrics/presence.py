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
    """Level of the output relative to the mixture: max(floor, 10 log10(Σ e² / Σ m²)).

    Args:
        estimate: ``(time,)``, floating point.
        mixture: ``(time,)``, floating point, the same length.
        floor_db: dB; what silence, and anything quieter than this, is given.

    Returns:
        dB: 0 for the untouched mixture. Lower is better where the sound asked for is not there; elsewhere a level is
        no quality, and serves to tell answers to present sounds from answers to absent ones.

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


def false_activation(*, estimate: np.ndarray, mixture: np.ndarray, threshold_db: float) -> float:
    """1 where the output is louder than `threshold_db` relative to the mixture although the sound is not there, else 0.

    Args:
        estimate: ``(time,)``, floating point.
        mixture: ``(time,)``, floating point, the same length.
        threshold_db: dB relative to the mixture.

    Returns:
        1 or 0, lower is better; the mean is the rate.

    Raises:
        Undefined: as `output_level`.

    >>> mixture = np.ones(100)
    >>> [false_activation(estimate=0.02 * mixture, mixture=mixture, threshold_db=db) for db in (-30, -40)]
    [0.0, 1.0]
    """
    return float(output_level(estimate=estimate, mixture=mixture) > threshold_db)


def _false_activation_metric(threshold_db: int) -> Metric:
    return Metric(
        name=f"false_activation_{-threshold_db}_rate",
        version=1,
        unit="",
        better="lower",
        measure=lambda sample: false_activation(
            estimate=sample.estimate, mixture=mixture_of(sample), threshold_db=threshold_db
        ),
        source=f"share of absent queries whose output is louder than {threshold_db} dB relative to the mixture",
        label=f"False activations over {threshold_db} dB",
        needs=frozenset({"mixture"}),
        scope="absent",
        parameters={"threshold_db": threshold_db},
        over_mixture=False,
    )


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
    _false_activation_metric(-30),
    _false_activation_metric(-40),
    Metric(
        name="output_level",
        version=1,
        unit="dB",
        better="neither",
        measure=lambda sample: output_level(estimate=sample.estimate, mixture=mixture_of(sample)),
        source="level relative to the mixture; what the analysis activation tells present from absent sounds by",
        label="Output level",
        needs=frozenset({"mixture"}),
        scope="any",
        parameters={"floor_db": FLOOR_DB},
        over_mixture=False,
    ),
)
