"""The transformers of FlowSep's UNet: a map's places attend to each other, or to a text's tokens."""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from sepbench.networks.latent_blocks import attend, group_norm

EPSILON = 1e-6
EXPANSION = 4


@dataclass(frozen=True)
class Text:
    """`states` ``(batch, tokens, width)``; `mask` ``(batch, tokens)``, True for tokens and False for padding."""

    states: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Several heads; keys and values come from what is heard, which may be another sequence."""

    def __init__(self, width: int, heard: int, head_width: int) -> None:
        super().__init__()
        self.heads = width // head_width
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(heard, width, bias=False)
        self.to_v = nn.Linear(heard, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width))

    def forward(self, sequence: Tensor, heard: Tensor, mask: Tensor | None = None) -> Tensor:
        """``(batch, places, width)`` and ``(batch, tokens, heard)`` -> ``(batch, places, width)``."""
        query, key, value = (
            states.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for states in (self.to_q(sequence), self.to_k(heard), self.to_v(heard))
        )
        found = attend(query, key, value, None if mask is None else mask[:, None, None])
        y: Tensor = self.to_out(found.transpose(1, 2).flatten(2))
        return y


class Gated(nn.Module):
    """A linear layer, one half of which opens and closes the other."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.proj = nn.Linear(inputs, 2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(..., inputs)`` -> ``(..., outputs)``."""
        value, gate = self.proj(x).chunk(2, dim=-1)
        y: Tensor = value * nn.functional.gelu(gate)
        return y


class FeedForward(nn.Module):
    """Wider by four, and back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = EXPANSION * width
        self.net = nn.Sequential(Gated(width, inner), nn.Identity(), nn.Linear(inner, width))

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        y: Tensor = self.net(x)
        return y


class TransformerBlock(nn.Module):
    """Attention to the map itself, then to the text (or to the map once more), then a feed-forward layer."""

    def __init__(self, width: int, heard: int, head_width: int) -> None:
        super().__init__()
        self.attn1 = Attention(width, width, head_width)
        self.ff = FeedForward(width)
        self.attn2 = Attention(width, heard, head_width)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))

    def forward(self, x: Tensor, text: Text | None) -> Tensor:
        """``(batch, places, width)``."""
        normed = self.norm1(x)
        x = x + self.attn1(normed, normed)
        normed = self.norm2(x)
        x = x + (self.attn2(normed, normed) if text is None else self.attn2(normed, text.states, text.mask))
        y: Tensor = x + self.ff(self.norm3(x))
        return y


class MapTransformer(nn.Module):
    """A transformer block over all places of a map, added to it.

    Args:
        width: channels of the map.
        text_width: of the tokens; None for one that hears the map alone.
        head_width: channels for each head.
    """

    def __init__(self, width: int, text_width: int | None, head_width: int) -> None:
        super().__init__()
        self.hears_text = text_width is not None
        self.norm = group_norm(width, epsilon=EPSILON)
        self.proj_in = nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(width, text_width or width, head_width)])
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, text: Text) -> Tensor:
        """``(batch, width, frames, bands)``, shape kept."""
        places = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            places = block(places, text if self.hears_text else None)
        y: Tensor = x + self.proj_out(places.transpose(1, 2).reshape(x.shape))
        return y
