"""SDCodec (Bie et al., arXiv 2409.11228): one codec whose three quantisers each keep one stem of a mixture.

Speech, music and sound effects at 16 kHz; no text. Its encoder and decoder are also the frozen ones of CodecSep.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.dac import SDCODEC_16K, CodecSize, Decoder, Encoder
from sepbench.networks.dac_quantiser import ResidualQuantiser
from sepbench.networks.state_dict import load_weights
from sepbench.networks.weight_norm import baked

TRACKS = ("speech", "music", "sfx")


class TrackQuantisers(nn.Module):
    """A chain of code books for each stem, all fed with the same latent."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        self.rvq_dict = nn.ModuleDict({track: ResidualQuantiser(size.channels, size.stages) for track in TRACKS})

    def of(self, track: str) -> ResidualQuantiser:
        """The chain of one stem.

        Raises:
            SepbenchError: there is none of this name.
        """
        if track not in self.rvq_dict:
            raise SepbenchError("no such stem of SDCodec", given=track, wanted=", ".join(TRACKS))
        return cast("ResidualQuantiser", self.rvq_dict[track])


class SdCodec(nn.Module):
    """The whole codec."""

    def __init__(self, size: CodecSize = SDCODEC_16K) -> None:
        super().__init__()
        self.encoder = Encoder(size)
        self.quantizer = TrackQuantisers(size)
        self.decoder = Decoder(size)

    def forward(self, mixture: Tensor, track: str) -> Tensor:
        """One stem of ``(batch, 1, time)`` at 16 kHz, in the same shape.

        Raises:
            SepbenchError: there is no stem of this name.
        """
        chain = self.quantizer.of(track)
        stem: Tensor = self.decoder(chain(self.encoder(mixture)).latent)
        return stem[..., : mixture.shape[-1]]


def load_sdcodec(network: SdCodec, tensors: Mapping[str, Tensor]) -> None:
    """Fill the codec from the official file's tensors.

    The file also holds probabilities of the training's jitter, which nothing here reads.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape.
    """
    load_weights(network, baked(tensors), ignored=[f"quantizer.jitter_dict.{track}.prob" for track in TRACKS])
