"""Templates: k-means spectra per class against k-means spectra of all other classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.cluster.vq import kmeans2

from sepbench.separators.class_dictionaries import (
    BandAnalysis,
    Decomposition,
    Dictionary,
    Spectra,
    learn_classes,
    separate_by_dictionary,
)
from sepbench.separators.separator import Estimate, Request

FRAMES_PER_CLASS = 1500
ROUNDS = 15


class Adapter:
    """Learns templates when loaded; separates by masks."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Cluster the training clips' spectra, class by class."""
        training = config["training"]
        self._analysis = BandAnalysis(training["sample_rate"], config["bands"])
        self._how = Decomposition(config["iterations"], config["background_penalty"], config["background_weight"])
        learnt = learn_classes(training, self._analysis, clips_per_label=config["clips_per_label"])
        self._matcher = learnt.matcher
        templates = {label: typical(frames, config["templates"]) for label, frames in learnt.frames.items()}
        self._dictionaries = {
            label: (own, typical(others(templates, label), config["background_templates"]))
            for label, own in templates.items()
            if len(templates) > 1
        }

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One masked mixture per request; unknown words give the mixture back."""
        return [
            separate_by_dictionary(request, self._analysis, self._matcher, self._dictionaries, self._how)
            for request in requests
        ]


def others(templates: Mapping[str, Dictionary], label: str) -> Dictionary:
    """The templates of every other class."""
    return np.concatenate([own for name, own in templates.items() if name != label])


def typical(frames: Spectra, count: int) -> Dictionary:
    """At most `count` spectra that stand for all frames: k-means on square roots, so that loud bands do not rule."""
    thinned = np.sqrt(frames[:: max(1, len(frames) // FRAMES_PER_CLASS)])
    if len(thinned) <= count:
        return frames
    centres, owner = kmeans2(thinned, count, iter=ROUNDS, minit="++", rng=np.random.default_rng(0), missing="warn")
    spectra = centres[np.unique(owner)] ** 2
    return np.asarray(spectra / spectra.sum(axis=1, keepdims=True))
