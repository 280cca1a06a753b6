"""``absent``: every mixture is asked for all its sounds, and for as many that are not in it.

A model that answers whatever it is asked gets its present sounds right and invents the absent ones. An absent label
shares no class with anything in the mixture, coarser classes included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sepbench.manifest import Mixture, Query
from sepbench.protocols.draw import DrawnRow
from sepbench.protocols.robustness.recipe import CountedRecipe
from sepbench.protocols.robustness.scenes import TOO_FEW_CLIPS, Pool, asked_for, by_hash, choose, finished, scene


@dataclass(frozen=True, kw_only=True)
class AbsentRecipe(CountedRecipe):
    """A recipe for mixtures with as many absent queries as present ones."""

    protocol: Literal["absent"]


def mixtures(recipe: AbsentRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's mixture, or why it cannot be made."""
    clips = choose(row, row.source_count)
    if len(clips) < row.source_count:
        return TOO_FEW_CLIPS
    present = frozenset().union(*(clip.all_classes() for clip in clips))
    absent = [label for label, classes in pool.labels().items() if not classes & present]
    if len(absent) < len(clips):
        return "too few absent classes"
    chosen = sorted(absent, key=lambda label: by_hash(recipe, row.key, "absent", label))[: len(clips)]
    queries = (*asked_for(clips), *(Query("label", "extract", (), text=label) for label in chosen))
    return finished(recipe, pool, [scene(recipe, row, clips, queries)])
