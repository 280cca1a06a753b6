"""The masker on latents alone: clips are encoded once, and their latents mixed at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from recipes.codecsep.learner import Learner
from recipes.codecsep.losses import loss_over_mixture, power_share
from recipes.codecsep.settings import LatentMasking
from recipes.training.mixtures import MOST_DRAWS, draw_absent_text, draw_meeting, draw_text, too_alike
from recipes.training.schedule import Schedule

LEAST_POWER = 1e-4
"""Of a latent whose waveforms have about 1: a source 40 dB below that is drawn again."""


@dataclass(frozen=True)
class LatentMaskerStage:
    """Several latents, summed at a ratio in dB, to each of them."""

    learner: Learner
    settings: LatentMasking

    name = "masker"

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.settings.schedule

    def learning(self) -> Sequence[nn.Module]:
        """Masker and shifts."""
        return (self.learner.separator.separator, self.learner.separator.film)

    @cached_property
    def latents(self) -> list[Tensor]:
        """``(channels, frames)`` of every clip, by the codec as it is after its own stage."""
        encoder = self.learner.separator.encoder
        with torch.no_grad():
            return [
                encoder(torch.tensor(one.recording.audio, device=self.learner.device)[None, None])[0]
                for one in self.learner.side
            ]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The share of the error that the untouched latent would have, of every estimate."""
        drawing = self.learner.drawing
        count, absent = int(rng.choice(drawing.source_counts)), bool(rng.random() < self.settings.absent_share)
        stems, texts = [], []
        for _ in range(self.schedule.batch):
            chosen = draw_meeting(self.learner.side, count, rng)
            clips = [self.learner.side[number] for number in chosen]
            sources = self._sources(chosen, rng)
            texts += [draw_text(clip, drawing.label_share, rng) for clip in clips]
            if absent:
                sources = torch.cat([sources, torch.zeros_like(sources[:1])])
                texts.append(draw_absent_text(self.learner.side, clips, drawing.label_share, rng))
            stems.append(sources)
        references = torch.stack(stems)
        mixtures = references.sum(1).repeat_interleave(references.shape[1], dim=0)
        masked = mixtures * self.learner.separator.mask(mixtures, self.learner.conditions(texts))
        loss = loss_over_mixture(
            masked.flatten(1), references.flatten(0, 1).flatten(1), mixtures.flatten(1), self.settings.weights
        )
        return power_share(loss)

    def _sources(self, chosen: Sequence[int], rng: np.random.Generator) -> Tensor:
        """``(sources, channels, frames)``: the others at one level, their sum at a ratio drawn to the first."""
        rate, hop = self.learner.side[0].recording.sample_rate, self.learner.separator.encoder.hop
        frames = round(self.learner.drawing.seconds * rate) // hop
        for _ in range(MOST_DRAWS):
            cut = torch.stack([_window(self.latents[number], frames, rng) for number in chosen])
            powers = cut.square().mean((1, 2), keepdim=True)
            if bool((powers > LEAST_POWER).all()):
                break
        else:
            raise too_alike()
        others = cut[1:] * (powers[0] / powers[1:]).sqrt()
        ratio_db = float(rng.uniform(*self.learner.drawing.snr_db))
        down = (powers[0] / others.sum(0).square().mean()).sqrt() * 10 ** (-ratio_db / 20)
        return torch.cat([cut[:1], others * down])


def _window(latent: Tensor, frames: int, rng: np.random.Generator) -> Tensor:
    start = int(rng.integers(max(1, latent.shape[1] - frames + 1)))
    cut = latent[:, start : start + frames]
    return nn.functional.pad(cut, (0, frames - cut.shape[1]))
