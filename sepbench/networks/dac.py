"""The Descript audio codec (Kumar et al., arXiv 2306.06546) in its three sizes: waveform to latent frames and back.

Networks hold plain weights; `load_dac` resolves the weight norm of official files, whose other keys fit as they are.
A file of the ``dac`` package wraps them under ``state_dict`` (see `sepbench.networks.state_dict.read_tensors`).
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn

from sepbench.networks.dac_blocks import Downsampling, Snake, Upsampling
from sepbench.networks.dac_quantiser import Quantised, ResidualQuantiser
from sepbench.networks.state_dict import load_weights
from sepbench.networks.weight_norm import baked


@dataclass(frozen=True)
class CodecSize:
    """One size of the codec.

    `strides` are the encoder's, the decoder has them reversed. `half_stride` tells how the decoder rounds half an odd
    stride when it cuts the ends of a transposed convolution: ``ceil`` in Descript's files, ``floor`` in SDCodec's and
    CodecSep's. The same weights under the other rounding give the same samples, shifted.
    """

    sample_rate: int
    strides: tuple[int, ...]
    stages: int
    encoder_width: int = 64
    decoder_width: int = 1536
    half_stride: Literal["ceil", "floor"] = "ceil"

    @property
    def hop(self) -> int:
        """Samples of one latent frame."""
        return math.prod(self.strides)

    @property
    def channels(self) -> int:
        """Of the latent: every block of the encoder doubles its width."""
        return self.encoder_width << len(self.strides)

    def padding(self, stride: int) -> int:
        """What a transposed convolution loses at each end.

        >>> DESCRIPT_16K.padding(5), SDCODEC_16K.padding(5), SDCODEC_16K.padding(8)
        (3, 2, 4)
        """
        return -(-stride // 2) if self.half_stride == "ceil" else stride // 2


DESCRIPT_16K = CodecSize(sample_rate=16000, strides=(2, 4, 5, 8), stages=12)
DESCRIPT_24K = CodecSize(sample_rate=24000, strides=(2, 4, 5, 8), stages=32)
DESCRIPT_44K = CodecSize(sample_rate=44100, strides=(2, 4, 8, 8), stages=9)
SDCODEC_16K = replace(DESCRIPT_16K, half_stride="floor")


class Encoder(nn.Module):
    """Waveform to latent."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        self.hop = size.hop
        widths = [size.encoder_width << number for number in range(len(size.strides))]
        self.block = nn.Sequential(
            nn.Conv1d(1, size.encoder_width, 7, padding=3),
            *(Downsampling(width, stride) for width, stride in zip(widths, size.strides, strict=True)),
            Snake(size.channels),
            nn.Conv1d(size.channels, size.channels, 3, padding=1),
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """``(batch, 1, time)`` -> ``(batch, channels, frames)``; zeros fill the last frame."""
        latent: Tensor = self.block(nn.functional.pad(waveform, (0, -waveform.shape[-1] % self.hop)))
        return latent


class Decoder(nn.Module):
    """Latent to waveform."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        widths = [size.decoder_width >> number for number in range(len(size.strides) + 1)]
        self.model = nn.Sequential(
            nn.Conv1d(size.channels, size.decoder_width, 7, padding=3),
            *(
                Upsampling(width, stride, padding=size.padding(stride))
                for width, stride in zip(widths, reversed(size.strides), strict=False)
            ),
            Snake(widths[-1]),
            nn.Conv1d(widths[-1], 1, 7, padding=3),
            nn.Tanh(),
        )

    def forward(self, latent: Tensor) -> Tensor:
        """``(batch, channels, frames)`` -> ``(batch, 1, time)``, within full scale.

        The time is that of the frames where all strides are even. An odd one makes it a little longer (``floor``) or
        shorter (``ceil``): 50 frames of 320 samples become 16008 or 15992.
        """
        waveform: Tensor = self.model(latent)
        return waveform


class Dac(nn.Module):
    """Encoder, quantiser and decoder."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        self.encoder = Encoder(size)
        self.quantizer = ResidualQuantiser(size.channels, size.stages)
        self.decoder = Decoder(size)

    def encode(self, waveform: Tensor, *, stages: int | None = None) -> Quantised:
        """``(batch, 1, time)`` at the codec's rate, to codes and their latent.

        Raises:
            SepbenchError: it has fewer code books than `stages`.
        """
        quantised: Quantised = self.quantizer(self.encoder(waveform), stages=stages)
        return quantised

    def forward(self, waveform: Tensor) -> Tensor:
        """Through all code books and back, cut to the input's time, though `Decoder` may fall short of it."""
        waves: Tensor = self.decoder(self.encode(waveform).latent)
        return waves[..., : waveform.shape[-1]]


def load_dac(network: Dac, tensors: Mapping[str, Tensor]) -> None:
    """Fill a codec from an official file's tensors, under either naming of weight norm.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape.
    """
    load_weights(network, baked(tensors))
