"""Supervised NMF: dictionaries by scikit-learn, activations of all classes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sepbench.separators.class_dictionaries import Dictionary, DictionaryBaseline, Spectra
from sepbench.separators.separator import Estimate, Request

FRAMES_PER_CLASS = 400
ROUNDS = 40
TINY = 1e-9


class Adapter:
    """Learns a dictionary per class when loaded; separates by masks."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Factorise the training clips' spectra, class by class."""
        self._baseline = DictionaryBaseline.learn(
            config, own=lambda frames: components(frames, config["components"]), background=lambda atoms: atoms
        )

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One masked mixture per request; unknown words give the mixture back."""
        return self._baseline.separate(requests)


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
