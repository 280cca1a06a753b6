"""What a model says it was trained on: ``trained_on`` of its adapter file, read as corpora and splits."""

from __future__ import annotations

from dataclasses import dataclass

from sepbench.separators.spec import Model

EVERY_SPLIT = "all"


@dataclass(frozen=True)
class TrainingData:
    """One corpus a model learnt from; `split` is ``train`` unless the adapter says otherwise, or ``all``."""

    corpus: str
    split: str

    def covers(self, split: str) -> bool:
        """Whether clips of that split were learnt from.

        >>> TrainingData("clotho", "train").covers("test"), TrainingData("esc50", "all").covers("test")
        (False, True)
        """
        return self.split in (EVERY_SPLIT, split)


def training_data(model: Model) -> tuple[TrainingData, ...]:
    """The corpora of ``trained_on``, each ``corpus`` or ``corpus:split``."""
    named = (entry.partition(":") for entry in model.file.trained_on)
    return tuple(TrainingData(corpus, split or "train") for corpus, _, split in named)


def trained_corpora(model: Model) -> frozenset[str]:
    """Names of the corpora, whatever their split: a test clip of one of these is in the model's domain."""
    return frozenset(data.corpus for data in training_data(model))
