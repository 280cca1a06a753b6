"""``level``: the same pairs louder and quieter, with polarity inverted, and a little later.

None of it changes what there is to separate. Nothing is clipped or brought under a peak: that would undo the gain.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from sepbench.manifest import Mixture
from sepbench.protocols.draw import DrawnRow
from sepbench.protocols.robustness.recipe import CountedRecipe, Rule
from sepbench.protocols.robustness.scenes import TOO_FEW_CLIPS, Pool, asked_for, choose, finished, scene


@dataclass(frozen=True, kw_only=True)
class LevelRecipe(CountedRecipe):
    """A recipe for pairs at each of `levels_db` over the clips' own level, inverted, and later by `shifts_seconds`."""

    protocol: Literal["level"]
    levels_db: tuple[float, ...] = (-12.0, -6.0, 0.0, 6.0, 12.0)
    shifts_seconds: tuple[float, ...] = (0.1,)

    def rules(self) -> tuple[Rule, ...]:
        """What must hold of the values beyond their types."""
        return (
            *super().rules(),
            Rule("levels_db", 0.0 in self.levels_db, "several levels in dB, 0 among them"),
            Rule("shifts_seconds", all(shift > 0 for shift in self.shifts_seconds), "positive numbers"),
        )


def mixtures(recipe: LevelRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's pair in every variant, or why it cannot be made in one of them; the target is asked for."""
    clips = choose(row, row.source_count)
    if len(clips) < row.source_count:
        return TOO_FEW_CLIPS
    pair = dataclasses.replace(scene(recipe, row, clips, asked_for(clips)[:1]), clip_rule="none", pair=row.key)
    varied = [louder(pair, level) for level in recipe.levels_db]
    varied.append(inverted(pair))
    varied += [later(pair, shift) for shift in recipe.shifts_seconds]
    return finished(recipe, pool, varied)


def louder(pair: Mixture, level_db: float) -> Mixture:
    """The target at a gain; what is solved beside it follows."""
    target, *others = pair.sources
    return dataclasses.replace(
        pair,
        sources=(dataclasses.replace(target, gain_db=level_db), *others),
        variant=f"level {level_db:+g}" if level_db else "level 0",
    )


def inverted(pair: Mixture) -> Mixture:
    """Every source upside down."""
    return dataclasses.replace(
        pair, sources=tuple(dataclasses.replace(source, polarity=-1) for source in pair.sources), variant="inverted"
    )


def later(pair: Mixture, seconds: float) -> Mixture:
    """Everything later, in a mixture that is longer by as much."""
    shift = round(seconds * pair.sample_rate)
    return dataclasses.replace(
        pair,
        sources=tuple(dataclasses.replace(source, offset=source.offset + shift) for source in pair.sources),
        samples=(pair.samples or 0) + shift,
        variant=f"shift {seconds:g} s",
    )
