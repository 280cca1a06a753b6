"""Columns of a long table in little memory: repeated values as small codes, texts end to end, numbers as float64.

Every column gives back exactly what was put in. Reading many places at once gives arrays.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WIDER = {"B": "H", "H": "I", "I": "Q"}


class Coded:
    """Values that many rows have in common, each kept once: a byte per row while there are no more than 256 of them.

    >>> column = Coded()
    >>> for value in ("dog", "cat", "dog"):
    ...     column.append(value)
    >>> column[2], column.at(np.array([1, 2])), column.flags(np.array([0, 1]), lambda value: value == "cat").tolist()
    ('dog', ['cat', 'dog'], [False, True])
    """

    def __init__(self) -> None:
        self._codes: array[int] = array("B")
        self._values: list[Any] = []
        self._known: dict[Any, int] = {}

    def append(self, value: Any) -> None:
        """Add a row's value, which must be hashable."""
        code = self._known.get(value)
        if code is None:
            code = self._known[value] = len(self._values)
            self._values.append(value)
            if code >> 8 * self._codes.itemsize:
                self._codes = array(WIDER[self._codes.typecode], self._codes)
        self._codes.append(code)

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, place: int) -> Any:
        return self._values[self._codes[place]]

    def at(self, places: Places) -> list[Any]:
        """The values of these rows."""
        values = self._values
        return [values[code] for code in self._codes_at(places)]

    def first_of_each(self, places: Places) -> Places:
        """One position among these rows for every value that they have."""
        firsts: Places = np.unique(self._codes_at(places), return_index=True)[1]
        return firsts

    def flags(self, places: Places, test: Callable[[Any], bool]) -> Mask:
        """Which of these rows pass; every distinct value is tested once."""
        passed = np.fromiter(map(test, self._values), dtype=np.bool_, count=len(self._values))
        found: Mask = passed[self._codes_at(places)]
        return found

    def _codes_at(self, places: Places) -> NDArray[np.unsignedinteger[Any]]:
        # The view is gone when this returns: while one lives, the column cannot grow.
        return np.frombuffer(self._codes, dtype=self._codes.typecode)[places]


class Texts:
    """Texts that differ from row to row, end to end as UTF-8."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._ends: array[int] = array("I")

    def append(self, text: str) -> None:
        """Add a row's text."""
        self._content += text.encode(errors="surrogatepass")
        if len(self._content) >> 8 * self._ends.itemsize:
            self._ends = array(WIDER[self._ends.typecode], self._ends)
        self._ends.append(len(self._content))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        return self._bytes(place).decode(errors="surrogatepass")

    def ranks(self, places: Places) -> Places:
        """The order of these rows by their texts, as UTF-8 and as code points alike; equal texts stay as they are."""
        longest = max((len(self._bytes(place)) for place in places), default=0)
        texts = (bytes(self._bytes(place)) for place in places)
        return np.argsort(np.fromiter(texts, dtype=f"S{longest or 1}", count=len(places)), kind="stable")

    def _bytes(self, place: int) -> bytearray:
        start = self._ends[place - 1] if place else 0
        return self._content[start : self._ends[place]]


class Numbers:
    """Finite numbers as float64; None is kept as NaN, and takes no room before the first number."""

    def __init__(self, empty: int = 0) -> None:
        self._rows = empty
        self._numbers: array[float] = array("d")

    def append(self, number: float | None) -> None:
        """Add a row's number."""
        if number is not None:
            self._numbers.extend([math.nan] * (self._rows - len(self._numbers)))
            self._numbers.append(number)
        self._rows += 1

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, place: int) -> float | None:
        number = self._numbers[place] if place < len(self._numbers) else math.nan
        return None if math.isnan(number) else number

    def at(self, places: Places) -> Floats:
        """The numbers of these rows, NaN where there is none."""
        found = np.full(len(places), np.nan)
        held = places < len(self._numbers)
        found[held] = np.frombuffer(self._numbers, dtype=np.float64)[places[held]]
        return found
