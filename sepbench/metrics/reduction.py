"""Metrics of a set of items: what is kept of one item, and what makes a value of many.

Most metrics are averages of one number per item and need nothing of this. Others are properties of a whole set, as a
distance between two distributions, or are counted per mixture. Such a metric keeps a number or some arrays of each item
and has a `Reduce`. A resampled set is the same items counted otherwise, so a bootstrap never measures an item again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.float32]]
"""By name. ``estimate``, ``reference`` and ``mixture`` hold what was made of these signals."""
Times = NDArray[np.int64]
"""``(ways, items)``: how often each item counts, in each of several ways of counting."""


@dataclass(frozen=True)
class ItemStatistic:
    """What a metric kept of one item.

    Attributes:
        item: its name.
        cluster: the recording that it is resampled with.
        label: its class.
        value: the number that was measured, for metrics that measure one.
        arrays: the arrays that were, for others.
    """

    item: str
    cluster: str
    label: str
    value: float | None = None
    arrays: Arrays = field(default_factory=dict)

    @property
    def mixture(self) -> str:
        """The mixture that the item asks about; items of one mixture share it.

        >>> ItemStatistic("0123456789abcdef.2", "", "").mixture
        '0123456789abcdef'
        """
        return self.item.rpartition(".")[0]


Reduce = Callable[[Sequence[ItemStatistic], Times], NDArray[np.float64]]
"""One value per way of counting, NaN where it is undefined or was not worth its time; the first way counts every item
once. Raises `sepbench.metrics.metric.Undefined` where there is no value at all."""
