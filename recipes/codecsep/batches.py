"""Drawn mixtures as tensors, each with its queries and what a perfect separator answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from recipes.training.clips import TrainingClip
from recipes.training.mixtures import Drawn, draw_absent_text


@dataclass(frozen=True)
class Batch:
    """Mixtures of equally many sources.

    Attributes:
        mixtures: ``(batch, time)``.
        references: ``(batch, queries, time)``: the sources, then silence for a sound that is not there.
        texts: of every query, mixture by mixture.
        sources: of one mixture.
    """

    mixtures: Tensor
    references: Tensor
    texts: tuple[str, ...]
    sources: int

    @property
    def queries(self) -> int:
        """Of one mixture."""
        return self.references.shape[1]

    def to(self, device: str) -> Batch:
        """The same on a device."""
        return replace(self, mixtures=self.mixtures.to(device), references=self.references.to(device))


def batch_of(
    drawn: Sequence[Drawn],
    side: Sequence[TrainingClip],
    label_share: float,
    rng: np.random.Generator,
    *,
    absent_share: float,
) -> Batch:
    """Tensors of the mixtures; with a chance of `absent_share` all are also asked for what is not there."""
    stems = np.stack([np.stack(one.rendered.stems) for one in drawn])
    texts = [list(one.texts) for one in drawn]
    if rng.random() < absent_share:
        stems = np.concatenate([stems, np.zeros_like(stems[:, :1])], axis=1)
        for asked, one in zip(texts, drawn, strict=True):
            asked.append(draw_absent_text(side, one.clips, label_share, rng))
    return Batch(
        mixtures=torch.from_numpy(np.stack([one.rendered.mixture for one in drawn])),
        references=torch.from_numpy(stems),
        texts=tuple(text for asked in texts for text in asked),
        sources=len(drawn[0].clips),
    )
