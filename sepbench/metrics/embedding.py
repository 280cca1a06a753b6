"""Vectors for metrics: the one place where a metric meets an embedder, and what is not here becomes a status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sepbench.embeddings.cache import vectors_of, vectors_of_texts
from sepbench.embeddings.embedder import Vector
from sepbench.embeddings.late import late
from sepbench.embeddings.registry import about
from sepbench.errors import MissingData, MissingExtra, SepbenchError
from sepbench.metrics.metric import Signal, Undefined


def embedded(name: str, signal: Signal, sample_rate: int) -> Vector:
    """The vector of a signal by the embedder of that name.

    Args:
        name: of the embedder.
        signal: ``(time,)``, floating point.
        sample_rate: in Hz; the embedder's own.

    Raises:
        Undefined: ``unavailable`` where its weights or a package are not here; what brings them is said.
        SepbenchError: another rate than the embedder's.
    """
    rate = about(name).rate
    if sample_rate != rate:
        raise SepbenchError(f"{name} was given audio at another rate", given=f"{sample_rate} Hz", wanted=f"{rate} Hz")
    with _availability():
        return vectors_of(late(name), [signal.astype(np.float32)])[0]


def embedded_text(name: str, text: str) -> Vector:
    """The vector of a text, verbatim, by the embedder of that name.

    Raises:
        Undefined: ``unavailable`` where its weights or a package are not here.
    """
    with _availability():
        return vectors_of_texts(late(name), [text])[0]


def cosine(first: Vector, second: Vector) -> float:
    """Cosine of the angle between two vectors, in float64.

    Raises:
        Undefined: ``not_applicable`` where one of them is zero and has no direction.

    >>> round(cosine(np.array([1, 0], np.float32), np.array([1, 1], np.float32)), 4)
    0.7071
    >>> cosine(np.array([1, 5], np.float32), np.array([1, 5], np.float32))
    1.0
    """
    one, other = first.astype(np.float64), second.astype(np.float64)
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    if length == 0:
        raise Undefined("not_applicable", "a zero vector has no direction")
    return max(-1.0, min(1.0, float(one @ other) / length))  # rounding of parallel vectors goes beyond


@contextmanager
def _availability() -> Iterator[None]:
    """What is not on this machine is a status of the metric, and no failure of the item."""
    try:
        yield
    except (MissingData, MissingExtra) as missing:
        raise Undefined("unavailable", f"{missing} ({missing.remedy})") from missing
