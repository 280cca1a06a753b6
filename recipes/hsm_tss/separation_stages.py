"""HSM-TSS's two transformers on features: the first, the second, and both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from recipes.hsm_tss.learner import Asked, Learner
from recipes.hsm_tss.settings import Distance, JointLearning, Learning, LocalLearning
from recipes.training.schedule import Schedule
from sepbench.networks.hsm_tss_stages import Condition


@dataclass(frozen=True)
class Heard:
    """What the frozen encoders make of mixtures, targets and queries: local features, global ones, conditions."""

    mixture: Tensor
    target: Tensor
    mixture_global: Tensor
    target_global: Tensor
    condition: Condition


def heard(learner: Learner, asked: Asked) -> Heard:
    """Encode everything; nothing learns from it."""
    network = learner.network
    with torch.no_grad():
        mixture, target = network.features(asked.mixtures), network.features(asked.targets)
        return Heard(
            mixture, target, network.qaudio.audio(mixture), network.qaudio.audio(target), learner.condition(asked)
        )


@dataclass(frozen=True)
class GlobalStage:
    """The mixture's global feature to the target's."""

    learner: Learner
    settings: Learning

    name = "global"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """The first transformer."""
        return (self.learner.network.global_stage,)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The paper's: one less the cosine, and the L1 distance, both weighted 1."""
        found = heard(self.learner, self.learner.ask(self.schedule.batch, rng))
        guessed = self.learner.network.global_stage(found.mixture_global, found.condition)
        return global_loss(guessed, found.target_global)


@dataclass(frozen=True)
class LocalStage:
    """The mixture's local features to the target's, given the target's true global one."""

    learner: Learner
    settings: LocalLearning

    name = "local"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """The second transformer."""
        return (self.learner.network.local_stage,)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The distance of features."""
        found = heard(self.learner, self.learner.ask(self.schedule.batch, rng))
        guessed = self.learner.network.local_stage(found.mixture, found.target_global, found.condition)
        return local_loss(guessed, found.target, self.settings.distance)


@dataclass(frozen=True)
class JointStage:
    """Both: the second one hears what the first one tells, and now and then the truth."""

    learner: Learner
    settings: JointLearning

    name = "joint"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """Both transformers."""
        return (self.learner.network.global_stage, self.learner.network.local_stage)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The weighted losses of both."""
        network, settings = self.learner.network, self.settings
        found = heard(self.learner, self.learner.ask(self.schedule.batch, rng))
        guessed = network.global_stage(found.mixture_global, found.condition)
        true = torch.tensor(rng.random((len(guessed), 1)) < settings.true_share, device=guessed.device)
        given = torch.where(true, found.target_global, guessed)
        local = network.local_stage(found.mixture, given, found.condition)
        near = local_loss(local, found.target, settings.distance)
        return settings.global_weight * global_loss(guessed, found.target_global) + settings.local_weight * near


def global_loss(guessed: Tensor, true: Tensor) -> Tensor:
    """One less the cosine plus the L1 distance, ``(batch, width)`` -> a scalar.

    >>> round(float(global_loss(torch.tensor([[0.0, 2.0]]), torch.tensor([[2.0, 0.0]]))), 4)
    3.0
    """
    return (1 - nn.functional.cosine_similarity(guessed, true, dim=-1)).mean() + nn.functional.l1_loss(guessed, true)


def local_loss(guessed: Tensor, true: Tensor, distance: Distance) -> Tensor:
    """Of local features, ``(batch, patches, width)`` -> a scalar."""
    return nn.functional.l1_loss(guessed, true) if distance == "l1" else nn.functional.mse_loss(guessed, true)
