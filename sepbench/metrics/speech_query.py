"""Whether a query asks for speech: metrics that rate speech have nothing to say of other sounds."""

from __future__ import annotations

import re

from sepbench.metrics.metric import Sample, Undefined

WORDS = re.compile(
    r"speech|voices?|spoken|dialog(ue)?s?|monolog(ue)?s?|conversations?|narrat(es?|ed|ing|ions?|ors?)|"
    r"(speak|talk|whisper|shout|convers)(s|es|ed|ing|ers?)?|spoke|says?|said|saying",
    re.IGNORECASE,
)
RULE = "speech-words"
"""Stands in the signatures of metrics that ask."""


def asks_for_speech(query: str) -> bool:
    """Whether one of its words is a word for speech; singing, laughter and babies' cries are none.

    >>> [asks_for_speech(text) for text in ("a man speaks over wind", "Male speech, man speaking", "bird song")]
    [True, True, False]
    """
    return any(WORDS.fullmatch(word) for word in re.findall(r"[a-z]+", query, re.IGNORECASE))


def check_speech(sample: Sample) -> None:
    """Raise `Undefined` ``not_applicable`` for a query for other sounds, or for one to remove; none at all passes."""
    if sample.query is not None and (sample.removal or not asks_for_speech(sample.query)):
        raise Undefined("not_applicable", "the query does not ask for speech")
