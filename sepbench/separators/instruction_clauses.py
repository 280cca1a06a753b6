"""One clause of an instruction: what it asks for, and of what it speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sepbench.manifest import QueryMode
from sepbench.separators.instruction_courtesies import trimmed
from sepbench.separators.instruction_rules import RULES
from sepbench.separators.instruction_words import EVERYTHING, EXCEPT, WHOLE, named, one_of

Subject = Literal["a sound", "all else", "that"]
OPPOSITE: dict[QueryMode, QueryMode] = {"extract": "remove", "remove": "extract"}


def _pattern(*patterns: str) -> re.Pattern[str]:
    return re.compile(one_of(*patterns), re.IGNORECASE)


_PARTICIPLE = _pattern(r"(?!bring\b|\w+thing\b)\w+(?:ing|ed)\b")
"""With nothing before it, it begins a caption: "cutting hair with a machine"."""
_ASKED = _pattern(r"^please ", r" (?:only|nothing else|please)(?:,? (?:please|thanks|thank you))*\W*$")
_EVERYTHING_BUT = _pattern(
    rf"{EVERYTHING} {EXCEPT} (.+)",
    r"(?:all|every|any)(?: of)?(?: the)?(?: \w+){1,2} (?:but|except(?: for)?|other than|apart from) (.+)",
    rf"(?:a version of )?{WHOLE} (?:without|minus|except(?: for)?|but not) (.+)",
    r"what(?:ever)? (?:is not|isn't) (.+)",
)
_NOTHING_BUT = _pattern(r"(?:nothing|none) (?:but|except(?: for)?|other than|besides) ")
_LEAD = _pattern("(?:only|just|both) ", "not .+ but ", rf"from {WHOLE} ")
_INSTEAD = _pattern(
    r",? (?:without|but not|and not|not|instead of|rather than|minus) .+",
    rf" from (?:{EVERYTHING}|(?:the|all) (?:other|others|background|surrounding)\b.*)",
)
_AND_NO = _pattern(r",? (?:and |but )?no .+")
_FROM_SPEECH = _pattern(r" from (?:the |this |my )?(?:\w+ )?(?:speech|voices?|vocals|dialogue|narration|talk|music)$")
_SEPARATED_FROM = _pattern(r"(?:separat|isolat)\w*.*(?P<other> from (?!an? ).+)")
_ALL_ELSE = _pattern(EVERYTHING, "(?:the )?others?", "the (?:other|remaining) (?:sounds|ones)")
_THAT = _pattern(
    *("it", "them", "that", "this", "these", "those", "both(?: of them)?", "all of (?:it|them)"),
    *("(?:only )?(?:the|this|that|these|those) (?:sounds?|ones?)", "(?:this|that) noise"),
)


@dataclass(frozen=True)
class Reading:
    """What one clause says.

    Attributes:
        mode: None where it asks for nothing, and only tells what is to be heard.
        subject: a sound that it names, or all else than what its neighbour names, or that very sound.
        words: what it names, as it is called.
        firm: as of its `Rule`.
    """

    mode: QueryMode | None
    subject: Subject
    words: str
    firm: bool


def read_clause(clause: str) -> Reading | None:
    """What a clause asks for, or None where it is no order; on one line, and with straight apostrophes.

    >>> read_clause("could you please mute everything except the bell?")
    Reading(mode='extract', subject='a sound', words='bell', firm=True)
    """
    found = trimmed(clause)
    for rule in RULES:
        match = rule.pattern.fullmatch(found.words)
        if match is not None and not (_PARTICIPLE.match(clause) and match.start("x")):
            mode = OPPOSITE[rule.mode] if found.negated and rule.mode else rule.mode
            return _read(found.words, match["x"], mode, rule.firm)
    if _ASKED.search(clause) or any(one.match(found.words) for one in (_EVERYTHING_BUT, _NOTHING_BUT)):
        return _read("", found.words, "extract", True)
    return None


def _read(clause: str, words: str, mode: QueryMode | None, firm: bool) -> Reading:
    """What the object of an order comes to: "everything but X" turns the order round."""
    if (match := _LEAD.match(words)) is not None:
        words = words[match.end() :]
    if mode is not None and (match := _EVERYTHING_BUT.fullmatch(words)) is not None:
        return Reading(OPPOSITE[mode], "a sound", named(next(filter(None, match.groups()))), firm)
    if (match := _NOTHING_BUT.match(words)) is not None:
        words = words[match.end() :]
    if (match := _SEPARATED_FROM.match(clause)) is not None and words.endswith(match["other"]):
        words = words.removesuffix(match["other"])
    words = _INSTEAD.sub("", (_FROM_SPEECH if mode == "remove" else _AND_NO).sub("", words)).strip()
    subject: Subject = "that" if _THAT.fullmatch(words) else "all else" if _ALL_ELSE.fullmatch(words) else "a sound"
    return Reading(mode, subject, named(words), firm)
