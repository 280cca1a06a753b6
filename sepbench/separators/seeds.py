"""Chance that belongs to an item: the same in any order, batch, process and run."""

from __future__ import annotations

import hashlib


def seed_of(text: str, bits: int = 128) -> int:
    """A number below 2 to the `bits` that depends on nothing but the text, such as an item's name.

    Args:
        bits: at most 256; torch's generators take 63.

    >>> seed_of("0a1b.0", bits=8)
    105
    """
    words = -(-bits // 64)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: 8 * words], "little") >> (64 * words - bits)
