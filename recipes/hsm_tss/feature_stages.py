"""HSM-TSS's features: the masked autoencoder, and Q-Audio with its three tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from recipes.hsm_tss.learner import Learner
from recipes.hsm_tss.settings import Learning
from recipes.training.schedule import Schedule
from sepbench.networks.hsm_tss import Words


@dataclass(frozen=True)
class AudioMaeStage:
    """Patches of clips and of mixtures, most of them hidden and guessed."""

    learner: Learner
    settings: Learning

    name = "audiomae"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """Encoder and decoder."""
        return (self.learner.network.audiomae, self.learner.decoder)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Mean square over hidden patches of standardised decibels."""
        asked = self.learner.ask(self.schedule.batch, rng)
        encoder = self.learner.network.audiomae
        spectrogram = encoder.spectrogram(torch.cat([asked.mixtures, asked.targets]))
        chance = torch.tensor(rng.random((len(spectrogram), encoder.size.patches)), device=spectrogram.device)
        return self.learner.decoder(encoder, spectrogram, chance).error()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class QAudioStage:
    """Clips and their texts: pairs find each other, are told from mismatches, and texts are told from audio."""

    learner: Learner
    settings: Learning
    text_moves: bool

    name = "qaudio"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """Q-Audio, its heads, and the text encoder where none is given."""
        parts: list[nn.Module] = [self.learner.network.qaudio, self.learner.heads]
        return [*parts, self.learner.network.text] if self.text_moves else parts

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The three cross-entropies, weighted alike as in the paper."""
        heard, texts = self.learner.sounds(self.schedule.batch, rng)
        network, heads = self.learner.network, self.learner.heads
        with torch.no_grad():
            patches = network.features(heard)
        words = self.learner.words(texts)
        read = network.text(words.tokens, words.mask)
        scores = heads.similarities(network.qaudio, patches, read)
        pairs = torch.arange(len(texts), device=scores.device)
        contrast = (_entropy(scores, pairs) + _entropy(scores.t(), pairs)) / 2
        both = torch.cat([patches, patches.roll(1, 0)])  # every text with its sound, and with the next one's
        twice = type(read)(read.states.repeat(2, 1, 1), read.mask.repeat(2, 1))
        matching = _entropy(
            heads.matching(network.qaudio, both, twice), (torch.arange(2 * len(texts)) < len(texts)).long()
        )
        return contrast + matching + self._generation(patches, words)

    def _generation(self, patches: Tensor, words: Words) -> Tensor:
        network = self.learner.network
        logits = self.learner.heads.generation(network.qaudio, patches, words.tokens, network.text.model.shared.weight)
        return _entropy(logits[words.mask], words.tokens[words.mask])


def _entropy(logits: Tensor, true: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, true.to(logits.device))
