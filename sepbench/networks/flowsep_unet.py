"""FlowSep's UNet: the velocity of the flow at a time, from the state, the mixture's latent map and the text.

Dhariwal and Nichol's (arXiv 2105.05233) with transformers. Keys are the official ones, which the checkpoint prefixes
with ``model.diffusion_model.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.networks.flowsep_transformer import MapTransformer, Text
from sepbench.networks.latent_blocks import Doubling, group_norm

EPSILON = 1e-5
SLOWEST = 10000.0
TIME_EXPANSION = 4


@dataclass(frozen=True)
class UnetSize:
    """`width` channels times `multiples` at each scale, `depth` blocks there; the first scale has no transformers.

    The state's `latent` channels go in beside the mixture's; as many more come out and are not used.
    """

    width: int = 128
    multiples: tuple[int, ...] = (1, 2, 3, 5)
    depth: int = 2
    head_width: int = 32
    text_width: int = 1024
    latent: int = 8

    @property
    def widths(self) -> list[int]:
        """Channels at each scale."""
        return [self.width * multiple for multiple in self.multiples]


class TimedBlock(nn.Module):
    """Two pre-activated 3x3 convolutions around a shortcut; the time shifts every channel between them."""

    def __init__(self, inputs: int, outputs: int, time_width: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(
            group_norm(inputs, epsilon=EPSILON), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time_width, outputs))
        self.out_layers = nn.Sequential(
            group_norm(outputs, epsilon=EPSILON), nn.SiLU(), nn.Identity(), nn.Conv2d(outputs, outputs, 3, padding=1)
        )
        self.skip_connection = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """``(batch, inputs, ...)`` and ``(batch, time_width)`` -> ``(batch, outputs, ...)``."""
        y: Tensor = self.in_layers(x) + self.emb_layers(time)[:, :, None, None]
        y = self.skip_connection(x) + self.out_layers(y)
        return y


class Halving(nn.Module):
    """A 3x3 convolution at every other place."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(width, width, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Half the frames and bands."""
        y: Tensor = self.op(x)
        return y


class Stage(nn.ModuleList):
    """Layers in order, each given what it asks for."""

    def forward(self, x: Tensor, time: Tensor, text: Text) -> Tensor:
        """``(batch, channels, frames, bands)``."""
        for layer in self:
            if isinstance(layer, TimedBlock):
                x = layer(x, time)
            elif isinstance(layer, MapTransformer):
                x = layer(x, text)
            else:
                x = layer(x)
        return x


class Unet(nn.Module):
    """The velocity; the official size by default."""

    def __init__(self, size: UnetSize | None = None) -> None:
        super().__init__()
        self.size = size or UnetSize()
        width, latent = self.size.width, self.size.latent
        time_width = TIME_EXPANSION * width
        self.time_embed = nn.Sequential(nn.Linear(width, time_width), nn.SiLU(), nn.Linear(time_width, time_width))
        first = Stage([nn.Conv2d(2 * latent, width, 3, padding=1)])
        self.input_blocks = nn.ModuleList([first, *_descent(self.size, time_width)])
        last = self.size.widths[-1]
        self.middle_block = Stage(
            [TimedBlock(last, last, time_width), *_transformers(self.size, last), TimedBlock(last, last, time_width)]
        )
        self.output_blocks = nn.ModuleList(_ascent(self.size, time_width))
        top = self.size.widths[0]
        self.out = nn.Sequential(group_norm(top, epsilon=EPSILON), nn.SiLU(), nn.Conv2d(top, 2 * latent, 3, padding=1))

    def forward(self, state: Tensor, mixture: Tensor, time: Tensor, text: Text) -> Tensor:
        """The velocity of the state.

        Args:
            state: ``(batch, latent, frames, bands)``; frames and bands are multiples of 8.
            mixture: the same shape.
            time: ``(batch,)``, from 0 (noise) to 1 (sound).
            text: what to extract.

        Returns:
            The state's shape.
        """
        return self.channels(state, mixture, time, text)[:, : self.size.latent]

    def channels(self, state: Tensor, mixture: Tensor, time: Tensor, text: Text) -> Tensor:
        """All ``2 * latent`` channels that it gives."""
        embedded = self.time_embed(waves(time, self.size.width))
        x, skips = torch.cat([state, mixture], dim=1), []
        for stage in self.input_blocks:
            x = stage(x, embedded, text)
            skips.append(x)
        x = self.middle_block(x, embedded, text)
        for stage in self.output_blocks:
            x = stage(torch.cat([x, skips.pop()], dim=1), embedded, text)
        y: Tensor = self.out(x)
        return y


def waves(time: Tensor, width: int) -> Tensor:
    """Cosines, then sines of times ``(batch,)`` at falling frequencies, ``(batch, width)``.

    >>> waves(torch.tensor([0.0]), 4)
    tensor([[1., 1., 0., 0.]])
    """
    half = width // 2
    frequencies = torch.exp(-math.log(SLOWEST) * torch.arange(half, dtype=torch.float32, device=time.device) / half)
    angles = time[:, None] * frequencies
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)


def _transformers(size: UnetSize, width: int) -> list[MapTransformer]:
    return [MapTransformer(width, heard, size.head_width) for heard in (None, size.text_width)]


def _descent(size: UnetSize, time_width: int) -> Iterator[Stage]:
    """Stages after the first convolution; one that halves the map follows every scale but the last."""
    inputs = size.width
    for scale, width in enumerate(size.widths):
        for _ in range(size.depth):
            yield Stage([TimedBlock(inputs, width, time_width), *(_transformers(size, width) if scale else [])])
            inputs = width
        if scale < len(size.widths) - 1:
            yield Stage([Halving(width)])


def _ascent(size: UnetSize, time_width: int) -> Iterator[Stage]:
    """Stages back up; each also hears what one stage on the way down gave, the last of them first."""
    skips, inputs = _skip_widths(size), size.widths[-1]
    for scale, width in reversed(list(enumerate(size.widths))):
        for number in range(size.depth + 1):
            layers: list[nn.Module] = [TimedBlock(inputs + skips.pop(), width, time_width)]
            layers += _transformers(size, width) if scale else []
            layers += [Doubling(width)] if scale and number == size.depth else []
            yield Stage(layers)
            inputs = width


def _skip_widths(size: UnetSize) -> list[int]:
    """What each stage on the way down gives.

    >>> _skip_widths(UnetSize(width=32, multiples=(1, 2), depth=1))
    [32, 32, 32, 64]
    """
    widths = [size.width]
    for scale, width in enumerate(size.widths):
        widths += [width] * (size.depth + (scale < len(size.widths) - 1))
    return widths
