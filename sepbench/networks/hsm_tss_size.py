"""Sizes of HSM-TSS (arXiv 2505.21025) and what it is told them by: plain settings, of an adapter or of a training.

What the paper states is the default. What it leaves open is a field whose docstring says why it is what it is: here, in
`sepbench.networks.audiomae.AudioMaeSize`, `sepbench.networks.qaudio.QAudioSize` and
`sepbench.networks.hsm_tss_codes.CodeDecoderSize`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sepbench.errors import SepbenchError
from sepbench.networks.audiomae import AudioMaeSize
from sepbench.networks.dac import DESCRIPT_16K, CodecSize
from sepbench.networks.flowsep_text import TextSize
from sepbench.networks.hsm_tss_codes import CodeDecoderSize, CodeGrid
from sepbench.networks.hsm_tss_layers import TransformerSize
from sepbench.networks.qaudio import QAudioSize
from sepbench.networks.spectral_codec import SpectralCodecSize
from sepbench.records import parse_json

FLAN_T5_BASE = TextSize(width=768, layers=12, heads=12, feed_forward=2048)


@dataclass(frozen=True)
class StageSize:
    """Size of the first or second stage, a transformer that tells all places at once.

    Attributes:
        width: 768 in the paper's second stage; its first stage's is not stated and is the same here.
        heads: 8 in the paper's second stage; likewise.
        feed_forward: four times the width.
    """

    layers: int
    width: int = 768
    heads: int = 8
    feed_forward: int = 3072

    @property
    def transformer(self) -> TransformerSize:
        """Of its layers."""
        return TransformerSize(self.width, self.layers, self.heads, self.feed_forward)


@dataclass(frozen=True)
class HsmTssSize:
    """Of every part; the paper's by default. `text` is FLAN-T5-base's, `codec` Descript's at 16 kHz."""

    audiomae: AudioMaeSize = field(default_factory=AudioMaeSize)
    text: TextSize = FLAN_T5_BASE
    qaudio: QAudioSize = field(default_factory=QAudioSize)
    global_stage: StageSize = StageSize(layers=6)
    local_stage: StageSize = StageSize(layers=12)
    code_stage: CodeDecoderSize = field(default_factory=CodeDecoderSize)
    codec: CodecSize | SpectralCodecSize = DESCRIPT_16K

    def __post_init__(self) -> None:
        if self.codec.sample_rate != self.audiomae.sample_rate or self.audiomae.samples % self.codec.hop:
            raise SepbenchError(
                "codec and autoencoder do not fit together",
                given=f"{self.codec.sample_rate} Hz in frames of {self.codec.hop} samples",
                wanted=f"{self.audiomae.sample_rate} Hz, and whole frames in {self.audiomae.samples} samples",
            )

    @property
    def grid(self) -> CodeGrid:
        """Between features and codes of one window of audio."""
        heard, steps = self.audiomae, self.audiomae.samples // self.codec.hop
        return CodeGrid(heard.columns, heard.rows, heard.width, self.codec.stages, steps)


def size_from(settings: Mapping[str, Any]) -> HsmTssSize:
    """A size out of plain settings, as TOML holds them; what is left out is the paper's.

    Raises:
        SepbenchError: a field is of the wrong type, or the parts do not fit together.

    >>> size_from({"qaudio": {"width": 32}}).qaudio
    QAudioSize(width=32, layers=2, heads=12, feed_forward=3072, embedding=256)
    """
    place = "size of HSM-TSS"
    size = parse_json(HsmTssSize, json.dumps(settings), place=place)
    if unknown := sorted(_unknown(settings, asdict(size))):
        raise SepbenchError(f"{place}: unknown fields", given=", ".join(unknown), remedy="correct their names")
    return size


def _unknown(settings: Mapping[str, Any], known: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Names of settings that are no fields."""
    for name, value in settings.items():
        if name not in known:
            yield place + name
        elif isinstance(value, Mapping):
            yield from _unknown(value, known[name], f"{place}{name}.")
