"""The text side of CLIP (Radford et al., arXiv 2103.00020), the vector of a text as it is, not of unit length.

Keys are those of transformers' files. Texts are not padded to 77 tokens: later tokens change no earlier one.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import (  # type: ignore[import-not-found,unused-ignore]
    CLIPTextConfig,
    CLIPTextModelWithProjection,
)

from sepbench.networks.state_dict import load_weights
from sepbench.networks.text_tokens import CLIP_MOST, Tokens

PARTS = ("text_model.", "text_projection.")
UNUSED = frozenset({"text_model.embeddings.position_ids"})
"""Counts from 0 to 76 that older files hold."""


@dataclass(frozen=True)
class ClipTextSize:
    """The default is ViT-B/32's, smaller ones make a small network. The vocabulary's last number ends a text."""

    vocabulary: int = 49408
    width: int = 512
    layers: int = 12
    heads: int = 8
    feed_forward: int = 2048
    embedding: int = 512


class ClipText(nn.Module):
    """Tokens to the vector of the last one."""

    def __init__(self, size: ClipTextSize | None = None) -> None:
        super().__init__()
        size = size or ClipTextSize()
        settings = CLIPTextConfig(
            vocab_size=size.vocabulary,
            hidden_size=size.width,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            intermediate_size=size.feed_forward,
            projection_dim=size.embedding,
            max_position_embeddings=CLIP_MOST,
            bos_token_id=size.vocabulary - 2,
            eos_token_id=size.vocabulary - 1,
            pad_token_id=size.vocabulary - 1,
        )
        self.clip = CLIPTextModelWithProjection(settings)
        self.eval()

    def forward(self, tokens: Tensor) -> Tensor:
        """``(texts, tokens)``, each with the number that ends a text -> ``(texts, embedding)``."""
        vector: Tensor = self.clip(input_ids=tokens).text_embeds
        return vector

    def read(self, text: str, tokens: Tokens) -> Tensor:
        """One text, ``(1, embedding)`` on the network's device."""
        numbers = torch.tensor([tokens(text)], device=next(self.parameters()).device)
        with torch.inference_mode():
            found: Tensor = self(numbers)
        return found


def load_clip_text(network: ClipText, tensors: Mapping[str, Tensor]) -> None:
    """Fill a network from the tensors of a whole CLIP or of its text side.

    Raises:
        SepbenchError: keys of the text side are unknown, missing or of another shape.
    """
    load_weights(
        network.clip, {key: tensor for key, tensor in tensors.items() if key.startswith(PARTS)}, ignored=UNUSED
    )
