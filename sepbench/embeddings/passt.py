"""PaSST, the tagger behind KL divergence in AudioLDM 2's papers: known here by its facts only.

Its package, hear21passt, needs torchaudio, which this environment cannot hold, and fetches its weights itself. Whatever
asks for its vectors is told so. Source: arXiv 2110.05069.
"""

from __future__ import annotations

from typing import NoReturn

from sepbench.embeddings.embedder import About, Embedder
from sepbench.errors import MissingData

EMBEDDERS = (
    About(
        name="passt:s-swa-p16-128-ap476",
        version=1,
        rate=32000,
        dim=527,
        speaks=frozenset({"logits"}),
        crop="first-10s",
        weights=(),
        licence="not stated for the weights; code Apache-2.0",
        source="arXiv 2110.05069, kkoutini/PaSST",
    ),
)


def locate(about: About) -> NoReturn:
    """Always raises.

    Raises:
        MissingData: no way to run it is built in.
    """
    raise MissingData(
        f"{about.name} is not built in",
        wanted="hear21passt with torchaudio, and its weights passt-s-f128-p16-s10-ap.476-swa.pt",
        remedy="use kl_softmax, which hears with Cnn14",
    )


def open_embedder(about: About, device: str) -> Embedder:
    """Always raises, as `locate`."""
    locate(about)
