"""Vectors kept on disk: what an embedder once gave for some samples is not computed again.

One file per vector below ``embeddings/<hash of the identity>/``, named by the hash of the samples or of the text. A
file appears whole or not at all, so threads and processes may share the folder; one that is damaged is computed anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from sepbench.audio import Audio, samples_sha256
from sepbench.embeddings.embedder import Embedder, Vector
from sepbench.errors import SepbenchError
from sepbench.paths import whole
from sepbench.search_path import cache_folder

Asked = TypeVar("Asked")


def vectors_of(embedder: Embedder, clips: Sequence[Audio]) -> list[Vector]:
    """The embedder's vectors of clips, float32 ``(time,)`` at its rate; those not kept are computed in one batch."""
    keys = [samples_sha256(clip, embedder.about.rate) for clip in clips]
    return _kept_or_made(embedder, "audio", keys, clips, embedder.audio)


def vectors_of_texts(embedder: Embedder, texts: Sequence[str]) -> list[Vector]:
    """The embedder's vectors of texts; those not kept are computed in one batch.

    Raises:
        SepbenchError: the embedder knows no texts.
    """
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    return _kept_or_made(embedder, "text", keys, texts, embedder.text)


def _kept_or_made(
    embedder: Embedder,
    kind: str,
    keys: Sequence[str],
    asked: Sequence[Asked],
    make: Callable[[Sequence[Asked]], list[Vector]],
) -> list[Vector]:
    folder = _folder(embedder.identity) / kind
    vectors = {key: _read(_path(folder, key)) for key in dict.fromkeys(keys)}
    missing = [key for key, vector in vectors.items() if vector is None]
    if missing:
        of_key = dict(zip(keys, asked, strict=True))
        for key, made in zip(missing, make([of_key[key] for key in missing]), strict=True):
            _write(_path(folder, key), made)
            vectors[key] = made
    return [vector for key in keys if (vector := vectors[key]) is not None]


def _folder(identity: str) -> Path:
    return cache_folder() / "embeddings" / hashlib.sha256(identity.encode()).hexdigest()[:16]


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.npy"


def _read(path: Path) -> Vector | None:
    """The vector of a file; None where there is none, or no finite float32 vector in it."""
    try:
        vector = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not here, or not all of it
        return None
    whole = isinstance(vector, np.ndarray) and vector.ndim in (1, 2) and vector.dtype == np.float32
    return vector if whole and np.isfinite(vector).all() else None


def _write(path: Path, vector: Vector) -> None:
    try:
        with whole(path) as partial, partial.open("wb") as file:
            np.save(file, np.asarray(vector, dtype=np.float32), allow_pickle=False)
    except OSError as error:
        raise SepbenchError(
            "a vector cannot be kept",
            given=f"{path}: {error.strerror}",
            remedy="make room, mend the permissions, or name another cache by SEPBENCH_CACHE",
        ) from error
