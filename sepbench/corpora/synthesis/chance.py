"""Random draws with the distributions that sounds need; every one takes the generator it draws from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number whose logarithm is uniform: the fair spread for frequencies, rates and times.

    >>> 10 <= log_uniform(np.random.default_rng(0), 10, 1000) <= 1000
    True
    """
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def near(rng: np.random.Generator, value: float, share: float) -> float:
    """`value` off by a normal deviate of relative width `share`, cut at two widths so that none runs away.

    >>> near(np.random.default_rng(0), 5.0, 0.0)
    5.0
    """
    return value * (1.0 + share * float(np.clip(rng.standard_normal(), -2.0, 2.0)))


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of the items, all equally likely.

    >>> pick(np.random.default_rng(0), ["only"])
    'only'
    """
    return items[int(rng.integers(len(items)))]
