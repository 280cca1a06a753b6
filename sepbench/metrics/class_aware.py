"""Class-aware improvement: separating and knowing what is there, in one number per mixture.

Sounds are found (true positive), invented (false positive) or missed (false negative). A sound that was found counts
with its SDR improvement, the two errors count as zero, and a mixture's value is the mean over all three. `ca_sdri` and
`capi_sdri` are the challenges' formulas for labelled estimates. `qa_sdri` is ours for text queries: the queries asked
of a mixture stand for labels, and whether an answer is audible says whether the separator found the sound.

All three are generous in one way: an error costs no more than leaving the mixture as it is. A separator that is silent
by default loses nothing on absent sounds, so read them beside the rates of `sepbench.metrics.presence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Metric, Sample, Undefined, check_audible, check_pair, mixture_of
from sepbench.metrics.presence import output_level
from sepbench.metrics.reduction import ItemStatistic, Times
from sepbench.metrics.waveform import sdri

SILENCE_LABEL = "silence"
"""The challenges' label of an empty slot; it names no class."""
EPS = float(np.finfo(np.float32).eps)
THRESHOLD_DB = -30.0
RESAMPLES = 1000

Labelled = Mapping[str, np.ndarray]
Grouped = Mapping[str, Sequence[np.ndarray]]


def ca_sdri(*, estimates: Labelled, references: Labelled, mixture: np.ndarray) -> float:
    """CA-SDRi of one mixture: the mean over all labels of SDR(e, r) - SDR(m, r), and of 0 where only one of e and r is.

    Args:
        estimates: by label, ``(time,)`` each, floating point.
        references: by label, the same length.
        mixture: ``(time,)``, the same length.

    Returns:
        dB; the mean over mixtures is the challenge's number. Both sums of an SDR carry the original's 1.2e-7, so that a
        perfect estimate has a finite value, which depends on its level.

    Raises:
        Undefined: ``not_applicable`` where there is no label at all (such mixtures are left out of the mean), a silent
            reference, NaN, unequal lengths.

    Source: DCASE 2025 task 4, nttcslab/dcase2025_task4_baseline@12063c5 src/utils.ca_metric.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(ca_sdri(estimates={"dog": r + 0.1 * n, "cat": n}, references={"dog": r}, mixture=r + n), 2)
    10.0
    """
    return capi_sdri(
        estimates={label: [signal] for label, signal in estimates.items()},
        references={label: [signal] for label, signal in references.items()},
        mixture=mixture,
    )


def capi_sdri(*, estimates: Grouped, references: Grouped, mixture: np.ndarray) -> float:
    """CAPI-SDRi of one mixture: CA-SDRi where a label may have several sounds, matched within it.

    The matching is the one with the highest mean SDR, not with the highest improvement; what is left over of either
    side counts as zero.

    Args:
        estimates: by label any number of ``(time,)``, floating point.
        references: by label any number of the same length.
        mixture: ``(time,)``, the same length.

    Returns:
        dB; the mean over mixtures is the challenge's number.

    Raises:
        Undefined: as `ca_sdri`.

    Source: DCASE 2026 task 4, nttcslab/dcase2026_task4_baseline@18a8f39 src/evaluation/metrics/s5capi_metric.py.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> swapped, right = [n + 0.1 * r, r + 0.1 * n], [r, n]
    >>> round(capi_sdri(estimates={"dog": swapped}, references={"dog": right}, mixture=r + n), 2)
    20.0
    """
    entries: list[float] = []
    for label in sorted((set(estimates) | set(references)) - {SILENCE_LABEL}):
        entries += _entries(estimates.get(label, ()), references.get(label, ()), mixture)
    if not entries:
        raise Undefined("not_applicable", "nothing is to be found and nothing was")
    return float(np.mean(entries))


