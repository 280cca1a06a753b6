"""CodecSep's stages on waveforms: the codec, and the masker between the codec's halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from recipes.codecsep.learner import Learner
from recipes.codecsep.losses import loss_over_mixture, power_share, wave_loss
from recipes.codecsep.settings import CodecLearning, Part, WaveMasking
from recipes.training.schedule import Schedule
from sepbench.networks.codecsep import CodecSep


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
        """The halves that the settings name."""
        return moving(self.learner.separator, self.settings.moves)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The error's share of the power of what was encoded: of every mixture and its target."""
        batch = self.learner.batch(self.schedule.batch, rng)
        sounds = torch.cat([batch.mixtures, batch.references[:, 0]])
        network = self.learner.separator
        decoded = network.decoder(network.encoder(sounds[:, None]))[:, 0, : sounds.shape[-1]]
        return power_share(wave_loss(decoded, sounds, sounds, self.settings.weights))


@dataclass(frozen=True)
class WaveMaskerStage:
    """Every mixture asked for each of its sources, and now and then for what is not there."""

    learner: Learner
    settings: WaveMasking

    name = "masker"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """The parts that the settings name."""
        return moving(self.learner.separator, self.settings.moves)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The share of the mixture's error that estimates have, and of their sum where `mix_weight` says so."""
        batch = self.learner.batch(self.schedule.batch, rng, absent_share=self.settings.absent_share)
        network, time = self.learner.separator, batch.mixtures.shape[-1]
        latent = network.encoder(batch.mixtures[:, None])
        repeated = latent.repeat_interleave(batch.queries, dim=0)
        masked = repeated * network.mask(repeated, self.learner.conditions(batch.texts))
        estimates = network.decoder(masked)[:, 0, :time]
        asked = batch.mixtures.repeat_interleave(batch.queries, dim=0)
        weights, mix_weight = self.settings.weights, self.settings.mix_weight
        loss = loss_over_mixture(estimates, batch.references.flatten(0, 1), asked, weights)
        if mix_weight:
            per_mixture = masked.unflatten(0, (-1, batch.queries))[:, : batch.sources]
            whole = network.decoder(per_mixture.sum(1))[:, 0, :time]
            loss = (loss + mix_weight * wave_loss(whole, batch.mixtures, batch.mixtures, weights)) / (1 + mix_weight)
        return power_share(loss)


def moving(network: CodecSep, parts: Sequence[Part]) -> list[nn.Module]:
    """Modules of the named parts; the shifts move with the masker."""
    modules: dict[Part, tuple[nn.Module, ...]] = {
        "encoder": (network.encoder,),
        "decoder": (network.decoder,),
        "masker": (network.separator, network.film),
    }
    return [module for part in parts for module in modules[part]]
