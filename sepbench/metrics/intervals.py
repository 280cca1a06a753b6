"""Long mixtures with sparse sounds: how a separator does where the sound is, and what it gives where it is not.

The reference tells where it sounds: frames of 20 ms within 60 dB of its loudest, pauses under half a second counted in.
Everything else is off. Frames are whole; what is left at the end belongs to the last one.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from sepbench.metrics.calling import plain_at_rate
from sepbench.metrics.metric import Metric, Sample, Signal, Undefined, check_pair, is_silent, mixture_of
from sepbench.metrics.presence import output_level
from sepbench.metrics.waveform import audible_pair, si_sdr

FRAME_SECONDS = 0.02
RANGE_DB = 60.0
PAUSE_SECONDS = 0.5
FOUND_DB = -20.0
SEAM_SECONDS = 0.05
ACTIVITY = {"frame_s": FRAME_SECONDS, "range_db": RANGE_DB, "pause_s": PAUSE_SECONDS}

Mask = NDArray[np.bool_]


def on_mask(reference: Signal, sample_rate: int) -> Mask:
    """Where the reference sounds, sample by sample.

    Args:
        reference: ``(time,)``, audible.
        sample_rate: Hz.

    >>> tone = np.r_[np.zeros(16000), np.ones(8000), np.zeros(4000), np.ones(4000), np.zeros(16000)]
    >>> np.flatnonzero(np.diff(on_mask(tone, 16000))) + 1  # the pause of a quarter of a second is none
    array([16000, 32000])
    """
    frame = max(1, round(FRAME_SECONDS * sample_rate))
    starts = np.arange(0, max(len(reference) - frame, 0) + 1, frame)
    ends = np.append(starts[1:], len(reference))
    powers = np.add.reduceat(reference**2, starts) / (ends - starts)
    sounding = np.flatnonzero(powers >= powers.max(initial=0.0) * 10 ** (-RANGE_DB / 10))
    mask = np.zeros(len(reference), dtype=np.bool_)
    mask[starts[sounding[0]] : ends[sounding[-1]]] = True
    for before, after in pairwise(sounding):
        if starts[after] - ends[before] >= PAUSE_SECONDS * sample_rate:
            mask[ends[before] : starts[after]] = False
    return mask


def off_interval_level(*, estimate: np.ndarray, reference: np.ndarray, mixture: np.ndarray, sample_rate: int) -> float:
    """Level of the estimate where the reference is silent, relative to the mixture there.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        mixture: ``(time,)``, floating point, the same length.
        sample_rate: Hz.

    Returns:
        dB, lower is better; -100 for silence, 0 for the untouched mixture.

    Raises:
        Undefined: ``not_applicable`` where the reference never pauses, or the mixture is silent whenever it does, a
            silent reference, NaN, unequal lengths.

    >>> reference = np.r_[np.ones(16000), np.zeros(16000)]
    >>> mixture = reference + 0.5
    >>> round(off_interval_level(estimate=0.1 * mixture, reference=reference, mixture=mixture, sample_rate=16000), 4)
    -20.0
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    check_pair(estimate=estimate, reference=mixture)
    off = ~on_mask(reference, sample_rate)
    if not off.any():
        raise Undefined("not_applicable", "the reference never pauses")
    if is_silent(mixture[off]):
        raise Undefined("not_applicable", "the mixture is silent where the reference pauses: nothing can leak")
    return output_level(estimate=estimate[off], mixture=mixture[off])


