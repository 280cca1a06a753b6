"""The text side of LAION-CLAP as AudioSep and others condition on it: RoBERTa, two linear layers, unit length.

The originals pad every text to 512 tokens. With an attention mask that changes the cost (48.3 against 1.4 GMAC for 16
tokens) and no value beyond 1e-6, so texts are only padded to the longest beside them here, unless told otherwise.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from transformers import RobertaConfig, RobertaModel  # type: ignore[import-not-found,unused-ignore]

MAX_TOKENS = 512
EMBEDDING = 512
PARTS = ("text_branch.", "text_projection.")
UNUSED = frozenset({"text_branch.embeddings.position_ids"})
"""Counts from 0 to 513 that older files hold."""


@dataclass(frozen=True)
class TextSize:
    """RoBERTa's size; the default is roberta-base's, smaller ones make a small network."""

    vocabulary: int = 50265
    width: int = 768
    layers: int = 12
    heads: int = 12
    feed_forward: int = 3072


class Tokenizer(Protocol):
    """What transformers' tokenizers do; AudioSep's is roberta-base's."""

    def __call__(
        self, text: list[str], *, padding: str, truncation: bool, max_length: int, return_tensors: str
    ) -> Mapping[str, Tensor]:
        """``input_ids`` and ``attention_mask``, both ``(texts, tokens)``."""


class ClapText(nn.Module):
    """Tokens to an embedding. Keys are the official ones below ``query_encoder.model.`` (see `text_part`)."""

    def __init__(self, size: TextSize | None = None) -> None:
        super().__init__()
        size = size or TextSize()
        self.text_branch = RobertaModel(
            RobertaConfig(
                vocab_size=size.vocabulary,
                hidden_size=size.width,
                num_hidden_layers=size.layers,
                num_attention_heads=size.heads,
                intermediate_size=size.feed_forward,
                max_position_embeddings=MAX_TOKENS + 2,
                type_vocab_size=1,
                layer_norm_eps=1e-5,
            )
        )
        self.text_projection = nn.Sequential(
            nn.Linear(size.width, EMBEDDING), nn.ReLU(), nn.Linear(EMBEDDING, EMBEDDING)
        )
        self.eval()  # RoBERTa has dropout

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """``(texts, tokens)``, mask 1 for tokens and 0 for padding -> ``(texts, 512)`` of unit length.

        Without a mask nothing is padding, and no value is looked at: so it runs on the meta device.
        """
        return self.embedding(self.text_branch(input_ids=tokens, attention_mask=mask).pooler_output)

    def embedding(self, pooled: Tensor) -> Tensor:
        """What RoBERTa gives for whole texts, ``(texts, width)`` -> ``(texts, 512)`` of unit length."""
        return nn.functional.normalize(self.text_projection(pooled), dim=-1)


def embed_texts(
    network: ClapText,
    texts: Sequence[str],
    tokenizer: Tokenizer,
    *,
    padding: str = "longest",
    max_tokens: int = MAX_TOKENS,
) -> Tensor:
    """Embeddings of texts, each distinct one computed once.

    Args:
        network: the encoder.
        texts: cut after `max_tokens`.
        tokenizer: of the same vocabulary.
        padding: ``longest``, or ``max_length`` for that many tokens as the originals do.
        max_tokens: at most 512.

    Returns:
        ``(texts, 512)`` on the network's device.
    """
    distinct = list(dict.fromkeys(texts))
    encoded = tokenizer(distinct, padding=padding, truncation=True, max_length=max_tokens, return_tensors="pt")
    device = next(network.parameters()).device
    with torch.inference_mode():
        vectors: Tensor = network(encoded["input_ids"].to(device), encoded["attention_mask"].to(device))
    return vectors[[distinct.index(text) for text in texts]]


def text_part(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The text side's tensors out of a whole CLAP, its counts left out.

    >>> list(text_part({"text_projection.0.bias": torch.zeros(2), "audio_branch.x": torch.zeros(1)}))
    ['text_projection.0.bias']
    """
    return {key: tensor for key, tensor in tensors.items() if key.startswith(PARTS) and key not in UNUSED}
