"""Drawing mixtures. Every choice of a row depends on the row's own key and on nothing else in the list.

A row is keyed by its target clip. Clips are chosen by the hash of (seed, list, row, clip), numbers by a generator
seeded with the hash of (seed, list, row): a clip that is added or lost changes the rows that use it and no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sepbench.manifest import Clip, Query
from sepbench.protocols.recipe import Recipe


@dataclass(frozen=True)
class DrawnRow:
    """The choices for one row before any audio is opened: target first, then the noises, best candidates first."""

    key: str
    target: Clip
    noise_candidates: tuple[Clip, ...]
    source_count: int
    snr_db: float
    rng: np.random.Generator


def _hash(*parts: object) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()


def draw_rows(recipe: Recipe, clips: Sequence[Clip]) -> Iterator[DrawnRow]:
    """All rows the clips allow, dealt over the labels in turn; the caller takes as many as it wants."""
    pool = sorted((clip for clip in clips if clip.split == recipe.split), key=lambda clip: (clip.corpus, clip.id))
    for target in _dealt(recipe, pool):
        key = f"{target.corpus}/{target.id}"
        rng = np.random.Generator(np.random.PCG64(int.from_bytes(_hash(recipe.seed, recipe.name, key)[:16], "little")))
        count = int(rng.choice(recipe.source_counts))
        snr_db = round(float(rng.uniform(*recipe.snr_db)), 2)
        candidates = sorted(
            (clip for clip in pool if compatible(target, clip)),
            key=lambda clip, key=key: _hash(recipe.seed, recipe.name, key, clip.corpus, clip.id),  # type: ignore[misc]
        )
        yield DrawnRow(key, target, tuple(candidates), count, snr_db, rng)


def _dealt(recipe: Recipe, pool: Sequence[Clip]) -> list[Clip]:
    """Targets in an order that takes one of every label before a second of any."""
    by_label: dict[str, list[Clip]] = {}
    for clip in pool:
        by_label.setdefault(clip.labels[0], []).append(clip)
    ranked = [
        (rank, order, clip)
        for clips in by_label.values()
        for rank, (order, clip) in enumerate(
            sorted((_hash(recipe.seed, recipe.name, "target", clip.corpus, clip.id), clip) for clip in clips)
        )
    ]
    return [clip for _, _, clip in sorted(ranked, key=lambda entry: entry[:2])]


def compatible(one: Clip, other: Clip) -> bool:
    """Whether two clips may share a mixture: other recordings, and no class in common, coarser ones included.

    >>> dog = Clip("c", "1", ("dog",), "a", "test", classes=("animal",))
    >>> [compatible(dog, Clip("c", "2", labels, group, "test", classes=classes)) for labels, group, classes in (
    ...     (("rain",), "b", ()), (("rain",), "a", ()), (("cat",), "b", ("animal",)))]
    [True, False, False]
    """
    return one.group != other.group and not one.all_classes() & other.all_classes()


def draw_queries(
    recipe: Recipe, sources: Sequence[Clip], labels: Sequence[tuple[str, frozenset[str]]], rng: np.random.Generator
) -> tuple[Query, ...]:
    """The queries of one row.

    Args:
        sources: the clips, the target first.
        labels: every label of the corpora with all its classes, in a fixed order, to draw an absent one from.
        rng: the row's generator; as many numbers are drawn whatever the shares, so that one share does not move
        another.
    """
    shares = recipe.queries
    asked = rng.random(6)
    removed = int(rng.integers(len(sources)))
    target = sources[0]
    queries: list[Query] = []
    if asked[0] < shares.label:
        queries.append(Query("label", "extract", (0,), text=target.labels[0]))
    if asked[1] < shares.other_labels:
        queries += [Query("label", "extract", (i,), text=clip.labels[0]) for i, clip in enumerate(sources) if i]
    if target.captions and asked[2] < shares.caption:
        queries.append(Query("caption", "extract", (0,), text=target.captions[0]))
    if asked[3] < shares.paraphrases:
        queries += [Query("caption", "extract", (0,), text=text) for text in target.captions[1:]]
    present = frozenset().union(*(clip.all_classes() for clip in sources))
    absent = [label for label, classes in labels if not classes & present]
    chosen = rng.random()
    if absent and asked[4] < shares.absent:
        queries.append(Query("label", "extract", (), text=absent[int(chosen * len(absent))]))
    if asked[5] < shares.remove:
        queries.append(Query("label", "remove", (removed,), text=sources[removed].labels[0]))
    return tuple(queries)
