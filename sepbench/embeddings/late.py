"""An embedder that is opened only when a vector is wanted that is not kept: a second run loads no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from sepbench.audio import Audio
from sepbench.embeddings.embedder import About, Embedder, Vector, identity_of
from sepbench.embeddings.registry import located, opened

ONE_AT_A_TIME = Lock()
"""Mixtures are measured while estimates are: two threads would hold one network twice."""


@dataclass(frozen=True)
class Late:
    """Facts and identity of an embedder whose files are here; its network is loaded by the first call."""

    about: About
    identity: str

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """As the embedder's own.

        Raises:
            MissingExtra: a package that it needs is not installed.
        """
        return self._network().audio(clips)

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """As the embedder's own.

        Raises:
            MissingExtra: a package that it needs is not installed.
        """
        return self._network().text(texts)

    def _network(self) -> Embedder:
        with ONE_AT_A_TIME:
            return opened(self.about.name)


def late(name: str) -> Late:
    """The embedder of that name, not yet opened.

    Raises:
        SepbenchError: there is none of that name, or its weights are not the published ones.
        MissingData: its weights are not here.
    """
    facts = located(name)
    return Late(facts, identity_of(facts))
