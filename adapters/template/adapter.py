"""Templates: k-means spectra per class against k-means spectra of all other classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.cluster.vq import kmeans2

from sepbench.separators.class_dictionaries import Dictionary, DictionaryBaseline, Spectra
from sepbench.separators.separator import Estimate, Request

FRAMES_PER_CLASS = 1500
ROUNDS = 15


class Adapter:
    """Learns templates when loaded; separates by masks."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Cluster the training clips' spectra, class by class, and then all other classes' templates once more."""
        self._baseline = DictionaryBaseline.learn(
            config,
            own=lambda frames: typical(frames, config["templates"]),
            background=lambda atoms: typical(atoms, config["background_templates"]),
        )

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One masked mixture per request; unknown words give the mixture back."""
        return self._baseline.separate(requests)


def typical(frames: Spectra, count: int) -> Dictionary:
    """At most `count` spectra that stand for all frames: k-means on square roots, so that loud bands do not rule."""
    thinned = np.sqrt(frames[:: max(1, len(frames) // FRAMES_PER_CLASS)])
    if len(thinned) <= count:
        return frames
    centres, owner = kmeans2(thinned, count, iter=ROUNDS, minit="++", rng=np.random.default_rng(0), missing="warn")
    spectra = centres[np.unique(owner)] ** 2
    return np.asarray(spectra / spectra.sum(axis=1, keepdims=True))
