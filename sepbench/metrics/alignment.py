"""The one place that repairs: bring an estimate to the rate and length of its reference, under a stated policy.

Rates are converted by soxr HQ. A difference in length within the tolerance is trimmed to the shorter, and said so; a
larger one is an error, since cutting it would hide a bug of the separator. Levels and offsets are never touched,
nothing is padded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepbench.audio import resample
from sepbench.metrics.metric import Signal, Undefined

TOLERANCE_SECONDS = 0.02
"""One hop of the common neural codecs (320 samples at 16 kHz): what a framewise model may lose at the end."""


@dataclass(frozen=True)
class Aligned:
    """An estimate of at most the wanted length, float64, and what was done to it."""

    audio: Signal
    notes: tuple[str, ...]


def align(*, estimate: np.ndarray, sample_rate: int, length: int, target_rate: int, tolerance: int) -> Aligned:
    """Resample and trim an estimate.

    Args:
        estimate: ``(time,)`` at `sample_rate` Hz.
        length: samples of the reference at `target_rate`.
        tolerance: largest difference in samples that is trimmed.

    Returns:
        The estimate, never longer than `length`; where it is shorter, the reference is to be cut likewise.

    Raises:
        Undefined: ``length_mismatch`` beyond the tolerance.

    >>> align(estimate=np.zeros(16001), sample_rate=16000, length=32000, target_rate=32000, tolerance=640).notes
    ('resampled 16000->32000', 'trimmed 2 samples')
    """
    notes: list[str] = []
    audio: Signal = resample(estimate.astype(np.float64), sample_rate, target_rate)
    if sample_rate != target_rate:
        notes.append(f"resampled {sample_rate}->{target_rate}")
    difference = abs(len(audio) - length)
    if difference > tolerance:
        raise Undefined("length_mismatch", f"estimate has {len(audio)} samples at {target_rate} Hz, reference {length}")
    if difference:
        notes.append(f"trimmed {difference} sample{'s' if difference > 1 else ''}")
    return Aligned(audio[:length], tuple(notes))
