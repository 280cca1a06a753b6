"""What a suite leaves for learning: labelled clips of its corpora's training splits, brought to one rate and held."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sepbench.audio import Recording, resample
from sepbench.corpora.corpus import training_clips
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.suite import find_suite, load_suite


@dataclass(frozen=True)
class TrainingClip:
    """A clip and its audio at the recipe's rate."""

    clip: Clip
    recording: Recording

    def texts(self) -> tuple[str, ...]:
        """Everything that may be asked for it: its labels as one query, then its captions."""
        return (", ".join(self.clip.labels), *self.clip.captions)


def training_side(suite: str, *, sample_rate: int, per_label: int) -> tuple[TrainingClip, ...]:
    """Clips of the split ``train`` whose recordings are in no mixture of the suite, in order of corpus and id.

    Args:
        suite: its name, or a path to its ``.toml``.
        sample_rate: to which all are brought, in Hz.
        per_label: at most so many of a label, the first by id.

    Raises:
        MissingData: no such suite, a corpus that is not here, or nothing to learn from.
    """
    sources = [source for item in load_suite(find_suite(suite)).items() for source in item.mixture.sources]
    corpora, groups = {source.corpus for source in sources}, {source.group for source in sources}
    found = tuple(
        TrainingClip(clip, _at_rate(recording, sample_rate))
        for clip, recording in training_clips(corpora, excluded_groups=groups, per_label=per_label)
    )
    if not found:
        raise MissingData(
            f"nothing to learn from beside the suite {suite}",
            given=f"corpora {', '.join(sorted(corpora))}",
            wanted="labelled clips of the split train, of other recordings than the suite's",
            remedy="choose a suite whose corpora have a training split",
        )
    return found


def _at_rate(recording: Recording, sample_rate: int) -> Recording:
    audio = resample(recording.audio, recording.sample_rate, sample_rate)
    return replace(recording, audio=audio, sample_rate=sample_rate)
