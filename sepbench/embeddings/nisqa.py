"""NISQA 2.0 behind the interface of embedders: a clip's "vector" is its five ratings, so that they are kept as vectors.

In the order of `AXES`, each about 1 to 5, by the front end of the authors' code at 48 kHz: amplitudes of windows of 20
ms every 10 ms in 48 mel bands up to 20 kHz, in decibels. Source: arXiv 2104.09494, gabrielmittag/NISQA.
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
from sepbench.mel_bank import mel_bank
from sepbench.weights import Weight, find

AXES = ("mos", "noisiness", "discontinuity", "coloration", "loudness")
RATE = 48000
TRANSFORM, WINDOW, HOP, BANDS, HIGHEST_HZ = 4096, 960, 480, 48, 20000.0
SEGMENT, SEGMENT_HOP, MOST_SEGMENTS = 15, 4, 1300
MOST_FRAMES = SEGMENT - 1 + SEGMENT_HOP * MOST_SEGMENTS
LOWEST_AMPLITUDE, RANGE_DB = 1e-4, 80.0
SHORTEST_SECONDS, LONGEST_SECONDS = ((frames - 1) * HOP / RATE for frames in (SEGMENT, MOST_FRAMES))
LICENCE = "CC-BY-NC-SA-4.0"
NAME = "nisqa:2.0"

EMBEDDERS = (
    About(
        name=NAME,
        version=1,
        rate=RATE,
        dim=len(AXES),
        speaks=frozenset({"audio"}),
        crop="whole",
        weights=(
            Weight(
                NAME,
                "https://github.com/gabrielmittag/NISQA/raw/refs/heads/master/weights/nisqa.tar",
                "nisqa/nisqa.tar",
                None,
                None,
                LICENCE,
            ),
        ),
        licence=LICENCE,
        source="arXiv 2104.09494, gabrielmittag/NISQA",
    ),
)


def open_embedder(about: About, device: str) -> NisqaEmbedder:
    """Load the published file.

    Raises:
        SepbenchError: its tensors do not fit the network.
    """
    from sepbench.networks.nisqa import Nisqa
    from sepbench.networks.state_dict import load_weights, read_tensors

    (weight,) = about.weights
    network: Any = Nisqa()
    load_weights(network, read_tensors(find(weight), within="model_state_dict"))
    return NisqaEmbedder(about, identity_of(about), network.eval().to(device))


@dataclass(frozen=True)
class NisqaEmbedder:
    """NISQA, loaded; clips are rated one by one."""

    about: About
    identity: str
    network: Any

    def audio(self, clips: Sequence[Audio]) -> list[Vector]:
        """The five ratings of each clip.

        Raises:
            SepbenchError: a clip under 0.14 s or over 52 s.
        """
        return [self._clip(clip) for clip in clips]

    def text(self, texts: Sequence[str]) -> list[Vector]:
        """Always raises: NISQA knows no texts."""
        raise no_texts(self.about)

    def _clip(self, clip: Audio) -> Vector:
        import torch

        device = next(self.network.parameters()).device
        with torch.inference_mode():
            ratings: Vector = self.network(torch.from_numpy(segments(clip)).to(device)).cpu().numpy()
        return ratings


def segments(clip: Audio) -> NDArray[np.float32]:
    """What the network reads: ``(segments, 48, 15)``, a segment every 40 ms.

    Raises:
        SepbenchError: the clip is under 0.14 s, or over 52 s.
    """
    if not SEGMENT <= 1 + len(clip) // HOP <= MOST_FRAMES:
        raise SepbenchError(
            "NISQA cannot rate a clip of this length",
            given=f"{len(clip) / RATE:g} s",
            wanted=f"{SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} s",
            remedy="choose another metric for such clips",
        )
    frames = np.lib.stride_tricks.sliding_window_view(decibels(clip), SEGMENT, axis=1)
    return np.ascontiguousarray(frames[:, ::SEGMENT_HOP].transpose(1, 0, 2), dtype=np.float32)


def decibels(clip: Audio) -> NDArray[np.float64]:
    """Mel amplitudes in dB, ``(48, 1 + time // 480)``, from -80, and from 80 dB below the loudest.

    As librosa 0.11: frames centred in a signal that is reflected at its ends.
    """
    padded = np.pad(clip.astype(np.float64), TRANSFORM // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, TRANSFORM)[::HOP]
    margin = (TRANSFORM - WINDOW) // 2
    window = np.hanning(WINDOW + 1)[:-1]
    amplitudes = np.abs(np.fft.rfft(frames[:, margin : margin + WINDOW] * window, TRANSFORM, axis=1))
    mel = mel_bank(RATE, TRANSFORM, BANDS, 0.0, HIGHEST_HZ) @ amplitudes.T
    levels: NDArray[np.float64] = 20 * np.log10(np.maximum(mel, LOWEST_AMPLITUDE))
    floor = float(levels.max()) - RANGE_DB
    return levels.clip(min=floor)
