"""What all stages of HSM-TSS share: the clips, how they are mixed and asked for, and the networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recipes.training.clips import TrainingClip
from recipes.training.mixtures import Drawing, draw_mixtures, draw_text
from sepbench.manifest import QueryMode
from sepbench.networks.audiomae import AudioMaeDecoder
from sepbench.networks.dac import Encoder
from sepbench.networks.flowsep_text import Tokens
from sepbench.networks.hsm_tss import HsmTss, Words, task_words, words_of
from sepbench.networks.hsm_tss_stages import Condition
from sepbench.networks.qaudio import QAudioHeads
from sepbench.networks.spectral_codec import LevelEncoder


@dataclass(frozen=True)
class Asked:
    """Mixtures, one query each.

    Attributes:
        mixtures, targets: ``(batch, time)``.
    """

    mixtures: Tensor
    targets: Tensor
    texts: tuple[str, ...]
    modes: tuple[QueryMode, ...]


@dataclass(frozen=True)
class Learner:
    """Clips, the separator, and the parts that only training needs."""

    side: tuple[TrainingClip, ...]
    drawing: Drawing
    remove_share: float
    network: HsmTss
    decoder: AudioMaeDecoder
    heads: QAudioHeads
    encoder: Encoder | LevelEncoder
    tokens: Tokens
    device: str

    def ask(self, count: int, rng: np.random.Generator) -> Asked:
        """So many mixtures, drawn, each with a query for one of its sources."""
        drawn = draw_mixtures(self.side, self.drawing, count, rng)
        targets, texts = [], []
        modes: list[QueryMode] = []
        for one in drawn:
            source, remove = int(rng.integers(len(one.clips))), bool(rng.random() < self.remove_share)
            stem = one.rendered.stems[source]
            targets.append(one.rendered.mixture - stem if remove else stem)
            texts.append(one.texts[source])
            modes.append("remove" if remove else "extract")
        mixtures = torch.from_numpy(np.stack([one.rendered.mixture for one in drawn]))
        return Asked(
            mixtures.to(self.device), torch.from_numpy(np.stack(targets)).to(self.device), tuple(texts), tuple(modes)
        )

    def sounds(self, count: int, rng: np.random.Generator) -> tuple[Tensor, list[str]]:
        """So many clips of different labels, cut to `seconds`, ``(clips, time)``, and a text of each."""
        by_label: dict[str, list[int]] = {}
        for number, one in enumerate(self.side):
            by_label.setdefault(one.texts()[0], []).append(number)
        labels = rng.permutation(sorted(by_label))[:count]
        clips = [self.side[int(rng.choice(by_label[label]))] for label in labels]
        heard = torch.stack([self._window(one, rng) for one in clips]).to(self.device)
        return heard, [draw_text(one, self.drawing.label_share, rng) for one in clips]

    def words(self, texts: Sequence[str]) -> Words:
        """Texts as tokens on the device."""
        return self._placed(words_of(texts, self.tokens))

    def condition(self, asked: Asked) -> Condition:
        """What the queries say."""
        return self.network.condition(self.words(asked.texts), self._placed(task_words(asked.modes, self.tokens)))

    def _placed(self, words: Words) -> Words:
        return Words(words.tokens.to(self.device), words.mask.to(self.device))

    def _window(self, clip: TrainingClip, rng: np.random.Generator) -> Tensor:
        audio = torch.tensor(clip.recording.audio)
        samples = round(self.drawing.seconds * clip.recording.sample_rate)
        start = int(rng.integers(max(1, len(audio) - samples + 1)))
        cut = audio[start : start + samples]
        return torch.nn.functional.pad(cut, (0, samples - len(cut)))
