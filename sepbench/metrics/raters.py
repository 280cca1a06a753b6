"""Networks that rate an estimate by itself: what is asked of them, and what they must not be asked.

They run behind the interface of embedders, which finds their weights, keeps their ratings, and puts the weights' hash
into signatures. Without a reference, a rating says how good a sound is and not whether it is the one that was asked
for: leaving the mixture untouched can be the best rated of all, so read them as change over the mixture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sepbench.metrics.embedding import embedded
from sepbench.metrics.metric import Undefined, check_pair, is_silent


@dataclass(frozen=True)
class Rater:
    """A network of ratings: its embedder, the axes in the order of its vector, its rate, and how long a clip may be."""

    embedder: str
    axes: tuple[str, ...]
    rate: int
    shortest_seconds: float
    longest_seconds: float = math.inf


def rating(rater: Rater, axis: str, *, estimate: np.ndarray, sample_rate: int) -> float:
    """What the network says of one side of an estimate.

    Args:
        rater: the network.
        axis: one of its axes.
        estimate: ``(time,)``, floating point.
        sample_rate: in Hz, the rater's own.

    Returns:
        On the network's scale, mostly 1 to 5.

    Raises:
        Undefined: ``estimate_silent``, ``too_short``, ``not_applicable`` for a clip longer than the network takes,
            ``unavailable`` where its weights or a package are not here, NaN.
        SepbenchError: another rate than the network's.
    """
    estimate, _ = check_pair(estimate=estimate, reference=estimate)
    if is_silent(estimate):
        raise Undefined("estimate_silent", "silence has no quality")
    seconds = len(estimate) / sample_rate
    if seconds < rater.shortest_seconds:
        raise Undefined("too_short", f"{rater.embedder} needs {rater.shortest_seconds:g} s")
    if seconds > rater.longest_seconds:
        raise Undefined("not_applicable", f"{rater.embedder} rates at most {rater.longest_seconds:g} s at once")
    return float(embedded(rater.embedder, estimate, sample_rate)[rater.axes.index(axis)])
