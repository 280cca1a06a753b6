"""The first two stages of HSM-TSS (arXiv 2505.21025): features of a mixture to those of the sound that a text wants.

Neither is autoregressive. Each is a transformer over one sequence of features, the caption's tokens and the task's.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.hsm_tss_layers import Transformer, grid_positions, token
from sepbench.networks.hsm_tss_size import HsmTssSize, StageSize


@dataclass(frozen=True)
class Condition:
    """What a query says: the caption's features ``(batch, tokens, width)``, and the task word's embeddings."""

    caption: Text
    task: Text


class ConditionedStage(nn.Module):
    """A transformer over features, caption and task word in one sequence; each part is marked by a vector of its own.

    Args:
        size: of its layers.
        heard: widths of the parts before caption and task word; the first is also that of its answer.
        caption: width of the caption's features.
        task: width of the task word's embeddings.
    """

    def __init__(self, size: StageSize, heard: Sequence[int], *, caption: int, task: int) -> None:
        super().__init__()
        widths = (*heard, caption, task)
        self.ins = nn.ModuleList(nn.Linear(width, size.width) for width in widths)
        self.marks = nn.ParameterList(token(size.width) for _ in widths)
        self.transformer = Transformer(size.transformer)
        self.out = nn.Linear(size.width, heard[0])

    def forward(self, heard: Sequence[Tensor], condition: Condition, places: Tensor | None = None) -> Tensor:
        """What becomes of the first part.

        Args:
            heard: ``(batch, places, width)`` each.
            condition: of the same batch.
            places: positions added to the first part, ``(1, places, width of the layers)``.

        Returns:
            ``(batch, places, width)`` of the first part.
        """
        parts = (*heard, condition.caption.states, condition.task.states)
        marked = [into(part) + mark for into, part, mark in zip(self.ins, parts, self.marks, strict=True)]
        if places is not None:
            marked[0] = marked[0] + places
        count = marked[0].shape[1]
        always = heard[0].new_ones(len(heard[0]), sum(part.shape[1] for part in heard), dtype=torch.bool)
        mask = torch.cat([always, condition.caption.mask, condition.task.mask], dim=1)
        answer: Tensor = self.out(self.transformer(torch.cat(marked, dim=1), mask[:, None, None])[:, :count])
        return answer


class GlobalStage(nn.Module):
    """The mixture's global feature to the wanted sound's."""

    def __init__(self, size: HsmTssSize) -> None:
        super().__init__()
        width = size.qaudio.width
        self.stage = ConditionedStage(size.global_stage, [width], caption=width, task=size.text.width)

    def forward(self, feature: Tensor, condition: Condition) -> Tensor:
        """``(batch, width)``, shape kept."""
        wanted: Tensor = self.stage([feature[:, None]], condition)[:, 0]
        return wanted


class LocalStage(nn.Module):
    """The mixture's local features to the wanted sound's, given its global one."""

    places: Tensor

    def __init__(self, size: HsmTssSize) -> None:
        super().__init__()
        heard, width = size.audiomae, size.qaudio.width
        self.stage = ConditionedStage(size.local_stage, [heard.width, width], caption=width, task=size.text.width)
        places = grid_positions(heard.columns, heard.rows, size.local_stage.width)
        self.register_buffer("places", places, persistent=False)

    def forward(self, features: Tensor, wanted: Tensor, condition: Condition) -> Tensor:
        """``(batch, patches, width)`` and ``(batch, width)`` -> ``(batch, patches, width)``."""
        local: Tensor = self.stage([features, wanted[:, None]], condition, self.places)
        return local
