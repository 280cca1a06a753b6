"""What the kinds of robustness lists share: choosing clips that may meet, laying them out, and freezing their gains."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sepbench.audio import RESAMPLER
from sepbench.corpora.corpus import Corpus
from sepbench.manifest import Clip, Mixture, Query, Source, with_id
from sepbench.protocols.build import UNWRITTEN, frozen
from sepbench.protocols.draw import DrawnRow, compatible, label_text
from sepbench.protocols.robustness.recipe import RobustnessRecipe

TOO_FEW_CLIPS = "too few compatible clips"


@dataclass(frozen=True)
class Pool:
    """Where a list's clips come from: the opened corpora, and their clips of the recipe's split."""

    corpora: dict[str, Corpus]
    clips: tuple[Clip, ...]

    def labels(self) -> Mapping[str, frozenset[str]]:
        """Every label that can be asked for, with the classes that speak of it."""
        return {label_text(clip): clip.all_classes() for clip in self.clips if clip.labels}


def by_hash(recipe: RobustnessRecipe, *parts: object) -> bytes:
    """What choices are ordered by: one that is added or lost moves no other."""
    return hashlib.sha256("\n".join(map(str, (recipe.seed, recipe.name, *parts))).encode()).digest()


def choose(row: DrawnRow, count: int) -> tuple[Clip, ...]:
    """The target and its best candidates that may all meet; fewer than `count` where there are no more."""
    chosen = [row.target]
    for candidate in row.noise_candidates:
        if len(chosen) == count:
            break
        if all(compatible(candidate, clip) for clip in chosen):
            chosen.append(candidate)
    return tuple(chosen)


def asked_for(clips: Sequence[Clip]) -> tuple[Query, ...]:
    """Each clip to be extracted by its label."""
    return tuple(Query("label", "extract", (i,), text=label_text(clip)) for i, clip in enumerate(clips))


def scene(recipe: RobustnessRecipe, row: DrawnRow, clips: Sequence[Clip], queries: Sequence[Query]) -> Mixture:
    """The clips from their starts, the first of them the target, at the row's ratio; gains are open."""
    sources = tuple(
        Source(
            corpus=clip.corpus,
            clip=clip.id,
            start=0,
            samples=recipe.samples,
            labels=clip.labels,
            group=clip.group,
            role="noise" if index else "target",
        )
        for index, clip in enumerate(clips)
    )
    return Mixture(
        id=UNWRITTEN,
        sources=sources,
        queries=tuple(queries),
        sample_rate=recipe.sample_rate,
        samples=recipe.samples,
        snr_mode="power",
        clip_rule="peak_0.9_if_gt_1",
        resampler=RESAMPLER,
        snr_db=row.snr_db,
    )


def finished(recipe: RobustnessRecipe, pool: Pool, mixtures: Sequence[Mixture]) -> list[Mixture] | str:
    """The mixtures under their ids, gains frozen if the recipe says so; if one is refused all are, and why."""
    if recipe.gains == "solved":
        return [with_id(mixture) for mixture in mixtures]
    refused: Counter[str] = Counter()
    made = []
    for mixture in mixtures:
        whole = frozen(mixture, pool.corpora, refused)
        if whole is None:
            return next(iter(refused))
        made.append(whole)
    return made
