"""A codec that begins as a transform, so that it learns in minutes what a drawn one learns in days.

The encoder begins as a modified discrete cosine transform (Princen and Bradley, 1987; sine window of two hops), which
keeps energies and loses nothing: strided convolutions that only deal samples out to channels, and the transform as the
last one. The decoder's strided convolutions deal the samples back; its first one, the synthesis, is drawn, and learnt.
Residual units add nothing yet, and activations are all but straight. Everything is free to move. Channels beyond those
of the transform begin as drawn, unheard.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.dac import CodecSize, Decoder, Encoder
from sepbench.networks.dac_blocks import Downsampling, ResidualUnit, Snake, Spread, Upsampling

STRAIGHT = 0.005
"""Slope at which the periodic activation of audio is a straight line to half a percent."""
LATENT_GAIN = 8.0
"""Brings latents of usual audio to about 1, the size of the masker's positions."""


def begin_codec(encoder: Encoder, decoder: Decoder, size: CodecSize) -> None:
    """Make the encoder the transform, and let the decoder deal back what its drawn first layer makes of it.

    Raises:
        SepbenchError: the latent or a layer has fewer channels than the transform needs.
    """
    if min(size.channels, size.decoder_width) < size.hop:
        raise SepbenchError(
            "a codec too narrow to begin as a transform",
            given=f"{size.channels} channels, decoder of {size.decoder_width}, frames of {size.hop} samples",
            wanted="as many channels as a frame has samples",
            remedy="raise encoder_width and decoder_width, or leave out begin",
        )
    with torch.no_grad():
        for module in (*encoder.modules(), *decoder.modules()):
            if isinstance(module, Snake):
                module.alpha.fill_(STRAIGHT)
            if isinstance(module, ResidualUnit):
                _silence(_convolution(module.block[-1]), slice(None))
        _begin_encoder(encoder.block, size)
        _begin_decoder(decoder.model, size)


def transform(hop: int) -> Tensor:
    """``(hop, 2 * hop)``: rows are the windowed cosines, orthonormal also to those of the next frame.

    >>> basis = transform(4)
    >>> torch.allclose(basis @ basis.t(), torch.eye(4), atol=1e-6)
    True
    """
    times, bands = torch.arange(2 * hop), torch.arange(hop)[:, None]
    window = torch.sin(math.pi * (times + 0.5) / (2 * hop))
    return window * math.sqrt(2 / hop) * torch.cos(math.pi / hop * (times + 0.5 + hop / 2) * (bands + 0.5))


def _begin_encoder(block: nn.Sequential, size: CodecSize) -> None:
    _only(_convolution(block[0]), {(0, 0): 3})
    held = 1
    for module, stride in zip((one for one in block if isinstance(one, Downsampling)), size.strides, strict=True):
        pairs = [(old, phase) for old in range(held) for phase in range(stride)]
        _only(
            _convolution(module.block[-1]),
            {(old * stride + phase, old): phase + -(-stride // 2) for old, phase in pairs},
        )
        held *= stride
    basis, places, last = transform(size.hop) * LATENT_GAIN, _places(size.strides), _convolution(block[-1])
    _silence(last, slice(size.hop))
    last.weight[: size.hop, : size.hop, 0] = basis[:, : size.hop][:, places]
    last.weight[: size.hop, : size.hop, 1] = basis[:, size.hop :][:, places]


def _begin_decoder(model: nn.Sequential, size: CodecSize) -> None:
    first, held = _convolution(model[0]), size.hop
    first.weight.div_(LATENT_GAIN)
    nn.init.zeros_(cast("Tensor", first.bias))
    blocks = (one for one in model if isinstance(one, Upsampling))
    for module, stride in zip(blocks, reversed(size.strides), strict=True):
        spread, held = cast("Spread", module.block[1]), held // stride
        spread.weight[:, :held] = 0
        for new in range(held):
            for phase in range(stride):
                spread.weight[new * stride + phase, new, phase + size.padding(stride)] = 1
    _only(_convolution(model[-2]), {(0, 0): 3})


def _places(strides: Sequence[int]) -> list[int]:
    """Which sample of a frame each channel holds after all strides."""
    places, spacing = [0], 1
    for stride in strides:
        places = [place + phase * spacing for place in places for phase in range(stride)]
        spacing *= stride
    return places


def _only(convolution: nn.Conv1d, taps: Mapping[tuple[int, int], int]) -> None:
    """Outputs named in `taps` (output, input) hear that input at that tap and nothing else."""
    for out, _ in taps:
        _silence(convolution, slice(out, out + 1))
    for (out, heard), tap in taps.items():
        convolution.weight[out, heard, tap] = 1


def _silence(convolution: nn.Conv1d, outputs: slice) -> None:
    convolution.weight[outputs] = 0
    if convolution.bias is not None:
        convolution.bias[outputs] = 0


def _convolution(module: nn.Module) -> nn.Conv1d:
    return cast("nn.Conv1d", module)
