"""CodecSep's masker: a transformer over a codec's latent frames, shifted by a text's embedding after every step.

The shifts (FiLM without scaling) are linear in the embedding, each with its own weights, and come after the norms. The
mask has any sign and size. Keys are the official ones, with their literal ``->``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from torch import Tensor, nn

from sepbench.networks.attention import SelfAttention
from sepbench.networks.dac_blocks import Snake
from sepbench.networks.latent_masker import MaskerSize, feed_forward
from sepbench.networks.positions import Positions

SHIFTS = ("beta1", "beta2")


class Layer(nn.Module):
    """Attention and feed-forward, each added to its input, normed, then shifted."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.self_attn = SelfAttention(size.width, size.heads)
        self.norm1 = nn.LayerNorm(size.width)
        self.norm2 = nn.LayerNorm(size.width)
        self.ffn = feed_forward(size)

    def forward(self, sequence: Tensor, shift1: Tensor, shift2: Tensor) -> Tensor:
        """``(batch, frames, width)``, shifts ``(batch, 1, width)``."""
        sequence = self.norm1(sequence + self.self_attn(sequence)) + shift1
        shifted: Tensor = self.norm2(sequence + self.ffn(sequence)) + shift2
        return shifted


class Layers(nn.Module):
    """All layers in a row, without a norm at their end."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))

    def forward(self, sequence: Tensor, film: nn.ModuleDict, condition: Tensor) -> Tensor:
        """``(batch, frames, width)``."""
        for number, layer in enumerate(self.layers):
            shifts = (film[f"block->layers->{number}->{name}"](condition)[:, None] for name in SHIFTS)
            sequence = layer(sequence, *shifts)
        return sequence


class Masker(nn.Module):
    """Latent and embedding to a mask."""

    def __init__(self, size: MaskerSize) -> None:
        super().__init__()
        self.ch_down = nn.Conv1d(size.channels, size.width, 1, bias=False)
        self.pos_enc = Positions(size.frame_limit, size.width)
        self.block = Layers(size)
        self.ch_up = nn.Conv1d(size.width, size.channels, 1, bias=False)
        self.masker = nn.Conv1d(size.channels, size.channels, 1, bias=False)
        self.output = nn.Sequential(nn.Conv1d(size.channels, size.channels, 1), Snake(size.channels))
        self.activation = Snake(size.channels)  # trained files hold its slopes, no forward pass uses them

    def forward(self, latent: Tensor, film: nn.ModuleDict, condition: Tensor) -> Tensor:
        """``(batch, channels, frames)``, the same shape for the mask.

        Raises:
            SepbenchError: more frames than the table of positions has.
        """
        sequence = self.pos_enc(self.ch_down(latent).transpose(1, 2))
        up = self.ch_up(self.block(sequence, film, condition).transpose(1, 2))
        masks = self.masker(up + film["beta1"](condition)[..., None])
        mask: Tensor = self.output(masks + film["beta2"](condition)[..., None])
        return mask


def shifts(size: MaskerSize, condition: int) -> nn.ModuleDict:
    """The linear layers from an embedding of `condition` numbers to every shift."""
    widths = dict.fromkeys(SHIFTS, size.channels)
    for number in range(size.layers):
        widths |= {f"block->layers->{number}->{name}": size.width for name in SHIFTS}
    return nn.ModuleDict({name: nn.Linear(condition, width) for name, width in widths.items()})
