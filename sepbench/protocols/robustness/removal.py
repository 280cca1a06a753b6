"""``removal``: every sound of a mixture is extracted and removed in the same words.

What is extracted and what is left must give the mixture back; a model without removal of its own is scored as mixture
minus extract, and marked.
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
class RemovalRecipe(CountedRecipe):
    """A recipe for mixtures of which every source is extracted and removed."""

    protocol: Literal["removal"]


def mixtures(recipe: RemovalRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's mixture, or why it cannot be made."""
    clips = choose(row, row.source_count)
    if len(clips) < row.source_count:
        return TOO_FEW_CLIPS
    extracted = asked_for(clips)
    queries = [query for extract in extracted for query in (extract, dataclasses.replace(extract, mode="remove"))]
    return finished(recipe, pool, [scene(recipe, row, clips, queries)])
