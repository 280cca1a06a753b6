"""Code books that begin as bands: what is kept of energies, what is told of levels, what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")

from recipes.hsm_tss.books import Filling, band_edges, begin_books  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402
from sepbench.networks.dac import CodecSize  # noqa: E402
from sepbench.networks.dac_quantiser import CODE_WORDS, ResidualQuantiser  # noqa: E402

SIZE = CodecSize(16000, (4, 8), stages=4, encoder_width=8, decoder_width=32, half_stride="floor")
FILLING = Filling(bands=3, words=500)


def noise(frames: int, level: float = 1.0) -> torch.Tensor:
    return level * torch.randn(SIZE.channels, frames, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def books() -> ResidualQuantiser:
    torch.manual_seed(0)
    quantiser = ResidualQuantiser(SIZE.channels, SIZE.stages)
    begin_books(quantiser, SIZE, FILLING, noise(1000))
    return quantiser


@pytest.mark.parametrize(("lines", "bands"), [(32, 12), (128, 48), (128, 128), (16, 16)])
def test_bands_fill_all_lines_and_widen(lines: int, bands: int) -> None:
    edges = band_edges(lines, bands)
    widths = [high - low for low, high in pairwise(edges)]
    assert (edges[0], edges[-1], len(widths)) == (0, lines, bands)
    assert min(widths) >= 1 and widths[:-1] == sorted(widths[:-1])


@torch.no_grad()
def test_louder_latents_are_decoded_louder(books: ResidualQuantiser) -> None:
    decoded = [float(books(noise(400, level)[None]).latent.norm()) / level for level in (0.05, 0.2, 1.0)]
    exact = float(noise(400).norm())
    assert all(0.5 < one / exact < 2 for one in decoded)


@torch.no_grad()
def test_silence_is_decoded_faint(books: ResidualQuantiser) -> None:
    assert float(books(torch.zeros(1, SIZE.channels, 1)).latent.norm()) < 0.1 * float(noise(1).norm())


@torch.no_grad()
def test_no_word_beyond_those_in_use_is_ever_chosen(books: ResidualQuantiser) -> None:
    codes = books(noise(2000)[None]).codes
    assert int(codes.max()) < FILLING.words < CODE_WORDS


@torch.no_grad()
def test_a_book_hears_its_own_bands_alone(books: ResidualQuantiser) -> None:
    edges = band_edges(SIZE.hop, FILLING.bands * SIZE.stages)
    first = edges[FILLING.bands]
    one = noise(50)[None]
    other = one.clone()
    other[:, first:] = 0
    assert torch.equal(books(one).codes[:, 0], books(other).codes[:, 0])


@pytest.mark.parametrize("filling", [Filling(0, 10), Filling(8, 10), Filling(3, 0), Filling(3, CODE_WORDS + 1)])
def test_fillings_that_no_book_has_are_refused(filling: Filling) -> None:
    with pytest.raises(SepbenchError, match=r"no such filling|number of"):
        begin_books(ResidualQuantiser(SIZE.channels, SIZE.stages), SIZE, filling, noise(10))


def test_more_bands_than_lines_are_refused() -> None:
    many = replace(SIZE, stages=11)
    with pytest.raises(SepbenchError, match="more bands than lines"):
        begin_books(ResidualQuantiser(many.channels, many.stages), many, FILLING, noise(10))
