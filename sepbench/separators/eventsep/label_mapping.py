"""From a prompt to one of AudioSet's classes: the same name, one inside the other, or the nearest in meaning.

The paper's second rule knows no words: "cow" is inside "Cowbell", "Zing" inside "sneezing". `LABEL_MAPS` holds it
beside one that compares whole words. Both take the first class in index order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from sepbench.search_path import closest

Route = Literal["exact", "substring", "embedding"]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of unit length, ``(texts, dimensions)``; EventSep takes all-MiniLM-L6-v2."""


@dataclass(frozen=True)
class ClassMatch:
    """The class a prompt was mapped to, and by which rule."""

    index: int
    label: str
    route: Route


def map_prompt(prompt: str, labels: Sequence[str], *, label_map: str, embed: Embed) -> ClassMatch:
    """The class a prompt speaks of; there always is one.

    Args:
        prompt: upper case and outer blanks do not matter.
        labels: the classes' names.
        label_map: ``paper`` or ``word-boundary``.
        embed: called only where the words decide nothing.

    Raises:
        SepbenchError: an empty prompt, or an unknown rule.

    >>> labels = ["Speech", "Cowbell", "Cattle, bovinae", "Moo"]
    >>> map_prompt("cow", labels, label_map="paper", embed=lambda texts: np.eye(4))
    ClassMatch(index=1, label='Cowbell', route='substring')
    """
    if label_map not in LABEL_MAPS:
        raise SepbenchError("unknown label map", given=label_map, remedy=closest(label_map, list(LABEL_MAPS)))
    found = by_words(prompt, labels, LABEL_MAPS[label_map])
    if found is not None:
        return found
    vectors = embed([prompt.strip().lower(), *labels])
    nearest = int(np.argmax(vectors[1:] @ vectors[0]))
    return ClassMatch(nearest, labels[nearest], "embedding")


def by_words(prompt: str, labels: Sequence[str], inside: Callable[[str, str], bool]) -> ClassMatch | None:
    """The first class of the same name, else the first of which one name is inside the other, else None."""
    asked = prompt.strip().lower()
    if not asked:
        raise SepbenchError("empty prompt", wanted="words that name a sound")
    names = [label.strip().lower() for label in labels]
    if asked in names:
        index = names.index(asked)
        return ClassMatch(index, labels[index], "exact")
    for index, name in enumerate(names):
        if inside(asked, name) or inside(name, asked):
            return ClassMatch(index, labels[index], "substring")
    return None


def letters_inside(part: str, whole: str) -> bool:
    """Whether the letters of one text stand in the other in a row.

    >>> letters_inside("cow", "cowbell")
    True
    """
    return part in whole


def words_inside(part: str, whole: str) -> bool:
    """Whether the words of one text stand in the other in a row, punctuation aside.

    >>> [words_inside("cow", "cowbell"), words_inside("fiddle", "violin, fiddle")]
    [False, True]
    """
    needle, hay = (" ".join(["", *re.findall(r"\w+", text), ""]) for text in (part, whole))
    return bool(needle.strip()) and needle in hay


LABEL_MAPS: dict[str, Callable[[str, str], bool]] = {"paper": letters_inside, "word-boundary": words_inside}
