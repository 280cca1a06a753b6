"""CodecSep's text tower, where no trained CLAP is at hand: texts and sounds that belong together find each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor, nn

from recipes.codecsep.learner import Learner
from recipes.codecsep.losses import contrastive_loss
from recipes.codecsep.settings import TextLearning
from recipes.codecsep.sound_tower import sound_features
from recipes.training.schedule import Schedule
from sepbench.networks.codecsep import PROMPT_TOKENS


@dataclass(frozen=True)
class TextStage:
    """One clip of each of `batch` labels, and one text of each: the tower learns which belong together."""

    learner: Learner
    settings: TextLearning

    name = "text"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """The tower, and one for sounds that nothing else uses."""
        return (self.learner.text, self.learner.sounds)

    @cached_property
    def by_label(self) -> dict[str, list[int]]:
        """Indexes of clips."""
        found: dict[str, list[int]] = {}
        for number, one in enumerate(self.learner.side):
            found.setdefault(one.texts()[0], []).append(number)
        return found

    @cached_property
    def features(self) -> Tensor:
        """``(clips, features)``."""
        return sound_features([one.recording for one in self.learner.side]).to(self.learner.device)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Symmetric cross-entropy of which text belongs to which sound."""
        labels = sorted(self.by_label)
        chosen = rng.permutation(len(labels))[: self.schedule.batch]
        clips = [
            self.by_label[labels[number]][int(rng.integers(len(self.by_label[labels[number]])))] for number in chosen
        ]
        texts = [str(rng.choice(self.learner.side[clip].texts())).lower() for clip in clips]
        encoded = self.learner.tokenizer(
            texts, padding="longest", truncation=True, max_length=PROMPT_TOKENS, return_tensors="pt"
        )
        tokens, mask = (encoded[name].to(self.learner.device) for name in ("input_ids", "attention_mask"))
        sounds = self.learner.sounds(self.features[clips])
        return contrastive_loss(self.learner.text(tokens, mask), sounds, temperature=self.settings.temperature)
