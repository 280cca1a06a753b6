"""What an embedder is: a network that turns clips, and some also texts, into vectors.

`About` is known without torch and without any weights; an `Embedder` is one that was opened. A vector depends on the
clip, the weights and the crop policy alone: never on what else was in the batch, on a random crop, or on the machine's
locale. Its identity names all three, so a vector kept on disk is never taken for another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio
from sepbench.errors import SepbenchError
from sepbench.weights import Weight, checked

Vector = NDArray[np.float32]
Speaks = Literal["audio", "text", "logits"]
HASH_DIGITS = 12


@dataclass(frozen=True)
class About:
    """The static facts of an embedder.

    Attributes:
        name: the family before the colon, the checkpoint after it.
        version: raised whenever a vector may change.
        rate: of the clips it takes, in Hz; exactly this one.
        dim: length of an audio vector.
        speaks: what it can embed; ``logits`` where its audio vectors are the scores of classes.
        crop: what it does with clips that are shorter or longer than its window.
        weights: every file it reads.
        licence: of the weights.
        source: who published them.
        extra: the extra of this package that brings what it needs.
    """

    name: str
    version: int
    rate: int
    dim: int
    speaks: frozenset[Speaks]
    crop: str
    weights: tuple[Weight, ...]
    licence: str
    source: str
    extra: str = "models"


class Embedder(Protocol):
    """One that works here: its weights are on this machine."""

    @property
    def about(self) -> About:
        """Its facts."""

    @property
    def identity(self) -> str:
        """What its vectors depend on, see `identity_of`."""

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """Embed clips, float32 ``(time,)`` at ``about.rate``, as float32 ``(dim,)`` each.

        Clips may be of any lengths; how many are given at once changes no vector beyond 1e-5. Embedders that keep the
        vectors of a clip's windows apart give ``(windows, dim)``.
        """

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Embed texts, verbatim, as float32 vectors.

        Raises:
            SepbenchError: it knows no texts (``about.speaks``).
        """


def identity_of(about: About) -> str:
    """Name, version, rate, crop policy and the beginning of the weights' hash.

    Raises:
        MissingData: a file of weights is not here.
        SepbenchError: one is not the file that its publisher states.
    """
    digest = hashlib.sha256()
    for weight in about.weights:
        digest.update(f"{Path(weight.file).name} {checked(weight)}\n".encode())
    return f"{stem(about)}.{digest.hexdigest()[:HASH_DIGITS]}"


def stem(about: About) -> str:
    """The part of an identity that is known without the weights."""
    return f"{about.name}.v{about.version}.{about.rate}.{about.crop}"


def no_texts(about: About) -> SepbenchError:
    """The error of an embedder that is asked for the vector of a text and knows none."""
    return SepbenchError(
        f"{about.name} embeds no texts", wanted=f"one of {', '.join(sorted(about.speaks))}", remedy="choose a CLAP"
    )
