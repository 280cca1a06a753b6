"""Texts to numbers: BERT's and CLIP's tokens from their published files, and single bytes for untrained networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Tokens = Callable[[str], list[int]]
"""A text to the numbers of its tokens, those of signs at its ends among them."""

BYTE_VOCABULARY = 258
START, END = 256, 257
MOST_BYTES = 75
BERT_SIGN = "[CLS]"
BERT_MOST = 512
CLIP_MOST = 77


def byte_tokens(text: str) -> list[int]:
    """A token for each byte, between two signs; needs no vocabulary.

    >>> byte_tokens("dog")
    [256, 100, 111, 103, 257]
    """
    return [START, *text.encode()[:MOST_BYTES], END]


def bert_tokens(vocabulary: Path) -> Tokens:
    """As LASS-Net reads: the sign ``[CLS]``, then the words in lower case, and no sign at the end.

    Args:
        vocabulary: BERT's ``vocab.txt``.
    """
    from transformers import BertTokenizer  # type: ignore[import-not-found,unused-ignore]

    tokenizer = BertTokenizer(vocab=str(vocabulary))

    def tokens(text: str) -> list[int]:
        found = tokenizer(f"{BERT_SIGN} {text}", add_special_tokens=False, truncation=True, max_length=BERT_MOST)
        return list(found["input_ids"])

    return tokens


def clip_tokens(vocabulary: Path, merges: Path) -> Tokens:
    """As CLIP reads: in lower case between two signs, 77 tokens at most.

    Args:
        vocabulary: ``vocab.json``.
        merges: ``merges.txt``.
    """
    from transformers import CLIPTokenizer  # type: ignore[import-not-found,unused-ignore]

    tokenizer = CLIPTokenizer(vocab=str(vocabulary), merges=str(merges))
    return lambda text: list(tokenizer(text, truncation=True, max_length=CLIP_MOST)["input_ids"])
