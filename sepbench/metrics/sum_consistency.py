"""Whether all that was extracted from a mixture gives the mixture back: a property of its queries together.

Only mixtures count whose queries name every sound once: the sum of their references is then the mixture, which is
looked at and not assumed. Queries for absent sounds may be among them; what is given for them is too much.

Answers to one mixture meet only in the end, so each is kept as a sketch of 2048 sums: every sample, with a sign, is
added to one of them, places and signs being the same for all signals. Sketches add as signals do, and the energy of a
sketch is the signal's to 3 % (Charikar et al. 2002, doi 10.1007/3-540-45465-9_59), a mixture's ratio to 0.2 dB.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Metric, Sample, Signal, Undefined, check_audible, check_pair, mixture_of
from sepbench.metrics.reduction import Arrays, ItemStatistic, Times

SUMS = 2048
CEILING_DB = 100.0
"""An exact sum leaves no more than the rounding of what was kept."""
WHOLE_DB = 60.0
"""Ratio from which the references of a mixture's queries add up to it."""
RESAMPLES = 1000


def sketch(signal: Signal) -> NDArray[np.float32]:
    """A signal ``(time,)`` as ``(2048,)``: linear, and of nearly its energy.

    >>> tone = np.sin(np.arange(16000))
    >>> bool(np.allclose(sketch(2 * tone) - sketch(tone), sketch(tone), atol=1e-5)), round(float(tone @ tone))
    (True, 8000)
    """
    places, signs = _places(len(signal))
    return np.bincount(places, weights=signs * signal, minlength=SUMS).astype(np.float32)


@lru_cache(maxsize=8)
def _places(samples: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Where each sample goes, and its sign: the bits of its number, mixed (Steele et al. 2014, splitmix64)."""
    x = np.arange(1, samples + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return (x % np.uint64(SUMS)).astype(np.intp), np.where(x >> np.uint64(63), 1.0, -1.0)


def sum_consistency(kept: Sequence[ItemStatistic], times: Times) -> NDArray[np.float64]:
    """Mean over whole mixtures of min(100, 10 log10(Σ m² / Σ (m - Σ e)²)), in dB.

    Args:
        kept: sketches of ``estimate``, ``reference`` and ``mixture`` of each item.
        times: see `sepbench.metrics.reduction.Reduce`; the items of a mixture are counted alike.

    Returns:
        One value per way of counting, NaN where no whole mixture is drawn.

    Raises:
        Undefined: ``not_applicable`` where the queries of no mixture add up to it.
    """
    asked: dict[str, list[int]] = {}
    for index, one in enumerate(kept):
        asked.setdefault(one.mixture, []).append(index)
    first, values = [], []
    for indexes in asked.values():
        mixture = kept[indexes[0]].arrays["mixture"].astype(np.float64)
        given, wanted = (
            np.sum([kept[index].arrays[name] for index in indexes], axis=0, dtype=np.float64)
            for name in ("estimate", "reference")
        )
        if _ratio_db(mixture, mixture - wanted) >= WHOLE_DB:
            first.append(indexes[0])
            values.append(_ratio_db(mixture, mixture - given))
    if not values:
        raise Undefined("not_applicable", "the queries of no mixture name each of its sounds once")
    drawn = times[:, first]
    with np.errstate(invalid="ignore"):
        mean: NDArray[np.float64] = (drawn @ np.array(values)) / drawn.sum(axis=1)
    return mean


def _ratio_db(signal: NDArray[np.float64], rest: NDArray[np.float64]) -> float:
    above, below = float(signal @ signal), float(rest @ rest)
    return CEILING_DB if below == 0 else min(CEILING_DB, float(10 * np.log10(above / below)))


def _measure(sample: Sample) -> Arrays:
    if sample.removal:
        raise Undefined("not_applicable", "what a removal leaves is no part of the sum")
    mixture = mixture_of(sample)
    for signal in (sample.estimate, sample.reference):  # sketches are of one length, whatever they were made of
        check_pair(estimate=signal, reference=mixture, once=sample.shared)
    check_audible(mixture)
    signals = {"estimate": sample.estimate, "reference": sample.reference, "mixture": mixture}
    return {name: sample.shared(sketch, signal) for name, signal in signals.items()}


METRICS = (
    Metric(
        name="sum_consistency",
        version=1,
        unit="dB",
        better="higher",
        measure=_measure,
        source="SNR of the sum of all extractions against the mixture",
        label="Sum of extractions",
        needs=frozenset({"reference", "mixture"}),
        scope="any",
        parameters={"sums": SUMS, "ceiling_db": CEILING_DB},
        over_mixture=False,
        reduce=sum_consistency,
        resamples=RESAMPLES,
    ),
)
