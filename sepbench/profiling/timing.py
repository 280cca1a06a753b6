"""How long a separator takes: the real-time factor, time taken by time of audio; below 1 it keeps pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

WARM_UPS = 2
"""Answers before the first that is timed: the first ones also set up kernels, caches and memory."""
FEWEST_REPEATS = 10


@dataclass(frozen=True)
class Timing:
    """Times of equal answers, in seconds.

    Attributes:
        repeats: how many were timed.
        median, p95: half of them took no longer, and 95 % of them.
        rtf_median, rtf_p95: the same by the mixture's length.
    """

    repeats: int
    median: float
    p95: float
    rtf_median: float
    rtf_p95: float


def time_answers(answer: Callable[[], float], *, seconds: float, repeats: int) -> Timing:
    """Ask again and again.

    Args:
        answer: gives one answer and returns the seconds that it took.
        seconds: length of the mixture.
        repeats: answers to time, after two that are not.
    """
    for _ in range(WARM_UPS):
        answer()
    return summarised([answer() for _ in range(repeats)], seconds=seconds)


def summarised(taken: list[float], *, seconds: float) -> Timing:
    """Median and 95th percentile, between neighbours in proportion.

    >>> summarised([0.1, 0.2, 0.3], seconds=2.0)
    Timing(repeats=3, median=0.2, p95=0.29, rtf_median=0.1, rtf_p95=0.145)
    """
    median, p95 = (round(float(value), 6) for value in np.percentile(taken, [50, 95]))
    return Timing(len(taken), median, p95, round(median / seconds, 6), round(p95 / seconds, 6))
