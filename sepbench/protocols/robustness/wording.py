"""Other ways to write a label: cases, and slips of the fingers. Pure, and seeded where something is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

WORD = re.compile(r"[^\W\d_]+")


def cases(label: str) -> dict[str, str]:
    """The label in other letter cases, by name, less those it is written in already.

    >>> cases("dog bark")
    {'upper case': 'DOG BARK', 'title case': 'Dog Bark'}
    """
    forms = {"lower case": label.lower(), "upper case": label.upper(), "title case": label.title()}
    return {name: text for name, text in forms.items() if text != label}


def typos(label: str, rng: np.random.Generator) -> dict[str, str]:
    """One slip each in the label's longest word, by name: two letters swapped, one dropped, one doubled.

    First and last letters are spared, as fingers mostly do. A word of fewer than three letters has no inner one, and
    a slip that would change nothing is left out.

    >>> typos("wind", np.random.Generator(np.random.PCG64(0)))
    {'typo swap': 'wnid', 'typo drop': 'wnd', 'typo double': 'wiind'}
    """
    words = list(WORD.finditer(label))
    if not words:
        return {}
    word = max(words, key=lambda found: len(found[0]))
    found = {}
    for name, slip in SLIPS.items():
        forms = [slip(word[0], i) for i in range(1, len(word[0]) - 1)]
        changed = [form for form in forms if form not in (None, word[0])]
        draw = rng.random()  # drawn whether or not it is used: one slip does not move another
        if changed:
            found[name] = f"{label[: word.start()]}{changed[int(draw * len(changed))]}{label[word.end() :]}"
    return found


def _swapped(word: str, i: int) -> str | None:
    """Letter `i` and the next; None where the next is the last."""
    return f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}" if i + 2 < len(word) else None


def _dropped(word: str, i: int) -> str:
    return word[:i] + word[i + 1 :]


def _doubled(word: str, i: int) -> str:
    return word[:i] + word[i] + word[i:]


SLIPS: Mapping[str, Callable[[str, int], str | None]] = {
    "typo swap": _swapped,
    "typo drop": _dropped,
    "typo double": _doubled,
}
