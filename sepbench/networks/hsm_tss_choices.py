"""How a word of a codec's book is chosen out of its logits: the likeliest one, the one of least risk, or by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sepbench.networks.dac_quantiser import CODE_WORDS

Choose = Callable[[Tensor], Tensor]
"""From logits ``(batch, books, steps, words)`` to words ``(batch, books, steps)``."""


def likeliest(logits: Tensor) -> Tensor:
    """The word of the largest logit, the first of equal ones.

    >>> likeliest(torch.tensor([[0.0, 2.0, 1.0]]))
    tensor([1])
    """
    return logits.argmax(dim=-1)


@dataclass(frozen=True)
class LeastRisk:
    """The word with the least expected squared distance to the true one: the nearest to the mean of all by likelihood.

    Where loud and silent are both likely, the likeliest word is one of them and often wrong by all their distance
    (minimum Bayes risk, as in Kumar and Byrne, aclanthology N04-1022).

    Attributes:
        tables: ``(books, words, width)``: what the words stand for.
    """

    tables: Tensor

    def __call__(self, logits: Tensor) -> Tensor:
        """``(batch, books, steps, words)`` -> ``(batch, books, steps)``.

        >>> halves = LeastRisk(torch.tensor([[[0.0], [1.0], [3.0]]]))
        >>> halves(torch.tensor([[[[0.0, -9.0, 0.0]]]]))  # 0 and 3 are as likely: 1 is the nearest to 1.5
        tensor([[[1]]])
        """
        means = torch.matmul(torch.softmax(logits, dim=-1), self.tables)
        return torch.cdist(means, self.tables.expand(len(logits), -1, -1, -1)).argmin(dim=-1)


@dataclass(frozen=True)
class Drawn:
    """Words drawn at random, one uniform number each, which is drawn on the CPU: the same ones on every device.

    Attributes:
        chance: a seeded generator of the CPU.
        temperature: above 0; the nearer to it, the likelier the likeliest words.
        most: so many of the likeliest words may be drawn.
    """

    chance: torch.Generator
    temperature: float = 1.0
    most: int = CODE_WORDS

    def __call__(self, logits: Tensor) -> Tensor:
        """``(..., words)`` -> ``(...)``."""
        kept = torch.topk(logits.double(), min(self.most, logits.shape[-1]), dim=-1)
        shares = torch.softmax(kept.values / self.temperature, dim=-1).cumsum(dim=-1)
        uniform = torch.rand(logits.shape[:-1], generator=self.chance, dtype=torch.float64).to(logits.device)
        chosen = (shares < uniform[..., None]).sum(dim=-1, keepdim=True).clamp_max(shares.shape[-1] - 1)
        return kept.indices.gather(-1, chosen)[..., 0]
