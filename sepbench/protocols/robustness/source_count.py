"""``source_count``: the same target among one noise, two, three ..., each set of noises holding the smaller ones.

The ratio of the target to all noises together stays, so that nothing but their number changes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from sepbench.manifest import Mixture
from sepbench.protocols.draw import DrawnRow
from sepbench.protocols.robustness.recipe import CountedRecipe
from sepbench.protocols.robustness.scenes import TOO_FEW_CLIPS, Pool, asked_for, choose, finished, scene


@dataclass(frozen=True, kw_only=True)
class SourceCountRecipe(CountedRecipe):
    """A recipe for every target among each of `source_counts` sources."""

    protocol: Literal["source_count"]


def mixtures(recipe: SourceCountRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's target among every number of sources, or why one cannot be made; the target is asked for."""
    most = max(recipe.source_counts)
    clips = choose(row, most)
    if len(clips) < most:
        return TOO_FEW_CLIPS
    nested = [
        dataclasses.replace(
            scene(recipe, row, clips[:count], asked_for(clips)[:1]), pair=row.key, variant=f"{count} sources"
        )
        for count in sorted(set(recipe.source_counts))
    ]
    return finished(recipe, pool, nested)
