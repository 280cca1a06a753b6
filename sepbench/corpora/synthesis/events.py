"""When things happen, and adding what happens to a clip. Times in seconds from the clip's start."""

from __future__ import annotations

import numpy as np

from sepbench.corpora.synthesis.envelopes import Signal

LATEST_FIRST = 0.4
"""The first event of a clip begins by this second, so that a crop from the start is never silent."""


def add(sound: Signal, event: Signal, second: float, sample_rate: int, gain: float = 1.0) -> None:
    """Add `event` to `sound` in place, from `second` on; what hangs over the end is cut.

    >>> clip = np.zeros(4)
    >>> add(clip, np.ones(3), 1.0, 2, gain=0.5)
    >>> clip.tolist()
    [0.0, 0.0, 0.5, 0.5]
    """
    start = max(0, round(second * sample_rate))
    length = min(len(event), len(sound) - start)
    if length > 0:
        sound[start : start + length] += gain * event[:length]


def steady(rng: np.random.Generator, seconds: float, interval: float, jitter: float) -> list[float]:
    """Times of a nearly regular event: gaps of `interval` with relative deviation `jitter`, the first one early.

    >>> len(steady(np.random.default_rng(0), 5.0, 0.5, 0.0))
    10
    """
    now = rng.uniform(0.05, min(LATEST_FIRST, max(interval, 0.06)))
    times = []
    while now < seconds - 0.02:
        times.append(float(now))
        now += interval * max(0.35, 1.0 + jitter * float(rng.standard_normal()))
    return times


def impulses(
    rng: np.random.Generator, samples: int, sample_rate: int, per_second: float, spread: float = 1.0
) -> Signal:
    """A Poisson train of impulses: random times, random signs, log-normal heights of log-width `spread`."""
    count = int(rng.poisson(per_second * samples / sample_rate))
    heights = np.exp(spread * rng.standard_normal(count)) * rng.choice([-1.0, 1.0], count)
    return np.bincount(rng.integers(0, samples, count), heights, samples).astype(np.float64)
