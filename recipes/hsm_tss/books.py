"""Where the code books of a small spectral codec begin: each codes some neighbouring bands, leaving the others alone.

A quantiser takes the word of the nearest direction, which tells no level. So one number of every projection is a large
constant: among vectors that share it, the nearest direction is all but the nearest vector.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from sepbench.errors import SepbenchError
from sepbench.networks.dac_quantiser import CODE_WIDTH, CODE_WORDS, ResidualQuantiser, Stage
from sepbench.networks.spectral_codec import SpectralCodecSize

CONSTANT = 8.0
"""Large beside standardised levels, which are between -1.4 and 2.4."""


def begin_books(quantiser: ResidualQuantiser, size: SpectralCodecSize, words: int) -> None:
    """Projections that pick bands, and standard normal words from torch's generator.

    Args:
        quantiser: of `size`.
        words: of a book's 1024 that are used; the others lie where no projection is ever near.

    Raises:
        SepbenchError: bands that do not share out evenly among books of at most 7, or more words than a book has.
    """
    each, rest = divmod(size.bands, size.stages)
    if rest or not 1 <= each < CODE_WIDTH or not 1 <= words <= CODE_WORDS:
        raise SepbenchError(
            "no such filling of the books",
            given=f"{size.bands} bands in {size.stages} books of {words} words",
            wanted=f"from 1 to {CODE_WIDTH - 1} bands in every book, and from 1 to {CODE_WORDS} words",
            remedy="correct bands and stages of the codec, or words",
        )
    with torch.no_grad():
        for number, book in enumerate(books_of(quantiser)):
            picked = torch.eye(size.bands)[number * each : (number + 1) * each]
            for weights, value in ((book.in_proj, picked), (book.out_proj, picked.t())):
                weights.weight.zero_()
                weights.weight[: value.shape[0], : value.shape[1], 0] = value
            _set_bias(book.in_proj, torch.tensor([0.0] * (CODE_WIDTH - 1) + [CONSTANT]))
            _set_bias(book.out_proj, torch.zeros(size.bands))
            book.codebook.weight.zero_()
            book.codebook.weight[:, -1] = -CONSTANT
            book.codebook.weight[:words, :each] = torch.randn(words, each)
            book.codebook.weight[:words, -1] = CONSTANT


def books_of(quantiser: ResidualQuantiser) -> list[Stage]:
    """The quantiser's stages, one book each."""
    return cast("list[Stage]", list(quantiser.quantizers))


def _set_bias(convolution: nn.Conv1d, values: torch.Tensor) -> None:
    if convolution.bias is not None:
        convolution.bias.copy_(values)
