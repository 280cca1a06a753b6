"""Mixtures to learn from, drawn anew at every step by the rules of the benchmark's own lists.

Other recordings and no class in common (`sepbench.protocols.draw.compatible`), several noises at one level, a ratio in
dB for the target, the clip rule (`sepbench.mixing`). A step's mixtures depend on the seed, the stage and the step
alone: what was stopped goes on with the mixtures it would have heard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recipes.training.clips import TrainingClip
from sepbench.audio import RESAMPLER
from sepbench.errors import SepbenchError
from sepbench.manifest import Mixture, Role, Source
from sepbench.mixing import Rendered, UnrenderableMixture, render
from sepbench.protocols.draw import compatible

MOST_DRAWS = 1000


@dataclass(frozen=True)
class Drawing:
    """How mixtures are drawn.

    Attributes:
        seconds: of one; longer clips are cut at a place drawn.
        source_counts: one of these for all mixtures of a step.
        snr_db: range of the target's ratio to all others.
        label_share: how often a query is the labels rather than one of the captions.
    """

    seconds: float
    source_counts: tuple[int, ...]
    snr_db: tuple[float, float]
    label_share: float


@dataclass(frozen=True)
class Drawn:
    """One mixture: its audio, the clips in it, and what is asked for each."""

    rendered: Rendered
    clips: tuple[TrainingClip, ...]
    texts: tuple[str, ...]


def generator(*parts: object) -> np.random.Generator:
    """The generator of a step, seeded by the SHA-256 of what names it.

    >>> bool(generator(0, "codec", 5).random() == generator(0, "codec", 5).random())
    True
    """
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def draw_mixtures(
    side: Sequence[TrainingClip], drawing: Drawing, count: int, rng: np.random.Generator
) -> tuple[Drawn, ...]:
    """As many mixtures, all of the same number of sources.

    Raises:
        SepbenchError: the clips cannot be mixed: all share a class or a recording, or are silent.
    """
    sources = int(rng.choice(drawing.source_counts))
    return tuple(_drawn(side, drawing, sources, rng) for _ in range(count))


def draw_text(clip: TrainingClip, label_share: float, rng: np.random.Generator) -> str:
    """The clip's labels, or one of its captions."""
    label, *captions = clip.texts()
    if not captions or rng.random() < label_share:
        return label
    return captions[int(rng.integers(len(captions)))]


def draw_absent_text(
    side: Sequence[TrainingClip], heard: Sequence[TrainingClip], label_share: float, rng: np.random.Generator
) -> str:
    """A query for a sound that shares no class with any that is heard.

    Raises:
        SepbenchError: every clip does.
    """
    classes = frozenset().union(*(one.clip.all_classes() for one in heard))
    for _ in range(MOST_DRAWS):
        other = side[int(rng.integers(len(side)))]
        if not classes & other.clip.all_classes():
            return draw_text(other, label_share, rng)
    raise too_alike()


def draw_meeting(side: Sequence[TrainingClip], count: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Indexes of so many clips that may share a mixture.

    Raises:
        SepbenchError: there are none.
    """
    chosen: list[int] = []
    for _ in range(MOST_DRAWS):
        other = int(rng.integers(len(side)))
        if all(compatible(side[other].clip, side[one].clip) for one in chosen):
            chosen.append(other)
        if len(chosen) == count:
            return tuple(chosen)
    raise too_alike()


def too_alike() -> SepbenchError:
    """No mixture was found in many draws."""
    return SepbenchError(
        "no mixtures can be drawn from these clips",
        given=f"{MOST_DRAWS} draws",
        wanted="clips that sound and that share neither class nor recording",
        remedy="choose a suite with more classes, or raise per_label",
    )


def _drawn(side: Sequence[TrainingClip], drawing: Drawing, count: int, rng: np.random.Generator) -> Drawn:
    for _ in range(MOST_DRAWS):
        clips = tuple(side[number] for number in draw_meeting(side, count, rng))
        texts = tuple(draw_text(clip, drawing.label_share, rng) for clip in clips)
        row = _row(clips, drawing, rng)
        try:
            return Drawn(render(row, [one.recording for one in clips]), clips, texts)
        except UnrenderableMixture:  # a silent window or too much gain: others are tried, as for a list
            continue
    raise too_alike()


def _row(clips: Sequence[TrainingClip], drawing: Drawing, rng: np.random.Generator) -> Mixture:
    rate = clips[0].recording.sample_rate
    samples = round(drawing.seconds * rate)
    return Mixture(
        id="training",
        sources=tuple(_source(one, samples, "noise" if number else "target", rng) for number, one in enumerate(clips)),
        queries=(),
        sample_rate=rate,
        samples=samples,
        snr_mode="power" if len(clips) > 1 else "none",
        clip_rule="peak_0.9_if_gt_1",
        resampler=RESAMPLER,
        snr_db=float(rng.uniform(*drawing.snr_db)) if len(clips) > 1 else None,
    )


def _source(one: TrainingClip, samples: int, role: Role, rng: np.random.Generator) -> Source:
    there = len(one.recording.audio)
    return Source(
        corpus=one.clip.corpus,
        clip=one.clip.id,
        start=int(rng.integers(max(1, there - samples + 1))),
        samples=min(samples, there),
        labels=one.clip.labels,
        group=one.clip.group,
        role=role,
    )
