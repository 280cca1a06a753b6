"""Where the code books of a small codec begin: each one codes some bands of the transform and leaves the others alone.

A quantiser takes the word of the nearest direction, which tells no level. So a projection's last number is a constant:
beside it, a loud vector and a faint one have different directions. Each book's projection is scaled so that its usual
levels lie around that constant. Bands are as narrow as the transform's below and
wider above, as ears have them; the lines of a band are summed with signs and share one number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.dac import CodecSize
from sepbench.networks.dac_quantiser import CODE_WIDTH, CODE_WORDS, ResidualQuantiser, Stage

LOUD_SHARE, LOUD_LEVEL = 0.9, 8.0
"""Nine tenths of a book's levels are below this one; the constant is 1."""
QUIETEST, LOUDEST = 0.1, 12.0
"""Levels that words begin with."""
LEAST_LEVEL = 1e-6


@dataclass(frozen=True)
class Filling:
    """How books are used.

    Attributes:
        bands: of a book: the fewer, the better a word tells their level.
        words: of a book's 1024.
    """

    bands: int
    words: int


def begin_books(quantiser: ResidualQuantiser, size: CodecSize, filling: Filling, latent: Tensor) -> None:
    """Projections by bands, and words of levels and directions drawn from torch's generator.

    Args:
        quantiser: of `size`.
        filling: how books are used.
        latent: ``(channels, frames)`` of usual audio, for the levels.

    Raises:
        SepbenchError: fewer lines than bands, or more words than a book has.
    """
    each = filling.bands
    bands = band_edges(size.hop, each * size.stages)
    if not (1 <= filling.words <= CODE_WORDS and 1 <= each < CODE_WIDTH):
        raise SepbenchError(
            "no such filling of a book",
            given=f"{filling.words} words of {each} bands",
            wanted=f"from 1 to {CODE_WORDS} words, of 1 to {CODE_WIDTH - 1} bands",
        )
    with torch.no_grad():
        for number, stage in enumerate(books_of(quantiser)):
            into, out = torch.zeros(CODE_WIDTH, size.channels), torch.zeros(size.channels, CODE_WIDTH)
            for place in range(each):
                low, high = bands[number * each + place : number * each + place + 2]
                signs = 1 - 2 * (torch.arange(high - low) % 2)
                into[place, low:high] = signs / math.sqrt(high - low)
                out[low:high, place] = signs.float()
            scale = _usual_level(into @ latent)
            stage.in_proj.weight.copy_(into[..., None] / scale)
            _set_bias(stage.in_proj, torch.tensor([0.0] * (CODE_WIDTH - 1) + [1.0]))
            stage.out_proj.weight.copy_(out[..., None] * scale)
            _set_bias(stage.out_proj, torch.zeros(size.channels))
            stage.codebook.weight.copy_(_words(filling))


def books_of(quantiser: ResidualQuantiser) -> list[Stage]:
    """The quantiser's stages, one book each."""
    return cast("list[Stage]", list(quantiser.quantizers))


def band_edges(lines: int, bands: int) -> list[int]:
    """Edges of bands: growing by a constant factor from a single line, in whole lines.

    Raises:
        SepbenchError: fewer lines than bands.

    >>> band_edges(12, 7)
    [0, 1, 2, 3, 5, 7, 9, 12]
    """
    if bands > lines:
        raise SepbenchError(
            "more bands than lines of the transform",
            given=f"{bands} bands",
            wanted=f"{lines} or fewer",
            remedy="use fewer stages",
        )
    low, high = 1.0, float(lines)
    for _ in range(60):  # bisection for the growth at which the edges end at the last line
        growth = math.sqrt(low * high)
        low, high = (growth, high) if _edges(bands, growth)[-1] < lines else (low, growth)
    edges = _edges(bands, high)
    return [*edges[:-1], lines]


def _edges(bands: int, growth: float) -> list[int]:
    edges, width = [0], 1.0
    for _ in range(bands):
        edges.append(edges[-1] + max(1, round(width)))
        width *= growth
    return edges


def _set_bias(convolution: nn.Conv1d, values: Tensor) -> None:
    if convolution.bias is not None:
        convolution.bias.copy_(values)


def _usual_level(projected: Tensor) -> float:
    """The level of ``(8, frames)`` that becomes the constant's."""
    levels = projected.norm(dim=0).clamp_min(LEAST_LEVEL)
    return float(torch.quantile(levels, LOUD_SHARE)) / LOUD_LEVEL


def _words(filling: Filling) -> Tensor:
    """``(1024, 8)``: the words in use, the rest where no projection is ever near: their constant is negative."""
    table = torch.zeros(CODE_WORDS, CODE_WIDTH)
    table[:, -1] = -1
    count = filling.words
    directions = torch.nn.functional.normalize(torch.randn(count, filling.bands), dim=1)
    table[:count, : filling.bands] = directions * QUIETEST * (LOUDEST / QUIETEST) ** torch.rand(count, 1)
    table[:count, -1] = 1
    return table
