"""CodecSep's stages on waveforms: the codec, and the masker between the codec's halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from recipes.codecsep.learner import Learner
from recipes.codecsep.settings import CodecLearning, MaskerLearning
from recipes.training.losses import wave_loss
from recipes.training.schedule import Schedule


@dataclass(frozen=True)
class CodecStage:
    """Mixtures and their sources through encoder and decoder."""

    learner: Learner
    settings: CodecLearning

    name = "codec"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """Both halves of the codec."""
        return (self.learner.separator.encoder, self.learner.separator.decoder)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """How far what is decoded is from what was encoded: of every mixture and its target."""
        batch = self.learner.batch(self.schedule.batch, rng)
        sounds = torch.cat([batch.mixtures, batch.references[:, 0]])
        network = self.learner.separator
        decoded = network.decoder(network.encoder(sounds[:, None]))[:, 0, : sounds.shape[-1]]
        return wave_loss(decoded, sounds, sounds, self.settings.weights)


@dataclass(frozen=True)
class MaskerStage:
    """Every mixture asked for each of its sources, and now and then for what is not there."""

    learner: Learner
    settings: MaskerLearning

    name = "masker"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """Masker and shifts, and the codec where the settings say so."""
        network = self.learner.separator
        parts = {"masker": (network.separator, network.film), "codec": (network.encoder, network.decoder)}
        return [module for part in self.settings.moves for module in parts[part]]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Of every estimate, and of the mixture where `mix_weight` says so."""
        batch = self.learner.batch(self.schedule.batch, rng, absent_share=self.settings.absent_share)
        network, time = self.learner.separator, batch.mixtures.shape[-1]
        latent = network.encoder(batch.mixtures[:, None])
        repeated = latent.repeat_interleave(batch.queries, dim=0)
        masked = repeated * network.mask(repeated, self.learner.conditions(batch.texts))
        estimates = network.decoder(masked)[:, 0, :time]
        asked = batch.mixtures.repeat_interleave(batch.queries, dim=0)
        loss = wave_loss(estimates, batch.references.flatten(0, 1), asked, self.settings.weights)
        if self.settings.mix_weight:
            per_mixture = masked.unflatten(0, (-1, batch.queries))[:, : batch.sources]
            whole = network.decoder(per_mixture.sum(1))[:, 0, :time]
            loss = loss + self.settings.mix_weight * wave_loss(
                whole, batch.mixtures, batch.mixtures, self.settings.weights
            )
        return loss
