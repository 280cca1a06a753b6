"""``snr_sweep``: the same pairs at every ratio of a range, so that a curve is drawn from one set of sounds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from sepbench.manifest import Mixture
from sepbench.protocols.draw import DrawnRow
from sepbench.protocols.robustness.recipe import CountedRecipe, Rule
from sepbench.protocols.robustness.scenes import TOO_FEW_CLIPS, Pool, asked_for, choose, finished, scene


@dataclass(frozen=True, kw_only=True)
class SweepRecipe(CountedRecipe):
    """A recipe for pairs at ratios from the lowest to the highest of `snr_db`, `step_db` apart."""

    protocol: Literal["snr_sweep"]
    step_db: float = 5.0

    @property
    def ratios_db(self) -> tuple[float, ...]:
        """The ratios, in dB."""
        low, high = self.snr_db
        return tuple(low + self.step_db * i for i in range(1 + int((high - low) / self.step_db + 1e-9)))

    def rules(self) -> tuple[Rule, ...]:
        """What must hold of the values beyond their types."""
        return (*super().rules(), Rule("step_db", self.step_db > 0, "a positive number"))


def mixtures(recipe: SweepRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's pair at every ratio, or why it cannot be made at one of them; the target is asked for."""
    clips = choose(row, row.source_count)
    if len(clips) < row.source_count:
        return TOO_FEW_CLIPS
    pair = scene(recipe, row, clips, asked_for(clips)[:1])
    swept = [
        dataclasses.replace(pair, snr_db=ratio, pair=row.key, variant=f"snr {ratio:g}") for ratio in recipe.ratios_db
    ]
    return finished(recipe, pool, swept)
