"""Q-Audio of HSM-TSS (arXiv 2505.21025): global features of audio and features of texts, in one space.

A Q-Former as in BLIP-2 (arXiv 2301.12597): a learned query hears the patches of a frozen `sepbench.networks.audiomae`
and becomes the audio's one global feature; a caption, as frozen FLAN-T5 reads it, passes the same self-attention. Three
tasks teach it: the two features of a pair find each other, a pair is told from a mismatch, and captions are told from
audio. `QAudioHeads` is what only these tasks need.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sepbench.networks.flowsep_text import MAX_TOKENS
from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.hsm_tss_layers import Attention, FeedForward, SelfAttending, token
from sepbench.networks.positions import Positions

TEMPERATURE = 0.07
"""Where the contrastive task's begins, as in BLIP-2 and CLIP."""


@dataclass(frozen=True)
class QAudioSize:
    """Size of Q-Audio. The paper states two layers and one query.

    Attributes:
        width: of the global feature and of the caption's; FLAN-T5-base's and the second transformer's width.
        heads, feed_forward: BERT-base's, as in BLIP-2.
        embedding: width of the space where pairs find each other; BLIP-2's.
    """

    width: int = 768
    layers: int = 2
    heads: int = 12
    feed_forward: int = 3072
    embedding: int = 256


@dataclass(frozen=True)
class Caption:
    """Of texts: `tokens`, one vector each, and `whole` ``(batch, width)``, one for the text."""

    tokens: Text
    whole: Tensor


class QFormerLayer(nn.Module):
    """Self-attention that both branches share, audio heard by the query alone, and a feed-forward step for each."""

    def __init__(self, size: QAudioSize, patches: int) -> None:
        super().__init__()
        self.attending = SelfAttending(size.width, size.heads)
        self.hearing_norm = nn.LayerNorm(size.width)
        self.hearing = Attention(size.width, patches, size.heads)
        self.audio_feed_forward = FeedForward(size.width, size.feed_forward)
        self.text_feed_forward = FeedForward(size.width, size.feed_forward)

    def audio(self, query: Tensor, patches: Tensor) -> Tensor:
        """The rest of the layer for ``(batch, 1, width)``, which hears ``(batch, patches, width of patches)``."""
        query = query + self.hearing(self.hearing_norm(query), self.hearing.remember(patches))
        heard: Tensor = query + self.audio_feed_forward(query)
        return heard

    def text(self, words: Tensor) -> Tensor:
        """The rest of the layer for ``(batch, words, width)``."""
        read: Tensor = words + self.text_feed_forward(words)
        return read

    def both(self, sequence: Tensor, patches: Tensor, mask: Tensor) -> Tensor:
        """The whole layer for a query and, behind it, words."""
        sequence = self.attending(sequence, mask)
        return torch.cat([self.audio(sequence[:, :1], patches), self.text(sequence[:, 1:])], dim=1)


class QAudio(nn.Module):
    """Both branches.

    Args:
        size: of its layers.
        patches: width of the features it hears.
        text: width of FLAN-T5's states and embeddings.
    """

    def __init__(self, size: QAudioSize, *, patches: int, text: int) -> None:
        super().__init__()
        self.query = token(size.width)
        self.beginning = token(size.width)
        self.reading = nn.Linear(text, size.width)
        self.positions = Positions(MAX_TOKENS + 1, size.width)
        self.layers = nn.ModuleList(QFormerLayer(size, patches) for _ in range(size.layers))
        self.audio_norm = nn.LayerNorm(size.width)
        self.text_norm = nn.LayerNorm(size.width)

    def audio(self, patches: Tensor) -> Tensor:
        """The global feature: ``(batch, patches, width of patches)`` -> ``(batch, width)``."""
        query = self.query.expand(len(patches), -1, -1)
        for layer in self._layers():
            query = layer.audio(layer.attending(query), patches)
        feature: Tensor = self.audio_norm(query[:, 0])
        return feature

    def caption(self, text: Text) -> Caption:
        """Features of what FLAN-T5 read: at most 50 tokens."""
        words, mask = self.words(text.states), begun(text.mask)[:, None, None]
        for layer in self._layers():
            words = layer.text(layer.attending(words, mask))
        read = self.text_norm(words)
        return Caption(Text(read[:, 1:], text.mask), read[:, 0])

    def together(self, patches: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """Query and words in one sequence, ``(batch, 1 + words, width)``; the mask as in `Attention`."""
        sequence = torch.cat([self.query.expand(len(patches), -1, -1), words], dim=1)
        for layer in self._layers():
            sequence = layer.both(sequence, patches, mask)
        return torch.cat([self.audio_norm(sequence[:, :1]), self.text_norm(sequence[:, 1:])], dim=1)

    def _layers(self) -> list[QFormerLayer]:
        return cast("list[QFormerLayer]", list(self.layers))

    def words(self, states: Tensor) -> Tensor:
        """``(batch, tokens, width of the text)`` as a sequence behind a beginning of its own."""
        sequence: Tensor = self.positions(
            torch.cat([self.beginning.expand(len(states), -1, -1), self.reading(states)], dim=1)
        )
        return sequence


class QAudioHeads(nn.Module):
    """What the three tasks add to `QAudio`.

    Args:
        size: of the network.
        text: width of FLAN-T5's embeddings.
    """

    def __init__(self, size: QAudioSize, *, text: int) -> None:
        super().__init__()
        self.audio_embedding = nn.Linear(size.width, size.embedding)
        self.text_embedding = nn.Linear(size.width, size.embedding)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(TEMPERATURE)))
        self.match = nn.Linear(size.width, 2)
        self.telling = nn.Linear(size.width, text)

    def similarities(self, network: QAudio, patches: Tensor, text: Text) -> Tensor:
        """Logits of the contrastive task, ``(audio, texts)``: cosines over the learned temperature."""
        audio = nn.functional.normalize(self.audio_embedding(network.audio(patches)), dim=-1)
        texts = nn.functional.normalize(self.text_embedding(network.caption(text).whole), dim=-1)
        return audio @ texts.t() * self.log_scale.exp()

    def matching(self, network: QAudio, patches: Tensor, text: Text) -> Tensor:
        """Logits ``(batch, 2)`` that each audio and the text of the same row are no pair, and that they are one."""
        mask = begun(begun(text.mask))[:, None, None]
        logits: Tensor = self.match(network.together(patches, network.words(text.states), mask)[:, 0])
        return logits

    def generation(self, network: QAudio, patches: Tensor, tokens: Tensor, table: Tensor) -> Tensor:
        """Logits of each token, given the audio and the tokens before it.

        Args:
            network: whose text branch reads embeddings here: T5's states of a token know the later ones.
            patches: ``(batch, patches, width of patches)``.
            tokens: ``(batch, tokens)``, the true ones.
            table: T5's embeddings ``(vocabulary, width)``, which also are the words that are chosen among.

        Returns:
            ``(batch, tokens, vocabulary)``.
        """
        words = network.words(table[tokens[:, :-1]])
        earlier = torch.ones(2 * [1 + words.shape[1]], dtype=torch.bool, device=tokens.device).tril()
        told: Tensor = self.telling(network.together(patches, words, earlier)[:, 1:])
        return told @ table.t()


def begun(mask: Tensor) -> Tensor:
    """The mask ``(batch, tokens)`` with one more place before it, which counts.

    >>> begun(torch.tensor([[True, False]]))
    tensor([[ True,  True, False]])
    """
    return nn.functional.pad(mask, (1, 0), value=True)
