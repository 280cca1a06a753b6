"""Vectors of texts for EventSep's third rule: all-MiniLM-L6-v2, and a stand-in that needs no weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.separators.eventsep.label_mapping import Embed

FILES = ("config.json", "tokenizer.json", "model.safetensors")
"""What is read of the published folder; pooling and length are the model card's."""
MOST_TOKENS = 256
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Remembering:
    """Vectors that are made once for each text: every prompt is compared with the same 527 labels."""

    embed: Embed
    _known: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `embed`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def sentence_network(config: Path, tokenizer: Path, weights: Path, device: str) -> Any:
    """MiniLM as sentence-transformers runs it: mean over the tokens, unit length.

    Args:
        config, tokenizer, weights: the files of `FILES`, in one folder.

    Raises:
        SepbenchError: the files do not lie together.
    """
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found,unused-ignore]
    from sentence_transformers.sentence_transformer.modules import (  # type: ignore[import-not-found,unused-ignore]
        Normalize,
        Pooling,
        Transformer,
    )

    from sepbench.errors import SepbenchError

    folders = {path.parent for path in (config, tokenizer, weights)}
    if len(folders) > 1:
        raise SepbenchError(
            "the files of one text encoder lie apart",
            given=", ".join(sorted(map(str, folders))),
            wanted="one folder",
            remedy="put them into one",
        )
    encoder = Transformer(str(config.parent), max_seq_length=MOST_TOKENS)
    pooling = Pooling(encoder.get_embedding_dimension(), pooling_mode="mean")
    return SentenceTransformer(modules=[encoder, pooling, Normalize()], device=device).eval()


def sentence_vectors(network: Any) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """What a network of `sentence_network` makes of texts, ``(texts, 384)``."""

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(network.encode(list(texts), show_progress_bar=False), dtype=np.float32)

    return embed


def letter_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """How often each letter occurs, at unit length: where no weights are to be read.

    >>> letter_vectors(["moo", "!"])[:, [12, 14]].astype(float).round(4).tolist()
    [[0.4472, 0.8944], [0.0, 0.0]]
    """
    counts = np.array([[text.lower().count(letter) for letter in LETTERS] for text in texts], dtype=np.float32)
    length = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(length, 1), dtype=np.float32)
