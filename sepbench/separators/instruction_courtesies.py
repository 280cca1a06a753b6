"""What people put around an order: greetings, requests, thanks, reasons, and whether they ask not to do it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sepbench.separators.instruction_rules import NOT, ORDER
from sepbench.separators.instruction_words import WHOLE, one_of

_CAN = r"(?: can| could| would)?"
_LEADING = re.compile(
    one_of(
        "(?:please|kindly|hi|hello|hey|thanks|ok(?:ay)?|well|so|now|then|and|but|also|instead|yes)(?=[ ,])",
        "if (?:so|there is|possible|you can|you could)(?=[ ,])",
        "(?:can|could|would|will) (?:you|we|i)(?: please| kindly| mind| try to)*",
        "(?:would it be|is it|is there (?:a|any) way)(?: possible)?(?: for you)? to",
        "how (?:(?:do|can|could|would|should|might) (?:i|we|you|one)|to)",
        "why (?:don't (?:you|we)|not)",
        rf"i (?:was |am )?(?:hoping|wondering|wonder|wish)(?: if| that)? (?:you|we){_CAN}",
        "i(?:'d| would|'m| am)?(?: just| only| really)*(?: like| love| want| need| prefer| trying)(?: you)? to",
        rf"(?:i(?:'d| would) love it|what|it would be \w+) if (?:you|we|i){_CAN}",
        "(?:i need )?help(?: me| us)?(?: to| with)?",
        "let(?:'s| us)",
        "try to",
        "go ahead and",
        "make sure (?:to|that you|you)",
        "(?:you|we) (?:should|must|can|could|may|need to|have to)",
        "(?:the|your|my) (?:task|goal|job|aim) is to",
        "(?:(?:the|your|my) )?(?:task|job|goal|instruction|request|command|prompt|query):",
        rf"(?:for|in|from|out of|on|given|with) {WHOLE}(?=[ ,])",
        r"(?:isolate|extract|separate|find|identify|detect|locate|select|take)(?: it| them)? and(?= \w)",
        "what(?:'s| is| would be)? (?:left|remains?)(?: over)?(?: after| by| if (?:you|we|i))",
        rf"(?:how|what) (?:does|do|would|will|did) (?:it|this|that|everything|{WHOLE}) sound(?: like)?(?= without)",
        rf"(?:just|only|simply|to|really|sounds? to)(?= {ORDER})",
    )
    + "[ ,]+",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    rf"(?:(?:i|you|we)(?:'d| would)? )?(?:{NOT}|stop|rather not|prefer not to)(?: want| wish| like| need)?(?: you)?"
    rf"(?: to)? (?={ORDER})",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    "[ ,]+"
    + one_of(
        *("please", "kindly", "thanks", "thank you(?: very much| so much)?", "for (?:me|us)", "ok(?:ay)?"),
        *("if (?:possible|you can|you could)", "(?:will|would|could|can) you", "right now", "instead", "again"),
        *("any ?more", "completely", "entirely", "altogether", "(?:and )?nothing (?:else|more)", "in isolation"),
        *("on (?:its|their|his|her) own", "by (?:it|them|him|her)sel(?:f|ves)", "alone", "only", "somewhere"),
        *("untouched", "unchanged", "intact", "as is"),
        "(?:so that(?! only)|so (?:i|we|you)|because|since (?:it|they|i)|in order to) .+",
        rf"(?:from|of|in|within) {WHOLE}",
    )
    + "$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Trimmed:
    """A clause without its courtesies; `negated` says that what it names is to be left undone."""

    words: str
    negated: bool


def without_lead(words: str) -> str:
    """Without what leads up to an order.

    >>> without_lead("Hi, could you please mute the bell")
    'mute the bell'
    """
    while (match := _LEADING.match(words)) is not None:
        words = words[match.end() :]
    return words


def trimmed(clause: str) -> Trimmed:
    """Without courtesies on both sides.

    >>> trimmed("Please do not mute the bell, thanks!")
    Trimmed(words='mute the bell', negated=True)
    """
    words, before, negated = clause.strip(" ,.;:!?"), "", False
    while words != before:
        before, words = words, _TRAILING.sub("", without_lead(words))
        if (match := _NEGATION.match(words)) is not None:
            words, negated = words[match.end() :], not negated
    return Trimmed(words, negated)
