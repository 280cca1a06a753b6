"""What FlowSep reads: a text's tokens through FLAN-T5's encoder (Chung et al., arXiv 2210.11416).

The original pads every text to 50 tokens and masks the padding, which changes the cost and no value; texts stay as long
as they are here. Keys are the official ones, which the checkpoint prefixes with ``cond_stage_models.0.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import T5Config, T5EncoderModel  # type: ignore[import-not-found,unused-ignore]

from sepbench.networks.flowsep_transformer import Text

Tokens = Callable[[str], list[int]]
"""A text to the numbers of its tokens, the end's among them."""

MAX_TOKENS = 50
END = 1
FIRST_BYTE = 3
BYTES = FIRST_BYTE + 256


@dataclass(frozen=True)
class TextSize:
    """T5's size; the default is flan-t5-large's, smaller ones make a small network."""

    vocabulary: int = 32128
    width: int = 1024
    layers: int = 24
    heads: int = 16
    head_width: int = 64
    feed_forward: int = 2816


class T5Text(nn.Module):
    """Tokens to one vector each."""

    def __init__(self, size: TextSize | None = None) -> None:
        super().__init__()
        size = size or TextSize()
        self.model = T5EncoderModel(
            T5Config(
                vocab_size=size.vocabulary,
                d_model=size.width,
                d_kv=size.head_width,
                d_ff=size.feed_forward,
                num_layers=size.layers,
                num_heads=size.heads,
                feed_forward_proj="gated-gelu",
            )
        )
        self.eval()  # T5 has dropout

    def forward(self, tokens: Tensor, mask: Tensor) -> Text:
        """``(texts, tokens)``, mask True for tokens and False for padding."""
        return Text(self.model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state, mask)

    def read(self, text: str, tokens: Tokens) -> Text:
        """One text, cut after 50 tokens."""
        numbers = torch.tensor([tokens(text)], device=next(self.parameters()).device)
        with torch.inference_mode():
            read: Text = self(numbers, torch.ones_like(numbers, dtype=torch.bool))
        return read


def byte_tokens(text: str) -> list[int]:
    """Bytes for tokens, which need no vocabulary; for networks that were never trained.

    >>> byte_tokens("dog")
    [103, 114, 106, 1]
    """
    return [*(FIRST_BYTE + byte for byte in text.encode()[: MAX_TOKENS - 1]), END]


def official_tokens(path: Path) -> Tokens:
    """Tokens by flan-t5's ``tokenizer.json``."""
    from tokenizers import Tokenizer  # type: ignore[import-not-found,unused-ignore]

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return lambda text: list(tokenizer.encode(text).ids)
