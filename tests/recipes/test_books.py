"""Code books of a spectral codec as they begin: whose bands, which word, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from recipes.hsm_tss.books import begin_books, books_of  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402
from sepbench.networks.dac_quantiser import CODE_WORDS, ResidualQuantiser  # noqa: E402
from sepbench.networks.spectral_codec import SpectralCodecSize  # noqa: E402

SIZE = SpectralCodecSize(16000, window=512, hop=160, bands=16, stages=4)
WORDS = 500


def levels(frames: int) -> torch.Tensor:
    """Standardised, between those of silence and of full scale."""
    drawn = torch.rand(1, SIZE.bands, frames, generator=torch.Generator().manual_seed(0))
    return 3.8 * drawn - 1.4


def begun(size: SpectralCodecSize = SIZE, words: int = WORDS) -> ResidualQuantiser:
    quantiser = ResidualQuantiser(size.channels, size.stages)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        begin_books(quantiser, size, words)
    return quantiser


@torch.no_grad()
def test_the_word_of_each_book_is_all_but_the_nearest() -> None:
    books, wanted = begun(), levels(300)
    coded = books(wanted)
    cut = wanted.unflatten(1, (SIZE.stages, -1)).transpose(2, 3)[0]
    far = [torch.cdist(own, book.codebook.weight[:WORDS, :4]) for own, book in zip(cut, books_of(books), strict=True)]
    chosen = torch.stack([one.gather(1, codes[:, None]) for one, codes in zip(far, coded.codes[0], strict=True)])
    nearest = torch.stack([one.min(dim=1).values for one in far])
    assert float(chosen.mean() / nearest.mean()) < 1.02


@torch.no_grad()
def test_the_latent_is_the_words_side_by_side() -> None:
    books = begun()
    coded = books(levels(20))
    words = [book.codebook(codes)[:, :4] for book, codes in zip(books_of(books), coded.codes[0], strict=True)]
    torch.testing.assert_close(coded.latent[0], torch.cat(words, dim=1).t())


@torch.no_grad()
def test_a_book_hears_its_own_bands_alone() -> None:
    books, one = begun(), levels(50)
    other = one.clone()
    other[:, 4:] = 0
    assert torch.equal(books(one).codes[:, 0], books(other).codes[:, 0])
    assert not torch.equal(books(one).codes[:, 1], books(other).codes[:, 1])


@torch.no_grad()
def test_no_word_beyond_those_in_use_is_ever_chosen() -> None:
    assert int(begun()(levels(2000)).codes.max()) < WORDS < CODE_WORDS


@pytest.mark.parametrize(
    ("size", "words"),
    [(SIZE, 0), (SIZE, CODE_WORDS + 1), (replace(SIZE, stages=3), 10), (replace(SIZE, stages=2), 10)],
)
def test_fillings_that_no_book_has_are_refused(size: SpectralCodecSize, words: int) -> None:
    with pytest.raises(SepbenchError, match="no such filling"):
        begun(size, words)
