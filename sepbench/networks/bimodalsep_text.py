"""What BiModalSep reads of a text: CLAP's embedding, and RoBERTa's last states of 77 tokens.

Nothing tells the separator's attention where a text ends, so that the padding is heard and its length is a part of the
model.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sepbench.networks.bimodalsep import TextVectors
from sepbench.networks.clap_text import ClapText, Tokenizer

TOKENS = 77


def read_text(network: ClapText, text: str, tokenizer: Tokenizer) -> TextVectors:
    """One text, cut after 77 tokens, on the network's device."""
    encoded = tokenizer([text], padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
    device = next(network.parameters()).device
    with torch.inference_mode():
        return text_vectors(network, encoded["input_ids"].to(device), encoded["attention_mask"].to(device))


def text_vectors(network: ClapText, tokens: Tensor, mask: Tensor | None = None) -> TextVectors:
    """``(texts, 77)``, mask 1 for tokens and 0 for padding; without a mask nothing is padding."""
    read = network.text_branch(input_ids=tokens, attention_mask=mask)
    return TextVectors(network.embedding(read.pooler_output), read.last_hidden_state)
