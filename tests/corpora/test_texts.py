"""Texts that a list only points to: found, hashed, missing, or other than the list's."""

from __future__ import annotations

import hashlib

import pytest

from sepbench.corpora.availability import Availability
from sepbench.corpora.texts import clip_index, query_text, reference_to
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import Query, TextReference


def pointing_to(clip: str, field: str, text: str) -> Query:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Query("caption", "extract", (0,), text_from=TextReference("synthetic", clip, field), text_sha256=digest)


def test_a_caption_is_looked_up_and_checked() -> None:
    guitar = "An acoustic guitar plays broken chords"
    assert query_text(pointing_to("acoustic_guitar/00", "caption_1", guitar)) == guitar
    assert query_text(Query("label", "extract", (0,), text="rain")) == "rain"


def test_a_pointer_made_from_a_clip_leads_back_to_its_caption() -> None:
    clip = clip_index("synthetic")["acoustic_guitar/00"]
    reference, digest = reference_to(clip, 2)
    query = Query("caption", "extract", (0,), text_from=reference, text_sha256=digest)
    assert query_text(query) == clip.captions[2]


@pytest.mark.parametrize(
    ("clip", "field"),
    [
        ("no_such/00", "caption_1"),
        ("acoustic_guitar/00", "caption_9"),
        ("acoustic_guitar/00", "caption_0"),
        ("acoustic_guitar/00", "caption_x"),
        ("acoustic_guitar/00", "licence"),
    ],
)
def test_what_is_not_there_is_missing_and_named(clip: str, field: str) -> None:
    query = pointing_to(clip, field, "x")
    with pytest.raises(MissingData, match=f"{field} of synthetic/{clip} is not here"):
        query_text(query)
    here = Availability()
    assert not here.has_text(query) and here.missing


def test_other_words_than_the_lists_are_an_error() -> None:
    with pytest.raises(InvalidRecord, match="is another than the list's"):
        query_text(pointing_to("acoustic_guitar/00", "caption_1", "Something else"))


def test_a_corpus_that_is_not_here_is_named_once() -> None:
    here = Availability()
    query = Query(
        "caption", "extract", (0,), text_from=TextReference("no_corpus", "a", "caption_1"), text_sha256="0" * 64
    )
    assert not here.has_text(query) and not here.has_text(query)
    assert len(here.missing) == 1
