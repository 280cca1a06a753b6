"""RoBERTa's tokenizer from its two files, and one of single bytes for networks that were drawn at random."""

from __future__ import annotations

from pathlib import Path

from tokenizers import pre_tokenizers  # type: ignore[import-not-found,unused-ignore]
from transformers import RobertaTokenizer  # type: ignore[import-not-found,unused-ignore]

from sepbench.networks.clap_text import Tokenizer

BYTE_VOCABULARY = 261
"""The 256 bytes and five signs."""


def roberta_tokens(vocabulary: Path, merges: Path) -> Tokenizer:
    """As published, from ``vocab.json`` and ``merges.txt``."""
    tokenizer: Tokenizer = RobertaTokenizer(vocab=str(vocabulary), merges=str(merges))
    return tokenizer


def byte_tokens() -> Tokenizer:
    """A token for each byte, without any file.

    >>> encoded = byte_tokens()(["dog"], padding="longest", truncation=True, max_length=77, return_tensors="pt")
    >>> len(encoded["input_ids"][0])
    5
    """
    signs = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "<mask>"]
    tokenizer: Tokenizer = RobertaTokenizer(vocab={sign: number for number, sign in enumerate(signs)}, merges=[])
    return tokenizer