def _entries(estimates: Sequence[np.ndarray], references: Sequence[np.ndarray], mixture: np.ndarray) -> list[float]:
    """What one label adds to the mean: improvements of the pairs, and zeros for what has no partner."""
    from scipy.optimize import linear_sum_assignment

    scores = np.array([[_sdr(estimate, reference) for estimate in estimates] for reference in references])
    scores = scores.reshape(len(references), len(estimates))
    rows, columns = linear_sum_assignment(scores, maximize=True)
    partners = zip(rows.tolist(), columns.tolist(), strict=True)
    found = [float(scores[row, column]) - _sdr(mixture, references[row]) for row, column in partners]
    return found + [0.0] * (max(scores.shape) - len(found))


def _sdr(estimate: np.ndarray, reference: np.ndarray) -> float:
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    check_audible(reference)
    error = estimate - reference
    return float(10 * np.log10((reference @ reference + EPS) / (error @ error + EPS)))


def qa_sdri(
    *,
    estimate: np.ndarray,
    reference: np.ndarray,
    mixture: np.ndarray,
    absent: bool,
    threshold_db: float = THRESHOLD_DB,
) -> float:
    """What one query adds to its mixture's QA-SDRi: SDRi for a sound that was found, 0 for one missed or invented.

    Args:
        estimate: the answer, ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        mixture: ``(time,)``, floating point, the same length.
        absent: whether the sound that was asked for is not there.
        threshold_db: level relative to the mixture beyond which an answer claims that the sound is there.

    Returns:
        dB.

    Raises:
        Undefined: ``not_applicable`` for a right silence, which is no entry of the mean, and as
            `sepbench.metrics.waveform.sdri` and `sepbench.metrics.presence.output_level`.

    Source: CA-SDRi of DCASE 2025 task 4, with queries for labels and energy for presence.

    >>> r, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(qa_sdri(estimate=r + 0.1 * n, reference=r, mixture=r + n, absent=False), 4)
    20.0
    >>> qa_sdri(estimate=0 * r, reference=r, mixture=r + n, absent=False)
    0.0
    """
    audible = output_level(estimate=estimate, mixture=mixture) > threshold_db
    if absent and not audible:
        raise Undefined("not_applicable", "silence is the right answer, and no entry of the mean")
    if absent or not audible:
        return 0.0
    return sdri(estimate=estimate, reference=reference, mixture=mixture)


def mean_of_mixtures(kept: Sequence[ItemStatistic], times: Times) -> NDArray[np.float64]:
    """Mean over mixtures of the mean over a mixture's entries; an item drawn twice counts twice.

    >>> items = [ItemStatistic(name, "", "", value) for name, value in (("a.0", 3.0), ("a.1", 1.0), ("b.0", 8.0))]
    >>> mean_of_mixtures(items, np.array([[1, 1, 1], [2, 2, 0]]))
    array([5., 2.])
    """
    _, owner, entries = np.unique([one.mixture for one in kept], return_inverse=True, return_counts=True)
    share = 1 / entries[owner]
    values = np.array([one.value for one in kept], dtype=np.float64)
    with np.errstate(invalid="ignore"):  # draws without any of these items: NaN, as `Reduce` says
        mean: NDArray[np.float64] = (times @ (share * values)) / (times @ share)
    return mean


def _of_query(sample: Sample) -> float:
    if sample.removal:
        raise Undefined("not_applicable", "the query names what was to be removed")
    return qa_sdri(
        estimate=sample.estimate, reference=sample.reference, mixture=mixture_of(sample), absent=sample.absent
    )


METRICS = (
    Metric(
        name="qa_sdri",
        version=1,
        unit="dB",
        better="higher",
        measure=_of_query,
        source="CA-SDRi of DCASE 2025 task 4, with queries for labels and energy for presence",
        label="QA-SDRi",
        needs=frozenset({"reference", "mixture"}),
        scope="any",
        parameters={"threshold_db": THRESHOLD_DB, "mean": "of-mixtures"},
        over_mixture=False,
        reduce=mean_of_mixtures,
        resamples=RESAMPLES,
    ),
)