def on_interval_si_sdr(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """SI-SDR over the stretches where the reference sounds, joined: what leaks elsewhere does not count.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz.

    Returns:
        dB in [-inf, inf], higher is better.

    Raises:
        Undefined: ``estimate_silent`` for an estimate that is silent there, a silent reference, NaN, unequal lengths.

    >>> reference, noise = np.r_[np.ones(16000), np.zeros(16000)], np.r_[np.tile([0.1, -0.1], 8000), np.ones(16000)]
    >>> round(on_interval_si_sdr(estimate=reference + noise, reference=reference, sample_rate=16000), 4)
    20.0
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    on = on_mask(reference, sample_rate)
    return si_sdr(estimate=estimate[on], reference=reference[on])


def on_interval_recall(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """Share of the reference's sounding stretches in which the estimate is no more than 20 dB quieter than it.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz.

    Returns:
        0 to 1, higher is better. Any loud enough output is found, as in any recall: `off_interval_level` is the other
        side of it.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    >>> reference = np.r_[np.ones(16000), np.zeros(16000), np.ones(16000)]
    >>> on_interval_recall(estimate=np.r_[reference[:32000], np.zeros(16000)], reference=reference, sample_rate=16000)
    0.5
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    on = np.flatnonzero(np.diff(on_mask(reference, sample_rate), prepend=False, append=False))
    stretches = [slice(start, end) for start, end in zip(on[::2], on[1::2], strict=True)]
    powers = [(float(estimate[part] @ estimate[part]), float(reference[part] @ reference[part])) for part in stretches]
    return sum(given >= wanted * 10 ** (FOUND_DB / 10) for given, wanted in powers) / len(powers)


def seam_error(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, chunk_seconds: float) -> float:
    """Power of the error within 50 ms of the seams between chunks, over its power elsewhere.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz.
        chunk_seconds: the separator's chunk; seams are at its multiples.

    Returns:
        dB, lower is better; 0 where seams are no worse than the rest.

    Raises:
        Undefined: ``not_applicable`` for a mixture of one chunk, or chunks that leave nothing between their seams;
            ``perfect`` for an estimate without any error; a silent reference, NaN, unequal lengths.
        SepbenchError: a chunk of no length.

    >>> error = np.full(64000, 0.1)
    >>> error[31200:32800] = 1.0
    >>> reference = np.ones(64000)
    >>> round(seam_error(estimate=reference + error, reference=reference, sample_rate=16000, chunk_seconds=2.0), 4)
    20.0
    """
    estimate, reference = audible_pair(estimate=estimate, reference=reference)
    if not chunk_seconds > 0:
        raise SepbenchError("length of a chunk", given=f"{chunk_seconds} s", wanted="over 0 s", remedy="correct it")
    if chunk_seconds <= 2 * SEAM_SECONDS:
        raise Undefined("not_applicable", "seams so close leave nothing between them")
    near = _near_seams(len(reference), sample_rate, chunk_seconds)
    if not near.any() or near.all():
        raise Undefined("not_applicable", "the mixture has no seams, or nothing else")
    error = np.square(estimate - reference)
    at_seams, elsewhere = float(np.mean(error[near])), float(np.mean(error[~near]))
    if at_seams == 0 or elsewhere == 0:
        if at_seams == elsewhere:
            raise Undefined("perfect", "there is no error to compare")
        return float("-inf") if at_seams == 0 else float("inf")
    return float(10 * np.log10(at_seams / elsewhere))


def _near_seams(length: int, sample_rate: int, chunk_seconds: float) -> Mask:
    reach, chunk = round(SEAM_SECONDS * sample_rate), chunk_seconds * sample_rate
    seams = np.round(np.arange(1, length / chunk) * chunk).astype(int)
    near = np.zeros(length, dtype=np.bool_)
    for seam in seams[seams < length]:
        near[max(0, seam - reach) : seam + reach] = True
    return near


def _seams(sample: Sample) -> float:
    if sample.chunk_seconds is None:
        raise Undefined("not_applicable", "the separator hears any length at once")
    return seam_error(
        estimate=sample.estimate,
        reference=sample.reference,
        sample_rate=sample.sample_rate,
        chunk_seconds=sample.chunk_seconds,
    )


METRICS = (
    Metric(
        name="off_interval_level",
        version=1,
        unit="dB",
        better="lower",
        measure=lambda sample: off_interval_level(
            estimate=sample.estimate,
            reference=sample.reference,
            mixture=mixture_of(sample),
            sample_rate=sample.sample_rate,
        ),
        source="level relative to the mixture over the stretches where the reference is silent",
        label="Level off target",
        needs=frozenset({"reference", "mixture"}),
        parameters=ACTIVITY,
        over_mixture=False,
    ),
    Metric(
        name="on_interval_si_sdr",
        version=1,
        unit="dB",
        better="higher",
        measure=plain_at_rate(on_interval_si_sdr),
        source="SI-SDR (Le Roux et al. 2019, arXiv 1811.02508) over the stretches where the reference sounds",
        label="SI-SDR on target",
        parameters=ACTIVITY,
    ),
    Metric(
        name="on_interval_recall_rate",
        version=1,
        unit="",
        better="higher",
        measure=plain_at_rate(on_interval_recall),
        source="share of the stretches where the reference sounds in which the estimate is at most 20 dB quieter",
        label="Recall on target",
        parameters={**ACTIVITY, "found_db": FOUND_DB},
        over_mixture=False,
    ),
    Metric(
        name="seam_error",
        version=1,
        unit="dB",
        better="lower",
        measure=_seams,
        source="error power within 50 ms of multiples of the separator's chunk over error power elsewhere",
        label="Error at seams",
        parameters={"seam_s": SEAM_SECONDS},
        over_mixture=False,
    ),
)
