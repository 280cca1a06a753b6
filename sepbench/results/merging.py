"""Joining the rows of two folders of one run: every item once, and which of two rows stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sepbench.results.rows import Row, by_key

Key = tuple[str, str]
"""Model and item."""


@dataclass(frozen=True)
class Merged:
    """What came of joining.

    Attributes:
        rows: all rows: ours in their order, then those that only they have.
        taken: keys whose row is theirs.
        same: keys whose row is on both sides the same, but perhaps for its timing.
        conflicts: keys with two different rows of the same code and metrics; ours stays.
    """

    rows: list[Row]
    taken: frozenset[Key]
    same: frozenset[Key]
    conflicts: frozenset[Key]


def merge_rows(ours: Iterable[Row], theirs: Iterable[Row], stands: Callable[[Row], bool]) -> Merged:
    """Join two sets of rows.

    Of two rows for one key the one stays that `stands` (its code and metrics are this run's); of two that do, or two
    that do not, one that did not fail; else ours.

    Raises:
        InvalidRecord: a side that holds an item twice.
    """
    here, there = by_key(ours), by_key(theirs)
    both = here.keys() & there.keys()

    def rank(row: Row) -> tuple[bool, bool]:
        return stands(row), row.status != "failed"

    same = {key for key in both if replace(there[key], seconds=here[key].seconds) == here[key]}
    better = {key for key in both - same if rank(there[key]) > rank(here[key])}
    taken = (there.keys() - here.keys()) | better
    conflicts = {key for key in both - same - better if _recipe(here[key]) == _recipe(there[key])}
    rows = here | {key: row for key, row in there.items() if key in taken}
    return Merged(list(rows.values()), frozenset(taken), frozenset(same), frozenset(conflicts))


def _recipe(row: Row) -> tuple[str, str]:
    return row.separation_key, row.score_key
