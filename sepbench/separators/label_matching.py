"""From a query's words to one of the classes a baseline has learnt: by words alone, and none where they say nothing.

In order: the label itself; a class that all the text's words speak for; a label whose words all stand in the text; a
class that most of what the words tell speaks for; a label misspelt by a letter or two. Words are compared by their
stems, and a word tells the more the fewer classes use it.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIN_SHARE = 0.7
"""What the text's words tell must speak for one class clearly: wood that creaks is not a knock on wood."""
TYPO_RATIO = 0.84
MIN_TYPO_LETTERS = 4

FILLERS = frozenset(
    """a an the of and or in on at to from by with without for as is are be being it its this that some someone somebody
    something one two three several many sound sounds noise noises audio recording recordings hear heard hearing loud
    loudly quiet quietly soft softly while during then there again over background foreground near nearby distance
    please extract remove separate isolate keep only""".split()  # noqa: SIM905 - sixty words read better as text
)
SUFFIXES = ("ings", "ing", "ers", "er", "ies", "ied", "es", "ed", "s", "y", "e")
DOUBLING = ("ing", "ings", "ed", "er", "ers")
MIN_STEM = 3


@dataclass(frozen=True)
class Matcher:
    """The classes' words, prepared: `labels` are stems of each label, `weights` what each stem of a class tells."""

    labels: Mapping[str, tuple[str, ...]]
    weights: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, texts: Mapping[str, Sequence[str]]) -> Matcher:
        """From each label's captions; a label without captions is matched by its own words."""
        stems = {
            label: frozenset(stem for text in (label, *more) for stem in words(text)) for label, more in texts.items()
        }
        use = Counter(stem for found in stems.values() for stem in found)
        weights = {
            label: {stem: math.log(1 + len(stems) / use[stem]) for stem in sorted(found)}
            for label, found in stems.items()
        }
        return cls({label: words(label) for label in texts}, weights)

    def match(self, text: str) -> str | None:
        """The class the text speaks of, or None.

        >>> matcher = Matcher.of({"dog bark": ["A canine woofs"], "rain": ["A downpour"], "church bell": []})
        >>> [matcher.match(text) for text in ("Barking dogs", "the woofing canine", "heavy rain", "a violin")]
        ['dog bark', 'dog bark', 'rain', None]
        """
        asked = words(text)
        if not asked or not self.labels:
            return None
        same = next((label for label, stems in self.labels.items() if set(stems) == set(asked)), None)
        return (
            same
            or self._telling_words(asked, 1.0)
            or self._whole_label(asked)
            or self._telling_words(asked, MIN_SHARE)
            or self._misspelt(asked)
        )

    def _whole_label(self, asked: tuple[str, ...]) -> str | None:
        """The label with the most words, all of them in the text; of several the one named first."""
        found = [label for label, stems in self.labels.items() if stems and set(stems) <= set(asked)]
        return min(
            found, key=lambda label: (-len(self.labels[label]), asked.index(self.labels[label][0])), default=None
        )

    def _telling_words(self, asked: tuple[str, ...], least: float) -> str | None:
        """The one class for which at least the share `least` of what the words tell speaks."""
        most = max((weight for stems in self.weights.values() for weight in stems.values()), default=0.0)
        telling = {stem: max(stems.get(stem, 0.0) for stems in self.weights.values()) or most for stem in set(asked)}
        shares = {
            label: math.fsum(weights.get(stem, 0.0) for stem in telling) / math.fsum(telling.values())
            for label, weights in self.weights.items()
        }
        best = max(shares.values(), default=0.0)
        leaders = [label for label, share in shares.items() if math.isclose(share, best)]
        enough = best > least or math.isclose(best, least)
        return leaders[0] if enough and len(leaders) == 1 else None

    def _misspelt(self, asked: tuple[str, ...]) -> str | None:
        """A label each of whose words is nearly in the text."""
        labels = (label for label, stems in self.labels.items() if stems)
        return next((label for label in labels if all(is_nearly_in(stem, asked) for stem in self.labels[label])), None)


def is_nearly_in(stem: str, asked: Sequence[str]) -> bool:
    """Whether a word is in the text, a slip of the fingers allowed: slips spare first letters, or trains were rain.

    >>> [is_nearly_in("helicopter", ["helicoptr"]), is_nearly_in("rain", ["train"])]
    [True, False]
    """
    alike = [word for word in asked if word[0] == stem[0] and len(stem) >= MIN_TYPO_LETTERS]
    return stem in asked or bool(difflib.get_close_matches(stem, alike, n=1, cutoff=TYPO_RATIO))


def words(text: str) -> tuple[str, ...]:
    """The stems of a text's telling words, in order.

    >>> words("The sound of barking DOGS, nearby!")
    ('bark', 'dog')
    """
    plain = unicodedata.normalize("NFKD", text.lower().replace("_", " "))
    found = re.findall(r"[^\W\d_]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return tuple(stem(word) for word in found if word not in FILLERS and len(word) > 1)


def stem(word: str) -> str:
    """A word without its ending, and without the doubled letter an ending leaves behind.

    >>> [stem(word) for word in ("dripping", "drips", "crackling", "crackle", "cries", "crying")]
    ['drip', 'drip', 'crackl', 'crackl', 'cri', 'cri']
    """
    shorter = word
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= MIN_STEM:
            shorter = word.removesuffix(suffix)
            if (
                suffix in DOUBLING
                and len(shorter) > MIN_STEM
                and shorter[-1] == shorter[-2]
                and shorter[-1] not in "lsz"
            ):
                shorter = shorter[:-1]
            break
    return shorter[:-1] + "i" if shorter.endswith("y") else shorter
