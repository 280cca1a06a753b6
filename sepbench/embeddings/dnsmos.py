"""DNSMOS P.835 behind the interface of embedders: a clip's "vector" is its three ratings, so that they are kept.

In the order of `AXES`, 1 to 5: the speech itself, the background, and both together. The published network rates 9.01 s
at 16 kHz; shorter clips are said again, longer ones are rated every second and averaged, as in Microsoft's own code.
Its fitted polynomials turn what the network answers into ratings. Source: arXiv 2110.01763, microsoft/DNS-Challenge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio
from sepbench.embeddings.embedder import About, Vector, identity_of, no_texts
from sepbench.errors import SepbenchError
from sepbench.weights import Weight, find

AXES = ("signal", "background", "overall")
POLYNOMIALS = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
"""By axis, the highest power first: DNSMOS/dnsmos_local.py, without the penalty for other speakers."""
RATE, WINDOW = 16000, 144160
LICENCE = "CC-BY-4.0"
NAME = "dnsmos:p835"

EMBEDDERS = (
    About(
        name=NAME,
        version=1,
        rate=RATE,
        dim=len(AXES),
        speaks=frozenset({"audio"}),
        crop="mean-9.01s-every-1s",
        weights=(
            Weight(
                NAME,
                "https://github.com/microsoft/DNS-Challenge/raw/refs/heads/master/DNSMOS/DNSMOS/sig_bak_ovr.onnx",
                "dnsmos/sig_bak_ovr.onnx",
                None,
                None,
                LICENCE,
            ),
        ),
        licence=LICENCE,
        source="arXiv 2110.01763, microsoft/DNS-Challenge",
        extra="dnsmos",
    ),
)


def open_embedder(about: About, device: str) -> DnsmosEmbedder:
    """Load the published network; it is small and runs on the processor, whatever the device.

    Raises:
        SepbenchError: the file is no network of this kind.
    """
    import importlib

    runtime = importlib.import_module("onnxruntime")
    refusals = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    (weight,) = about.weights
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = runtime.InferenceSession(find(weight), options, providers=["CPUExecutionProvider"])
    except (refusals.InvalidProtobuf, refusals.InvalidGraph, refusals.Fail) as refusal:
        raise SepbenchError(
            f"not a readable network of {about.name}",
            given=str(find(weight)),
            remedy=f"delete it and run: sepbench weights fetch {about.name}",
        ) from refusal
    return DnsmosEmbedder(about, identity_of(about), session)


@dataclass(frozen=True)
class DnsmosEmbedder:
    """The network, loaded."""

    about: About
    identity: str
    session: Any

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """The three ratings of each clip.

        Raises:
            SepbenchError: an empty clip.
        """
        return [self._clip(clip) for clip in clips]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Always raises: DNSMOS knows no texts."""
        raise no_texts(self.about)

    def _clip(self, clip: Audio) -> Vector:
        (name,) = (one.name for one in self.session.get_inputs())
        raw = [self.session.run(None, {name: window[None]})[0][0] for window in heard(clip)]
        rated = [[np.polyval(fit, x) for fit, x in zip(POLYNOMIALS, row, strict=True)] for row in raw]
        ratings: Vector = np.mean(rated, axis=0).astype(np.float32)
        return ratings


def heard(clip: Audio) -> list[NDArray[np.float32]]:
    """The windows of 9.01 s that are rated, a second apart.

    A short clip is doubled until it fills one window; what then lies beyond is heard too.

    Raises:
        SepbenchError: an empty clip.

    >>> [len(heard(np.zeros(seconds * 16000, np.float32))) for seconds in (2, 5, 10, 12)]
    [7, 1, 1, 3]
    """
    if not len(clip):
        raise SepbenchError("an empty clip has no rating", wanted="at least one sample")
    while len(clip) < WINDOW:
        clip = np.concatenate([clip, clip])
    count = max(0, int(len(clip) // RATE - WINDOW / RATE)) + 1
    return [clip[at * RATE : at * RATE + WINDOW].astype(np.float32, copy=False) for at in range(count)]
