"""CodecSep between code streams: SDCodec's codes of a mixture in, codes of the separated tracks out, no waveform.

Each track of SDCodec has its own code books: the mixture's latent is the sum of what the three streams give, and every
masked latent is coded with its own track's books again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sepbench.networks.codecsep import CodecSep
from sepbench.networks.dac_quantiser import CODE_WORDS, Quantised
from sepbench.networks.sdcodec import TRACKS, TrackQuantisers

CODE_BITS = (CODE_WORDS - 1).bit_length()


@dataclass(frozen=True)
class TrackStreams:
    """`codes` ``(3, stages, frames)`` and their latents ``(3, channels, frames)`` in the order speech, music, sfx."""

    codes: Tensor
    latents: Tensor


def quantise_tracks(latents: Tensor, quantisers: TrackQuantisers) -> TrackStreams:
    """Code ``(3, channels, frames)``, each with its track's books; a mixture's latent is given three times."""
    coded: list[Quantised] = [quantisers.of(track)(latent[None]) for track, latent in zip(TRACKS, latents, strict=True)]
    return TrackStreams(
        codes=torch.cat([each.codes for each in coded]), latents=torch.cat([each.latent for each in coded])
    )


def separate_codes(network: CodecSep, quantisers: TrackQuantisers, codes: Tensor, conditions: Tensor) -> TrackStreams:
    """Streams of a mixture to streams of what three texts tell.

    Args:
        network: of whose parts only the masker is used.
        quantisers: SDCodec's.
        codes: ``(3, stages, frames)`` of the mixture.
        conditions: ``(3, 512)``, embeddings of unit length, in the tracks' order.

    Raises:
        SepbenchError: more frames than the masker takes, or more stages than code books.
    """
    latent = mixture_latent(codes, quantisers)
    return quantise_tracks(latent * network.mask(latent.expand(len(TRACKS), -1, -1), conditions), quantisers)


def separate_track(
    network: CodecSep, quantisers: TrackQuantisers, codes: Tensor, condition: Tensor, track: str
) -> Quantised:
    """Streams of a mixture to the one stream of what a text tells, coded with a track's books.

    Args:
        network: of whose parts only the masker is used.
        quantisers: SDCodec's.
        codes: ``(3, stages, frames)`` of the mixture.
        condition: ``(1, 512)``, an embedding of unit length.
        track: one of `TRACKS`.

    Raises:
        SepbenchError: more frames than the masker takes, more stages than code books, or no such track.
    """
    latent = mixture_latent(codes, quantisers)
    found: Quantised = quantisers.of(track)(latent * network.mask(latent, condition))
    return found


def stream_bytes(codes: Tensor) -> int:
    """What codes take in a stream, packed, at 10 bits for one of 1024 words.

    >>> stream_bytes(torch.zeros(3, 12, 50))
    2250
    """
    return -(-codes.numel() * CODE_BITS // 8)


def mixture_latent(codes: Tensor, quantisers: TrackQuantisers) -> Tensor:
    """``(3, stages, frames)`` -> ``(1, channels, frames)``, what the masker hears.

    Raises:
        SepbenchError: more stages than code books.
    """
    pairs = zip(TRACKS, codes, strict=True)
    return torch.stack([quantisers.of(track).from_codes(stream[None]) for track, stream in pairs]).sum(dim=0)
