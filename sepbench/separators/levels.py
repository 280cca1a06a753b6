"""The level of an estimate whose separator lost it: generative ones answer at a level of their own."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sepbench.audio import Audio
from sepbench.errors import SepbenchError

Restore = Literal["none", "rms", "least-squares"]
RESTORES: tuple[Restore, ...] = ("none", "rms", "least-squares")


def restored(estimate: Audio, mixture: Audio, *, how: str) -> Audio:
    """An estimate at another level.

    Args:
        estimate: ``(time,)``.
        mixture: the same length.
        how: ``none`` leaves it; ``rms`` makes it as loud as the mixture; ``least-squares`` takes the gain that leaves
            the least energy in mixture minus estimate, which is negative where they disagree in sign.

    Returns:
        ``(time,)`` float32; silence stays silence.

    Raises:
        SepbenchError: another word for `how`.

    >>> restored(np.float32([1, -1]), np.float32([0.5, 0.1]), how="least-squares").tolist()
    [0.20000000298023224, -0.20000000298023224]
    """
    if how not in RESTORES:
        raise SepbenchError("unknown way to restore a level", given=how, wanted=", ".join(RESTORES))
    heard, wanted = estimate.astype(np.float64), mixture.astype(np.float64)
    energy = float(heard @ heard)
    if how == "none" or energy == 0:
        return estimate.astype(np.float32)
    gain = float(np.sqrt(wanted @ wanted / energy)) if how == "rms" else float(wanted @ heard) / energy
    return (gain * heard).astype(np.float32)
