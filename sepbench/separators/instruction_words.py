"""Words of instructions: what stands for a whole recording, what makes an exception, and what a sound is called.

Several sounds are joined by commas, as HSM-TSS does ("the sound of rain and thunder" is "rain, thunder").
"""

from __future__ import annotations

import re


def one_of(*patterns: str) -> str:
    """A group that any of the patterns fits.

    >>> one_of("rain", "wind")
    '(?:rain|wind)'
    """
    return f"(?:{'|'.join(patterns)})"


DETERMINER = r"(?:the|an?|all|any|every|each|both|some|that|this|these|those|my|your|his|her|its|our|their|no)"
_WHOLE_NAMES = (
    *("audio", "mixture", "mix", "recording", "clip", "file", "track", "song", "tape", "sample", "input", "signal"),
    *("soundtrack", "video", "film", "movie", "scene", "podcast", "interview", "session", "take", "call", "concert"),
)
WHOLE = rf"(?:the|this|that|my|our|your) (?:\w+ )?{one_of(*_WHOLE_NAMES, 'rest')}"
EVERYTHING = one_of(
    r"(?:everything|anything|everyone|everybody|all)(?: (?:else|in|out|on|there|here))?",
    r"(?:all|every|any|the other)(?: of)?(?: the)?(?: other)? (?:sounds?|noises?|sources?|audio)",
    "it all",
    "the rest",
)
EXCEPT = one_of(
    *("but(?: for| not)?", "except(?: for)?", "excepting", "excluding", "other than", "apart from", "aside from"),
    *("besides", "save(?: for)?", "minus", "without", "with the exception of"),
    *(r"(?:that|which)(?:'s|'re| is| are) not", r"(?:that|which) (?:is|are)n't"),
)
_PAIRS = re.compile(
    one_of(
        *("rock (?:and|&) roll", "drum and bass", "rhythm and blues", "country and western", "call and response"),
        *("back and forth", "up and down", "on and off", "in and out", "over and over", "pots and pans"),
        *("bow and arrow", "mortar and pestle", "horse and (?:cart|carriage|buggy)"),
        *(r"(\w+) and \1\b", r"\w+ing (?:and|or) \w+ing\b"),
    ),
    re.IGNORECASE,
)
"""Names of one sound, and what one source does twice."""
_SEPARATOR = re.compile(
    r",? (?:as well as|along with|together with|in addition to|plus|and also|and(?! then\b)|nor|&"
    rf"|or(?= {DETERMINER} )) |, ",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    one_of(
        DETERMINER,
        *("of", "only", "just", "simply", "solely", "exclusively", "either", "neither"),
        r"(?:sounds?|noises?|audio|recordings?)(?: of| from| made by| produced by| coming from)",
        r"(?:what(?:ever)?|anything that|everything that) (?:sounds like|is|are)",
    )
    + r"\s+(?=\S)",
    re.IGNORECASE,
)
_MAKER = re.compile(r"sounds? (?:that )?(.+) (?:makes?|produces?)", re.IGNORECASE)
_JOINED = "\0"


def named(words: str) -> str:
    """The sound, or sounds, that part of an order speaks of, without articles and "the sound of".

    >>> named("the sound of the dog, a cat and any birds"), named("that dog barking and howling")
    ('dog, cat, birds', 'dog barking and howling')
    """
    kept = _PAIRS.sub(lambda pair: pair[0].replace(" ", _JOINED), words)
    sounds = [_bare(part.replace(_JOINED, " ")) for part in _SEPARATOR.split(kept)]
    return ", ".join(sound for sound in sounds if sound)


def _bare(words: str) -> str:
    """One sound without what stands before it in a sentence."""
    words = words.strip(" .,;:!?")
    while (match := _BEFORE.match(words)) is not None:
        words = words[match.end() :]
    made = _MAKER.fullmatch(words)
    return words if made is None else _bare(made[1])
