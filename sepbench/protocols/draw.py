"""Drawing mixtures. Every choice of a row depends on the row's own key and on nothing else in the list.

A row is keyed by its target clip. Clips are chosen by the hash of (seed, list, row, clip), numbers by a generator
seeded with the hash of (seed, list, row): a clip that is added or lost changes the rows that use it and no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sepbench.corpora.corpus import about
from sepbench.corpora.texts import reference_to
from sepbench.manifest import Clip, Query
from sepbench.protocols.recipe import Exclusion, Recipe


@dataclass(frozen=True)
class DrawnRow:
    """The choices for one row before any audio is opened: target first, then the noises, best candidates first.

    `snr_db` is None where every clip keeps its own level.
    """

    key: str
    target: Clip
    noise_candidates: tuple[Clip, ...]
    source_count: int
    snr_db: float | None
    rng: np.random.Generator


def _hash(*parts: object) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()


def draw_rows(recipe: Recipe, clips: Sequence[Clip]) -> Iterator[DrawnRow]:
    """All rows the clips allow, dealt over the labels in turn; the caller takes as many as it wants.

    A clip without labels is left out, since nothing says what it may not be mixed with, unless only recordings are to
    be kept apart.
    """
    labelled = [clip for clip in clips if clip.labels or recipe.exclusion == "recording"]
    pool = sorted((clip for clip in labelled if clip.split == recipe.split), key=lambda clip: (clip.corpus, clip.id))
    may_meet = MAY_MEET[recipe.exclusion or "shared_class"]
    for take, target in ((take, target) for take in range(recipe.takes or 1) for target in _dealt(recipe, pool)):
        key = f"{target.corpus}/{target.id}" + (f"#{take}" if take else "")
        rng = np.random.Generator(np.random.PCG64(int.from_bytes(_hash(recipe.seed, recipe.name, key)[:16], "little")))
        count = int(rng.choice(recipe.source_counts))
        snr_db = None if recipe.snr_db is None else round(float(rng.uniform(*recipe.snr_db)), 2)
        candidates = sorted(
            (clip for clip in pool if may_meet(target, clip)),
            key=lambda clip, key=key: _hash(recipe.seed, recipe.name, key, clip.corpus, clip.id),  # type: ignore[misc]
        )
        yield DrawnRow(key, target, tuple(candidates), count, snr_db, rng)


def draw_start(recipe: Recipe, key: str, clip: Clip) -> int:
    """Where a clip's window begins in a row, in samples."""
    starts = recipe.starts or (0.0,)
    chosen = starts[
        int.from_bytes(_hash(recipe.seed, recipe.name, key, "start", clip.corpus, clip.id)[:8]) % len(starts)
    ]
    return round(chosen * recipe.sample_rate)


def _dealt(recipe: Recipe, pool: Sequence[Clip]) -> list[Clip]:
    """Targets in an order that takes one of every label before a second of any."""
    by_label: dict[str, list[Clip]] = {}
    for clip in pool:
        by_label.setdefault(clip.labels[0] if clip.labels else "", []).append(clip)
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
    return other_recordings(one, other) and not one.all_classes() & other.all_classes()


def neither_above(one: Clip, other: Clip) -> bool:
    """Whether two clips may meet where coarse classes are so coarse that everything shares one: other recordings, and
    no label of either that is a label of the other or a class above it.

    >>> dog = Clip("c", "1", ("Dog",), "a", "test", classes=("Animal",))
    >>> [neither_above(dog, Clip("c", "2", labels, "b", "test", classes=classes)) for labels, classes in (
    ...     (("Cat",), ("Animal",)), (("Animal",), ()), (("Dog",), ("Animal",)))]
    [True, False, False]
    """
    overlap = set(one.labels) & other.all_classes() or set(other.labels) & one.all_classes()
    return other_recordings(one, other) and not overlap


def other_recordings(one: Clip, other: Clip) -> bool:
    """Whether two clips are of different recordings."""
    return one.group != other.group


MAY_MEET: dict[Exclusion, Callable[[Clip, Clip], bool]] = {
    "shared_class": compatible,
    "ancestor": neither_above,
    "recording": other_recordings,
}


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
        queries.append(Query("label", "extract", (0,), text=label_text(target)))
    if asked[1] < shares.other_labels:
        queries += [Query("label", "extract", (i,), text=label_text(clip)) for i, clip in enumerate(sources) if i]
    if target.captions and asked[2] < shares.caption:
        queries.append(caption_query(target, 0, 0))
    if asked[2] < (shares.other_captions or 0):
        queries += [caption_query(clip, i, 0) for i, clip in enumerate(sources) if i and clip.captions]
    if asked[3] < shares.paraphrases:
        queries += [caption_query(target, 0, number) for number in range(1, len(target.captions))]
    present = frozenset().union(*(clip.all_classes() for clip in sources))
    absent = [label for label, classes in labels if not classes & present]
    chosen = rng.random()
    if absent and asked[4] < shares.absent:
        queries.append(Query("label", "extract", (), text=absent[int(chosen * len(absent))]))
    if asked[5] < shares.remove:
        queries.append(Query("label", "remove", (removed,), text=label_text(sources[removed])))
    return tuple(queries)


def label_text(clip: Clip) -> str:
    """All a clip's labels as one query: it is to have everything that is heard in it."""
    return ", ".join(clip.labels)


def caption_query(clip: Clip, source: int, number: int) -> Query:
    """A query in the words of a clip's caption, or pointing to it where the corpus's captions may not be passed on."""
    if about(clip.corpus).captions == "free":
        return Query("caption", "extract", (source,), text=clip.captions[number])
    reference, digest = reference_to(clip, number)
    return Query("caption", "extract", (source,), text_from=reference, text_sha256=digest)
