"""Whether a separator's answers about one mixture fit together: extract and remove, one prompt and the other.

m mixture; e, r the answers to extracting and to removing the same sound; s the answer to a prompt for another sound.
"""

from __future__ import annotations

import numpy as np

from sepbench.metrics.metric import (
    Metric,
    Sample,
    Signal,
    Undefined,
    check_audible,
    check_pair,
    mixture_of,
)
from sepbench.metrics.waveform import ratio_db, si_sdr


def remix_consistency(*, estimate: np.ndarray, complement: np.ndarray, mixture: np.ndarray) -> float:
    """How well what is extracted and what is left give the mixture back: 10 log10(Σ m² / Σ (m - e - r)²).

    Args:
        estimate: the answer to the removal, ``(time,)``, floating point.
        complement: the answer to the extraction of the same sound, the same length.
        mixture: ``(time,)``, floating point, the same length.

    Returns:
        dB in (-inf, inf], higher is better; ``inf`` for an exact sum, 0 where both answers are silent or both are the
        mixture. It says nothing of which sound went where.

    Raises:
        Undefined: a silent mixture, NaN, unequal lengths.

    Source: the sum rule of separation, as a score; mixture consistency as a constraint is Wisdom et al. 2019, arXiv
    1811.08521.

    >>> mixture = np.array([1.0, 1.0, 1.0, 1.0])
    >>> round(remix_consistency(estimate=0.5 * mixture, complement=0.4 * mixture, mixture=mixture), 4)
    20.0
    """
    estimate, mixture = check_pair(estimate=estimate, reference=mixture)
    complement, mixture = check_pair(estimate=complement, reference=mixture)
    check_audible(mixture)
    return ratio_db(mixture, mixture - estimate - complement)


def swap_sensitivity(*, estimate: np.ndarray, swapped: np.ndarray, reference: np.ndarray) -> float:
    """What the right prompt is worth: SI-SDR of its answer minus SI-SDR of the answer to another sound's prompt.

    Args:
        estimate: the answer to the prompt of the reference, ``(time,)``, floating point.
        swapped: the answer to the prompt of another sound of the mixture, the same length.
        reference: ``(time,)``, floating point, the same length.

    Returns:
        dB, higher is better; 0 for a separator that does not listen to its prompt.

    Raises:
        Undefined: as `sepbench.metrics.waveform.si_sdr`, for either answer.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(swap_sensitivity(estimate=r + 0.1 * n, swapped=0.1 * r + n, reference=r), 4)
    40.0
    """
    right = si_sdr(estimate=estimate, reference=reference)
    wrong = si_sdr(estimate=swapped, reference=reference)
    return 0.0 if right == wrong else right - wrong  # both may be infinite


def _companion(signal: Signal | None) -> Signal:
    if signal is None:
        raise Undefined("not_applicable", "the list asks no query that goes with this one")
    return signal


def _remix(sample: Sample) -> float:
    return remix_consistency(
        estimate=sample.estimate, complement=_companion(sample.complement), mixture=mixture_of(sample)
    )


def _swap(sample: Sample) -> float:
    return swap_sensitivity(estimate=sample.estimate, swapped=_companion(sample.swapped), reference=sample.reference)


METRICS = (
    Metric(
        name="remix_consistency",
        version=1,
        unit="dB",
        better="higher",
        measure=_remix,
        source="SNR of extract + remove against the mixture; native removals only",
        label="Extract + remove",
        needs=frozenset({"mixture", "complement"}),
        over_mixture=False,
    ),
    Metric(
        name="swap_sensitivity",
        version=1,
        unit="dB",
        better="higher",
        measure=_swap,
        source="SI-SDR with the right prompt minus SI-SDR with another sound's prompt",
        label="Prompt sensitivity",
        needs=frozenset({"reference", "swapped"}),
        over_mixture=False,
    ),
)
