"""VGGish as an embedder: the vectors of the classical Fréchet audio distance.

A clip has one vector for each whole 0.96 s, ``(windows, 128)``: before the network's last ReLU and without the PCA and
the quantisation that AudioSet's own features went through, as audioldm_eval takes them. ``vggish:own`` is the file that
``SEPBENCH_EMBEDDER_VGGISH`` names. Source: arXiv 1609.09430, the port harritaylor/torchvggish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sepbench.audio import Audio
from sepbench.embeddings.embedder import About, Vector, identity_of, no_texts
from sepbench.embeddings.own_file import with_own_file
from sepbench.embeddings.vggish_front_end import RATE, log_mel_examples
from sepbench.weights import Weight, find

DIM = 128
AT_ONCE = 32
"""Windows of one pass."""
URL = "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth"
LICENCE = "not stated for the weights; code Apache-2.0"
PUBLISHED, OWN = "vggish:torchvggish", "vggish:own"
OWN_FILE = "SEPBENCH_EMBEDDER_VGGISH"


def _about(name: str, weights: tuple[Weight, ...], licence: str) -> About:
    return About(
        name=name,
        version=1,
        rate=RATE,
        dim=DIM,
        speaks=frozenset({"audio"}),
        crop="windows-0.96s-no-pca-no-relu",
        weights=weights,
        licence=licence,
        source="arXiv 1609.09430",
    )


EMBEDDERS = (
    _about(PUBLISHED, (Weight(PUBLISHED, URL, "vggish/vggish-10086976.pth", None, None, LICENCE),), LICENCE),
    _about(OWN, (), "its owner's"),
)


def locate(about: About) -> About:
    """The facts with the files to read: for weights of one's own, the file that the user names.

    Raises:
        MissingData: no file is named.
    """
    return with_own_file(about, OWN_FILE, "torchvggish") if about.name == OWN else about


def open_embedder(about: About, device: str) -> VGGishEmbedder:
    """Load a file that is here; layers are as wide as it has them.

    Raises:
        SepbenchError: it is not the published file, or its tensors do not fit the network.
    """
    from sepbench.networks.state_dict import load_weights, read_tensors
    from sepbench.networks.vggish import CHANNELS, CONVOLUTIONS, HIDDEN, VGGish

    (weight,) = about.weights
    tensors = read_tensors(find(weight))
    filters = [tensors.get(f"features.{place}.weight") for place in CONVOLUTIONS]
    channels = tuple(width if found is None else len(found) for found, width in zip(filters, CHANNELS, strict=True))
    first = tensors.get("embeddings.0.weight")
    network: Any = VGGish(channels, HIDDEN if first is None else len(first))
    load_weights(network, tensors)
    return VGGishEmbedder(about, identity_of(about), network.eval().to(device))


@dataclass(frozen=True)
class VGGishEmbedder:
    """One VGGish, loaded."""

    about: About
    identity: str
    network: Any

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """Vectors of each clip's windows, ``(windows, 128)``.

        Raises:
            SepbenchError: a clip of less than 0.975 s.
        """
        return [self._clip(clip) for clip in clips]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Always raises: VGGish knows no texts."""
        raise no_texts(self.about)

    def _clip(self, clip: Audio) -> Vector:
        import torch

        device = next(self.network.parameters()).device
        examples = torch.from_numpy(log_mel_examples(clip))
        starts = range(0, len(examples), AT_ONCE)
        with torch.inference_mode():
            passes = [self.network(examples[at : at + AT_ONCE].to(device)).float().cpu() for at in starts]
        vectors: Vector = torch.cat(passes).numpy()
        return vectors
