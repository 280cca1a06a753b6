"""Clips and recordings that a suite shares with what a model was trained on.

Ids tell most of it: a clip of a training split, or another clip of a recording (a Freesound upload, a video) that a
training split holds, in whatever corpus. Where both audio files are here, equal samples tell the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sepbench.audio import samples_sha256
from sepbench.corpora.corpus import Corpus, open_corpus
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.separators.spec import Model
from sepbench.separators.training import TrainingData, training_data
from sepbench.suite import Item, LoadedSuite

By = Literal["clip", "recording", "samples"]
Name = tuple[str, str]


@dataclass(frozen=True)
class Leak:
    """A clip of the suite that the model may have heard.

    Attributes:
        suite: (corpus, clip) in the suite.
        training: (corpus, clip) it was learnt from.
        by: the same clip, another of the same recording, or equal samples under another name.
    """

    suite: Name
    training: Name
    by: By


@dataclass(frozen=True)
class LeakReport:
    """What one model shares with a suite.

    Attributes:
        checked: training corpora whose index is here.
        unchecked: training corpora that are not here, with what to do.
        leaks: one per clip of the suite, the strongest evidence first: clip, recording, samples.
        items: how many items of the suite hold a leaked clip, of `of_items`.
    """

    model: str
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    leaks: tuple[Leak, ...]
    items: int
    of_items: int


def find_leaks(suite: LoadedSuite, model: Model, *, listen: bool = False) -> LeakReport:
    """Compare a suite's clips with the training splits that a model names.

    Args:
        listen: also compare samples of every clip that is here on both sides; reads all that audio.
    """
    items = suite.items()
    ours = _clips_of(items)
    leaks: dict[Name, Leak] = {}
    checked, unchecked = [], []
    for data in training_data(model):
        try:
            corpus = open_corpus(data.corpus)
            theirs = [clip for clip in corpus.clips() if data.covers(clip.split)]
        except MissingData as error:
            unchecked.append(f"{error} ({error.remedy})")
            continue
        checked.append(f"{data.corpus}:{data.split}")
        for leak in (*_by_id(ours, theirs), *(_by_samples(ours, data, corpus, theirs) if listen else ())):
            leaks.setdefault(leak.suite, leak)
    touched = [item for item in items if any((s.corpus, s.clip) in leaks for s in item.mixture.sources)]
    found = tuple(leaks[name] for name in sorted(leaks))
    return LeakReport(model.name, tuple(checked), tuple(unchecked), found, len(touched), len(items))


def _clips_of(items: Iterable[Item]) -> dict[Name, str]:
    """(corpus, clip) -> recording, of every source."""
    return {(s.corpus, s.clip): s.group for item in items for s in item.mixture.sources}


def _by_id(ours: Mapping[Name, str], theirs: list[Clip]) -> Iterable[Leak]:
    same = {(clip.corpus, clip.id) for clip in theirs}
    recordings: dict[str, Clip] = {}
    for clip in theirs:
        recordings.setdefault(clip.group, clip)
    for name, group in sorted(ours.items()):
        if name in same:
            yield Leak(name, name, "clip")
        elif group in recordings:
            yield Leak(name, (recordings[group].corpus, recordings[group].id), "recording")


def _by_samples(ours: Mapping[Name, str], data: TrainingData, corpus: Corpus, theirs: list[Clip]) -> Iterable[Leak]:
    """Equal samples under other names. A copy that was resampled or encoded anew has other samples."""
    learnt = {_heard(corpus, clip.id): clip.id for clip in theirs if corpus.has(clip.id)}
    for name in sorted(ours):
        try:
            held = open_corpus(name[0])
        except MissingData:
            continue
        if held.has(name[1]) and (clip := learnt.get(_heard(held, name[1]))):
            yield Leak(name, (data.corpus, clip), "samples")


def _heard(corpus: Corpus, clip: str) -> str:
    recording = corpus.read(clip)
    return samples_sha256(recording.audio, recording.sample_rate)
