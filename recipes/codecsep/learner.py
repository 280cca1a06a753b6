"""What all stages of CodecSep share: the clips, how they are mixed, and the networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from recipes.codecsep.batches import Batch, batch_of
from recipes.codecsep.sound_tower import SoundTower
from recipes.training.clips import TrainingClip
from recipes.training.mixtures import Drawing, draw_mixtures
from sepbench.networks.clap_text import ClapText, Tokenizer
from sepbench.networks.codecsep import CodecSep, embed_prompts


@dataclass(frozen=True)
class Learner:
    """Clips and networks; the text tower is frozen wherever conditions are asked for."""

    side: tuple[TrainingClip, ...]
    drawing: Drawing
    separator: CodecSep
    text: ClapText
    sounds: SoundTower
    tokenizer: Tokenizer
    device: str

    def batch(self, count: int, rng: np.random.Generator, *, absent_share: float = 0.0) -> Batch:
        """So many mixtures, drawn."""
        drawn = draw_mixtures(self.side, self.drawing, count, rng)
        return batch_of(drawn, self.side, self.drawing.label_share, rng, absent_share=absent_share).to(self.device)

    def conditions(self, texts: Sequence[str]) -> Tensor:
        """Embeddings ``(texts, 512)`` of unit length, each text embedded once."""
        for text in texts:
            if text not in self._embedded:  # one by one, as the adapter does: beside a longer text it is padded
                vector = embed_prompts(self.text, [text], self.tokenizer)[0]
                with torch.no_grad():
                    self._embedded[text] = vector.clone()
        return torch.stack([self._embedded[text] for text in texts])

    @cached_property
    def _embedded(self) -> dict[str, Tensor]:
        return {}
