"""``paraphrase``: every sound of a mixture is asked for in many wordings of one meaning.

Label, "the sound of" the label, caption and its paraphrases, other letter cases, and single slips in the label's
longest word. All sounds are asked for, so that answers to one prompt can be held against the other sound.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sepbench.manifest import Clip, Mixture, Query
from sepbench.protocols.draw import DrawnRow, caption_query, label_text
from sepbench.protocols.robustness.recipe import CountedRecipe, Rule
from sepbench.protocols.robustness.scenes import TOO_FEW_CLIPS, Pool, by_hash, choose, finished, scene
from sepbench.protocols.robustness.wording import cases, typos


@dataclass(frozen=True, kw_only=True)
class ParaphraseRecipe(CountedRecipe):
    """A recipe for mixtures asked in many wordings; of the captions beyond the first at most `paraphrases` are used."""

    protocol: Literal["paraphrase"]
    paraphrases: int = 3

    def rules(self) -> tuple[Rule, ...]:
        """What must hold of the values beyond their types."""
        return (*super().rules(), Rule("paraphrases", self.paraphrases >= 0, "0 or more"))


def mixtures(recipe: ParaphraseRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's mixture, or why it cannot be made."""
    clips = choose(row, row.source_count)
    if len(clips) < row.source_count:
        return TOO_FEW_CLIPS
    queries = [query for source, clip in enumerate(clips) for query in wordings(recipe, row.key, source, clip)]
    return finished(recipe, pool, [scene(recipe, row, clips, queries)])


def wordings(recipe: ParaphraseRecipe, key: str, source: int, clip: Clip) -> list[Query]:
    """Every query for one source, each with its `variant`."""
    label = label_text(clip)
    seed = int.from_bytes(by_hash(recipe, key, "typo", clip.corpus, clip.id)[:16], "little")
    texts = {"label": label, "sound of": f"the sound of {label}"}
    texts |= cases(label) | typos(label, np.random.Generator(np.random.PCG64(seed)))
    queries = [Query("label", "extract", (source,), text=text, variant=name) for name, text in texts.items()]
    for number in range(min(len(clip.captions), 1 + recipe.paraphrases)):
        name = f"paraphrase {number}" if number else "caption"
        queries.append(dataclasses.replace(caption_query(clip, source, number), variant=name))
    return queries
