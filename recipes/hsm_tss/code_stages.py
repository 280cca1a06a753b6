"""HSM-TSS's codes: the books of the codec, and the decoder that tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from recipes.hsm_tss.books import books_of
from recipes.hsm_tss.learner import Asked, Learner
from recipes.hsm_tss.settings import CodecLearning, CodeLearning
from recipes.training.schedule import Schedule
from sepbench.networks.dac_quantiser import CODE_WIDTH


@dataclass(frozen=True)
class CodecStage:
    """Words of the books towards what they stand for; where a latent goes is the quantiser's own choice."""

    learner: Learner
    settings: CodecLearning

    name = "codec"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """The books alone."""
        return [book.codebook for book in books_of(self.learner.network.codec.quantizer)]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Mean square of standardised levels less the words that stand for them."""
        asked = self.learner.ask(self.schedule.batch, rng)
        quantiser = self.learner.network.codec.quantizer
        with torch.no_grad():
            coded = quantiser(self.learner.encoder(torch.cat([asked.mixtures, asked.targets])[:, None]))
        projected = coded.projected.unflatten(1, (-1, CODE_WIDTH)).transpose(2, 3)
        pairs = zip(books_of(quantiser), coded.codes.unbind(1), projected.unbind(1), strict=True)
        lost = torch.stack([(book.codebook(codes) - wanted).square().sum() for book, codes, wanted in pairs])
        return lost.sum() / coded.latent.numel()


@dataclass(frozen=True)
class CodeStage:
    """The true codes of a target, told from its features step by step."""

    learner: Learner
    settings: CodeLearning

    name = "codes"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """The decoder of codes."""
        return (self.learner.network.code_stage,)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Cross-entropy of all books' words, given the ones before."""
        network, asked = self.learner.network, self.learner.ask(self.schedule.batch, rng)
        with torch.no_grad():
            codes = network.codec.quantizer(self.learner.encoder(asked.targets[:, None])).codes
            features = self._features(asked, predicted=bool(rng.random() < self.settings.predicted_share))
        states = network.code_stage.states(features, self._noised(codes, rng))
        some = slice(int(rng.integers(self.settings.every)), None, self.settings.every)
        logits = network.code_stage.told(states[:, some])
        return nn.functional.cross_entropy(logits.flatten(0, 2), codes[..., some].flatten())

    def _noised(self, codes: Tensor, rng: np.random.Generator) -> Tensor:
        """Some words replaced by others that occur in the batch."""
        replaced = torch.tensor(rng.random(codes.shape) < self.settings.noise_share, device=codes.device)
        others = torch.tensor(rng.permutation(codes.numel()), device=codes.device)
        return torch.where(replaced, codes.flatten()[others].reshape(codes.shape), codes)

    def _features(self, asked: Asked, *, predicted: bool) -> Tensor:
        network = self.learner.network
        if predicted:
            return network.separated(network.features(asked.mixtures), self.learner.condition(asked))
        return network.features(asked.targets)
