"""CodecFormer's masker (Yip et al., arXiv 2406.12434): speakers separated among the latent frames of a codec.

It hears no text; the order of its outputs is free. The original wraps it in Descript's 16 kHz codec without quantiser
(see `sepbench.networks.dac`), at 8 kHz outside and with peaks normed before and after. No trained weights are public.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sepbench.networks.attention import SelfAttention
from sepbench.networks.dac_blocks import Snake
from sepbench.networks.latent_masker import MaskerSize, feed_forward
from sepbench.networks.positions import Positions
from sepbench.networks.state_dict import load_weights
from sepbench.networks.weight_norm import baked

CODECFORMER_MASKER = MaskerSize()
EPSILON = 1e-6


class Attention(nn.Module):
    """As nested in the original."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.att = SelfAttention(size.width, size.heads)


class FeedForward(nn.Module):
    """As nested in the original."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.ffn = feed_forward(size)


class Norm(nn.Module):
    """As nested in the original."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size.width, eps=EPSILON)


class Layer(nn.Module):
    """Attention and feed-forward, each on its normed input and added to it."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.self_att = Attention(size)
        self.pos_ffn = FeedForward(size)
        self.norm1 = Norm(size)
        self.norm2 = Norm(size)

    def forward(self, sequence: Tensor) -> Tensor:
        """``(batch, frames, width)``."""
        sequence = sequence + self.self_att.att(self.norm1.norm(sequence))
        heard: Tensor = sequence + self.pos_ffn.ffn(self.norm2.norm(sequence))
        return heard


class Layers(nn.Module):
    """All layers in a row and a norm."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.norm = Norm(size)


class Transformer(nn.Module):
    """Positions and layers."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.mdl = Layers(size)
        self.pos_enc = Positions(size.frame_limit, size.width)

    def forward(self, sequence: Tensor) -> Tensor:
        """``(batch, frames, width)``."""
        sequence = self.pos_enc(sequence)
        for layer in self.mdl.layers:
            sequence = layer(sequence)
        normed: Tensor = self.mdl.norm.norm(sequence)
        return normed


class CodecFormerMasker(nn.Module):
    """Latent to one mask for each speaker.

    Args:
        size: of the masker.
        speakers: how many.
    """

    def __init__(self, size: MaskerSize = CODECFORMER_MASKER, *, speakers: int = 2) -> None:
        super().__init__()
        self.speakers = speakers
        self.ch_down = nn.Conv1d(size.channels, size.width, 1, bias=False)
        self.block = Transformer(size)
        self.ch_up = nn.Conv1d(size.width, size.channels, 1, bias=False)
        self.masker = nn.Conv1d(size.channels, speakers * size.channels, 1, bias=False)
        self.output = nn.Sequential(nn.Conv1d(size.channels, size.channels, 1), Snake(size.channels))
        self.output_gate = nn.Sequential(nn.Conv1d(size.channels, size.channels, 1), nn.Sigmoid())
        self.activation = Snake(size.channels)

    def sequence(self, latent: Tensor) -> Tensor:
        """What the transformer makes of ``(batch, channels, frames)``: ``(batch, frames, width)``.

        Raises:
            SepbenchError: more than 2500 frames, which are 50 s.
        """
        heard: Tensor = self.block(self.ch_down(latent).transpose(1, 2))
        return heard

    def forward(self, latent: Tensor) -> Tensor:
        """``(batch, channels, frames)`` -> ``(batch, speakers, channels, frames)``, masks of any sign and size.

        Raises:
            SepbenchError: more than 2500 frames.
        """
        masks = self.masker(self.ch_up(self.sequence(latent).transpose(1, 2)))
        each = masks.unflatten(1, (self.speakers, -1)).flatten(0, 1)
        gated = self.activation(self.output(each) * self.output_gate(each))
        return torch.unflatten(gated, 0, (-1, self.speakers))


def load_codecformer(network: CodecFormerMasker, tensors: Mapping[str, Tensor]) -> None:
    """Fill the masker from the tensors of its part of a trained file.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape.
    """
    load_weights(network, baked(tensors))
