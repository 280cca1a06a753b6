"""Cnn14 of PANNs as an embedder: what KL divergence and the Fréchet distance of the AudioLDM papers are taken over.

One forward pass gives both, so both stand in one vector: the embedding, and after it the logits of AudioSet's 527
classes; `embedding_of` and `logits_of` take it apart. A clip is heard whole, however long it is. ``panns:own`` is the
16 kHz network of the file that ``SEPBENCH_EMBEDDER_PANNS`` names. Source: doi 10.1109/TASLP.2020.3030497.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sepbench.audio import Audio
from sepbench.embeddings.embedder import About, Vector, identity_of, no_texts
from sepbench.embeddings.own_file import with_own_file
from sepbench.weights import Weight, find

EMBEDDING, CLASSES = 2048, 527
SHORTEST_SECONDS = 0.31
"""Five poolings by two need 32 frames, 10 ms apart and centred, so that the first stands at 0."""
LICENCE = "not stated for the weights; code MIT"
OWN = "panns:own"
OWN_FILE = "SEPBENCH_EMBEDDER_PANNS"


def _about(name: str, rate: int, weights: tuple[Weight, ...], licence: str) -> About:
    return About(
        name=name,
        version=1,
        rate=rate,
        dim=EMBEDDING + CLASSES,
        speaks=frozenset({"audio", "logits"}),
        crop="whole",
        weights=weights,
        licence=licence,
        source="doi 10.1109/TASLP.2020.3030497, Zenodo 3987831",
    )


def _published(name: str, rate: int, file: str) -> About:
    url = f"https://zenodo.org/records/3987831/files/{file.replace('=', '%3D')}?download=1"
    return _about(name, rate, (Weight(name, url, f"panns/{file}", None, None, LICENCE),), LICENCE)


EMBEDDERS = (
    _published("panns:cnn14-16k", 16000, "Cnn14_16k_mAP=0.438.pth"),
    _published("panns:cnn14-32k", 32000, "Cnn14_mAP=0.431.pth"),
    _about(OWN, 16000, (), "its owner's"),
)


def embedding_of(vector: Vector) -> Vector:
    """The embedding in a vector of this family, never negative.

    >>> embedding_of(np.zeros(2575, np.float32)).shape
    (2048,)
    """
    return vector[:-CLASSES]


def logits_of(vector: Vector) -> Vector:
    """The logits of the 527 classes in a vector of this family, before softmax or sigmoid.

    >>> logits_of(np.zeros(2575, np.float32)).shape
    (527,)
    """
    return vector[-CLASSES:]


def locate(about: About) -> About:
    """The facts with the files to read: for weights of one's own, the file that the user names.

    Raises:
        MissingData: no file is named.
    """
    return with_own_file(about, OWN_FILE, "PANNs") if about.name == OWN else about


def open_embedder(about: About, device: str) -> Cnn14Embedder:
    """Load a file that is here; channels are as many as it has.

    Raises:
        SepbenchError: it is not the published file, or its tensors do not fit the network.
    """
    from sepbench.networks.cnn14 import Cnn14
    from sepbench.networks.cnn14_trunk import PANNS_16K, PANNS_32K, WIDTHS
    from sepbench.networks.state_dict import load_weights, read_tensors

    (weight,) = about.weights
    tensors = read_tensors(find(weight), within="model")
    last = [tensors.get(f"conv_block{number}.conv2.weight") for number in range(1, len(WIDTHS) + 1)]
    widths = tuple(width if block is None else len(block) for block, width in zip(last, WIDTHS, strict=True))
    network: Any = Cnn14(PANNS_32K if about.rate == 32000 else PANNS_16K, widths=widths)
    load_weights(network, tensors, fixed=network.fixed)
    return Cnn14Embedder(replace(about, dim=widths[-1] + CLASSES), identity_of(about), network.eval().to(device))


@dataclass(frozen=True)
class Cnn14Embedder:
    """One Cnn14, loaded. Clips are run one by one: they differ in length, and no vector depends on its neighbours."""

    about: About
    identity: str
    network: Any

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """Embedding and logits of each clip, ``(dim,)``.

        Raises:
            SepbenchError: a clip of fewer than 32 frames, 0.31 s.
        """
        return [self._clip(clip) for clip in clips]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Always raises: a tagger knows no texts."""
        raise no_texts(self.about)

    def _clip(self, clip: Audio) -> Vector:
        import torch

        waveform = torch.from_numpy(np.ascontiguousarray(clip))[None].to(next(self.network.parameters()).device)
        with torch.inference_mode():
            tags = self.network(waveform)
            vector: Vector = torch.cat([tags.embedding, tags.logits], dim=1)[0].float().cpu().numpy()
        return vector
