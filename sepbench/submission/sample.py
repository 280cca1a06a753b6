"""Which answers a submission must let be heard: drawn by its own rows, so that nobody chooses them.

The draw is a hash of the suite, the model, the item and *all rows of the submission*. Were it of suite, model and item
alone, a sender would know beforehand which twentieth has to be honest. As it is, changing any row draws other answers:
who changed a share f of a model's rows passes k checks with a chance of (1 - f)^k: 0.5 % for a tenth of the rows
and k = 50.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Iterable, Sequence

from sepbench.results.rows import Key

SHARE = 0.05
FEWEST = 10
"""Of a model, where it has as many: a twentieth of a small suite would be next to nothing."""


def drawn(answered: Iterable[Key], *, suite_hash: str, rows_sha256: str) -> frozenset[Key]:
    """The sample of all models.

    Args:
        answered: model and item of every row with an answer.
        suite_hash: the suite's.
        rows_sha256: of the bytes of ``rows.jsonl`` as it is submitted.

    >>> keys = [("mine", f"{number}.0") for number in range(1000)]
    >>> len(drawn(keys, suite_hash="a", rows_sha256="b")), len(drawn(keys[:4], suite_hash="a", rows_sha256="b"))
    (50, 4)
    >>> len(drawn(keys, suite_hash="a", rows_sha256="b") & drawn(keys, suite_hash="a", rows_sha256="c")) < 15
    True
    """
    by_model: dict[str, list[str]] = {}
    for model, item in answered:
        by_model.setdefault(model, []).append(item)
    return frozenset(
        (model, item)
        for model, items in by_model.items()
        for item in _smallest(items, f"{suite_hash}\n{rows_sha256}\n{model}\n")
    )


def _smallest(items: Sequence[str], seed: str) -> list[str]:
    count = max(FEWEST, math.ceil(SHARE * len(items)))
    return heapq.nsmallest(count, items, key=lambda item: hashlib.sha256((seed + item).encode()).digest())
