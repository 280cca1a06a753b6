"""How audioldm_eval brings a clip to its networks, whatever is measured there afterwards."""

from __future__ import annotations

import numpy as np

from sepbench.metrics.metric import Signal

SHORTEST = 32000
"""Samples at any rate: two seconds at 16 kHz, one at 32."""


def as_audioldm_eval_hears(signal: Signal) -> Signal:
    """The signal without its mean, then zeros up to 32000 samples.

    Source: haoheliu/audioldm_eval@8dc07ee, its loader for classifiers and VGGish.

    >>> heard = as_audioldm_eval_hears(np.array([1.0, 3.0]))
    >>> heard[:3].tolist(), len(heard)
    ([-1.0, 1.0, 0.0], 32000)
    """
    centred = signal - signal.mean()
    return np.pad(centred, (0, max(0, SHORTEST - len(signal))))
