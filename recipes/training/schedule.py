"""How long and how fast a stage learns."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """AdamW's settings, and a learning rate that rises in a line and falls by half a cosine.

    Attributes:
        steps: updates of the weights.
        batch: mixtures, or clips, of a step.
        learning_rate: the highest; risen to over `warmup` steps, then let down to `final_rate` times it.
        clip_norm: longest gradient of all weights together.
    """

    steps: int
    batch: int
    learning_rate: float
    warmup: int = 0
    final_rate: float = 0.02
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip_norm: float = 5.0

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0.

        >>> schedule = Schedule(steps=100, batch=1, learning_rate=1.0, warmup=10, final_rate=0.0)
        >>> [round(schedule.rate(step), 3) for step in (0, 9, 10, 55)]
        [0.1, 1.0, 1.0, 0.5]
        """
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        share = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (self.final_rate + (1 - self.final_rate) * (1 + math.cos(math.pi * share)) / 2)
