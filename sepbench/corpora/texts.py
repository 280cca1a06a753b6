"""The words of a query: in the list itself, or in the corpus it points to where a text may not be passed on."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache

from sepbench.corpora.corpus import open_corpus
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import Clip, Query, TextReference


def query_text(query: Query) -> str:
    """The query's words.

    Raises:
        MissingData: the corpus, clip or caption it points to is not here.
        InvalidRecord: the words found are not those the list was made with.
    """
    if query.text is not None:
        return query.text
    assert query.text_from is not None  # a query has one or the other: the manifest's reader sees to it
    text = _look_up(query.text_from)
    if text_sha256(text) != query.text_sha256:
        raise InvalidRecord(
            f"the text of {_place(query.text_from)} is another than the list's",
            given=f"sha256 {text_sha256(text)[:16]}",
            wanted=f"sha256 {(query.text_sha256 or '')[:16]}",
            remedy="use the release of the corpus that the list's meta file names",
        )
    return text


def text_sha256(text: str) -> str:
    """Hash of a text in NFC, UTF-8: what `text_sha256` of a query holds."""
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode()).hexdigest()


def reference_to(clip: Clip, caption: int) -> tuple[TextReference, str]:
    """A pointer to a clip's caption, counted from 0, and the hash that goes with it."""
    return TextReference(clip.corpus, clip.id, f"caption_{caption + 1}"), text_sha256(clip.captions[caption])


@cache
def clip_index(corpus: str) -> dict[str, Clip]:
    """A corpus's clips by id."""
    return {clip.id: clip for clip in open_corpus(corpus).clips()}


def _look_up(reference: TextReference) -> str:
    clip = clip_index(reference.corpus).get(reference.clip)
    kind, _, number = reference.field.partition("_")
    position = int(number) - 1 if number.isascii() and number.isdigit() else -1
    if clip is None or kind != "caption" or not 0 <= position < len(clip.captions):
        raise MissingData(
            f"{_place(reference)} is not here",
            wanted="the corpus's captions beside its audio",
            remedy=f"complete the copy: sepbench data status {reference.corpus}",
        )
    return clip.captions[position]


def _place(reference: TextReference) -> str:
    return f"{reference.field} of {reference.corpus}/{reference.clip}"
