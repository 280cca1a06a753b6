"""What metrics of one item have in common, computed once: resampled signals, spectra, mel images, envelopes.

A metric's front end is a pure function of signals and numbers. Metric functions call theirs through `Once`, which
either calls it (`directly`) or looks first whether the very same arrays were given to it before (`Shared`). Values are
the same to the last bit either way.

There are two levels. What depends only on an item's reference and mixture belongs to the item and serves every model;
whatever an estimate takes part in belongs to that estimate and dies with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, TypeVarTuple, Unpack

import numpy as np

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

LIMIT_BYTES = 1 << 26
"""What one level may keep, a minute at 16 kHz of a usual suite's front ends. Beyond it results are given, not kept."""


class Once(Protocol):
    """Calls a pure function; may give what an earlier call with the same arguments gave."""

    def __call__(self, function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result: ...


def directly(function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
    """`Once` that keeps nothing.

    >>> directly(pow, 2, 3)
    8
    """
    return function(*arguments)


class Shared:
    """`Once` that keeps results, by the identity of arrays and the value of everything else.

    Args:
        signals: what an item's level begins with: its reference and its mixture.
        within: the item's level, for an estimate's. It is asked about whatever it holds all arrays of, and learns
            nothing of others.

    Kept results must not be written to.

    >>> shared, signal = Shared(), np.ones(3)
    >>> shared(np.cumsum, signal) is shared(np.cumsum, signal)
    True
    """

    def __init__(self, signals: Iterable[np.ndarray] = (), within: Shared | None = None) -> None:
        self._within = within
        self._room = LIMIT_BYTES
        self._results: dict[tuple[object, ...], Any] = {}
        # Holding an array keeps its identity from being given to another.
        self._held = {id(signal): signal for signal in signals}

    def __call__(self, function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
        arrays = [argument for argument in arguments if isinstance(argument, np.ndarray)]
        if self._within is not None and all(self._within.holds(array) for array in arrays):
            return self._within(function, *arguments)
        key = (function, *(id(one) if isinstance(one, np.ndarray) else one for one in arguments))
        if key in self._results:
            found: Result = self._results[key]
            return found
        result = function(*arguments)
        self._keep(key, arrays, result)
        return result

    def holds(self, array: np.ndarray) -> bool:
        """Whether the array is one of the signals, or came of them."""
        return id(array) in self._held

    def _keep(self, key: tuple[object, ...], arrays: list[np.ndarray], result: object) -> None:
        parts = [part for part in (result if isinstance(result, tuple) else (result,)) if isinstance(part, np.ndarray)]
        size = sum(part.nbytes for part in parts)
        if size > self._room:
            return
        self._room -= size
        self._results[key] = result
        self._held |= {id(array): array for array in (*arrays, *parts)}
