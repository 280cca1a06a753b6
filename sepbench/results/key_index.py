"""Where a table's rows stand, by model and item, in about ten bytes per row."""

from __future__ import annotations

from array import array

from sepbench.results.row_table import RowTable
from sepbench.results.rows import twice

SMALLEST = 64


class KeyIndex:
    """A hash table with open addresses (Knuth 1973, 6.4) that holds places only: the keys stand in the rows.

    >>> from sepbench.results.rows import Row
    >>> facts = ("s", "k", {}, "extract", "label", False, "folder", "dog", "bench", 2, 0.0)
    >>> index = KeyIndex(RowTable([Row("mixture", "0.0", "ok", *facts), Row("mixture", "0.1", "ok", *facts)]))
    >>> index.place(("mixture", "0.1")), index.place(("silence", "0.1"))
    (1, None)
    """

    def __init__(self, table: RowTable) -> None:
        self._table = table
        self._slots = _empty(SMALLEST)
        self._held = 0
        self.update()

    def update(self) -> None:
        """Take in the rows that were added to the table.

        Raises:
            InvalidRecord: an item twice for one model: its averages would count it twice.
        """
        if 3 * len(self._table) > 2 * len(self._slots):
            size = len(self._slots)
            while len(self._table) > size // 2:
                size *= 2
            self._slots, self._held = _empty(size), 0
        for place in range(self._held, len(self._table)):
            slot, found = self._find(self._table.key(place))
            if found is not None:
                raise twice(self._table.key(place))
            self._slots[slot] = place + 1
        self._held = len(self._table)

    def place(self, key: object) -> int | None:
        """Where the row is; None where there is none."""
        return self._find(key)[1]

    def _find(self, key: object) -> tuple[int, int | None]:
        """The slot of a key and its place, or the free slot where it belongs and None."""
        slot = hash(key) % len(self._slots)
        while held := self._slots[slot]:
            if self._table.key(held - 1) == key:
                return slot, held - 1
            slot = (slot + 1) % len(self._slots)
        return slot, None


def _empty(size: int) -> array[int]:
    return array("I", bytes(size * array("I").itemsize))
