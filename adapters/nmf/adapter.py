"""Supervised NMF: dictionaries by scikit-learn, activations of all classes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.class_dictionaries import (
    BandAnalysis,
    Decomposition,
    Dictionary,
    Spectra,
    learn_classes,
    separate_by_dictionary,
)
from sepbench.separators.separator import Estimate, Request

FRAMES_PER_CLASS = 400
ROUNDS = 40
TINY = 1e-9


class Adapter:
    """Learns a dictionary per class when loaded; separates by masks."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Factorise the training clips' spectra, class by class."""
        training = config["training"]
        self._analysis = BandAnalysis(training["sample_rate"], config["bands"])
        self._how = Decomposition(config["iterations"], config["background_penalty"], config["background_weight"])
        learnt = learn_classes(training, self._analysis, clips_per_label=config["clips_per_label"])
        self._matcher = learnt.matcher
        parts = {label: components(frames, config["components"]) for label, frames in learnt.frames.items()}
        self._dictionaries = {
            label: (own, np.concatenate([other for name, other in parts.items() if name != label]))
            for label, own in parts.items()
            if len(parts) > 1
        }

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One masked mixture per request; unknown words give the mixture back."""
        return [
            separate_by_dictionary(request, self._analysis, self._matcher, self._dictionaries, self._how)
            for request in requests
        ]


def components(frames: Spectra, count: int) -> Dictionary:
    """`count` non-negative parts whose sums make the frames, by multiplicative updates for the KL divergence."""
    from sklearn.decomposition import non_negative_factorization

    thinned = frames[:: max(1, len(frames) // FRAMES_PER_CLASS)]
    if len(thinned) <= count:
        return thinned
    rng = np.random.Generator(np.random.PCG64(0))
    start = rng.random((count, frames.shape[1])) + TINY
    weights = np.full((len(thinned), count), 1 / count)
    _, parts, _ = non_negative_factorization(
        thinned,
        W=weights,
        H=start / start.sum(axis=1, keepdims=True),
        n_components=count,
        init="custom",
        solver="mu",
        beta_loss="kullback-leibler",
        max_iter=ROUNDS,
        tol=0,
    )
    parts = parts + TINY
    return np.asarray(parts / parts.sum(axis=1, keepdims=True))
