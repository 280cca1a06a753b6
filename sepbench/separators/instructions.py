"""What a person asks of a separator, in words: to extract or to remove, and which sound.

"Please get rid of the barking" is a removal of "barking"; a mere description is an extraction. The rules are English
and need no network; `sepbench.separators.instruction_endpoint` asks a language model in their place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sepbench.errors import SepbenchError
from sepbench.manifest import QueryMode
from sepbench.separators.instruction_clauses import OPPOSITE, Reading, read_clause
from sepbench.separators.instruction_courtesies import without_lead
from sepbench.separators.instruction_rules import ORDER
from sepbench.separators.instruction_words import named

LONGEST = 1000
_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")  # quotation marks, one for one
_TEMPLATE = re.compile(r"(?P<order>[^:]{1,80}): *(?P<description>\S.*)", re.DOTALL)
_QUOTED = re.compile(r'"(?P<description>[^"]*\w[^"]*)"')
_SENTENCE_END = re.compile(r"[.!?;]+(?:\s+|$)")
_NEXT = re.compile(
    rf"(?:,|,? (?:and|but|then|while))+ (?=(?:(?:please|just|also|only|then|instead|so) )*(?:{ORDER}|not |do not |"
    r"don't |i (?:want|need|would|only|just)\b|i'd |(?:can|could|would|will) (?:you|we) ))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Instruction:
    """What is asked: to `extract` or to `remove` the sound that `description` names."""

    mode: QueryMode
    description: str


def parse_instruction(text: str) -> Instruction:
    """Read an instruction in English.

    What stands after a colon, between quotes, or without any order is the description word for word. Elsewhere it is
    named without articles and "the sound of", and several sounds are joined by commas. Where one sound is to be kept
    and another removed, the kept one counts.

    Raises:
        SepbenchError: no words, or more than anybody asks for.

    >>> parse_instruction("Could you please get rid of the dog and the wind?")
    Instruction(mode='remove', description='dog, wind')
    >>> parse_instruction("mute everything except the bell").mode, parse_instruction("a bell rings").mode
    ('extract', 'extract')
    """
    require_words(text)
    words = " ".join(text.split())
    plain = words.translate(_STRAIGHT)
    if (template := _TEMPLATE.fullmatch(plain)) is not None:
        order = read_clause(_SENTENCE_END.split(template["order"])[-1] + " it")
        if order is not None and order.mode is not None:
            return Instruction(order.mode, _closed(words[template.start("description") :]))
    quoted = _QUOTED.findall(plain)
    if len(quoted) == 1 and (found := _meaning(_QUOTED.sub("QUOTED", plain))) is not None:
        return Instruction(found.mode, quoted[0].strip())
    return _meaning(plain) or Instruction("extract", _closed(words))


def require_words(text: str) -> None:
    """Refuse what is no instruction at all.

    Raises:
        SepbenchError: no words, or more than anybody asks for.
    """
    if not re.search(r"\w", text) or len(text) > LONGEST:
        raise SepbenchError(
            "an instruction that cannot be read",
            given=f"{len(text)} characters",
            wanted=f"some words, at most {LONGEST} characters",
            remedy="say what to extract or to remove",
        )


def _closed(description: str) -> str:
    """Without the full stop of a sentence."""
    return description.strip().rstrip(".!?").rstrip()


def _meaning(text: str) -> Instruction | None:
    """What all clauses come to; None where none is an order, a wish or a complaint."""
    readings = [reading for sentence in _SENTENCE_END.split(text) if sentence for reading in _clauses(sentence)]
    for index in range(len(readings) - 1, 0, -1):
        before = [reading for reading in readings[:index] if reading.subject == "a sound"]
        if (mode := readings[index].mode) and readings[index].subject == "that" and before:
            return Instruction(mode, before[-1].words)
    sounds = [reading for reading in readings if reading.subject == "a sound"]
    for wanted in ("extract", "remove"):
        for reading in sounds:
            if reading.firm and reading.mode == wanted:
                return Instruction(reading.mode, reading.words)
    for reading in readings:
        if reading.mode and reading.subject == "all else" and sounds:
            return Instruction(OPPOSITE[reading.mode], sounds[-1].words)
    return next((Instruction(reading.mode, reading.words) for reading in readings if reading.mode), None)


def _clauses(sentence: str) -> list[Reading]:
    """A sentence is cut before a further verb only where its beginning is an order itself: captions have verbs too."""
    parts = _NEXT.split(without_lead(sentence))
    readings = [read_clause(part) for part in parts]
    if readings[0] is None and any(reading and reading.subject == "that" for reading in readings):
        readings[0] = Reading(None, "a sound", named(parts[0]), False)
    if len(parts) > 1 and readings[0] is not None:
        return [reading for reading in readings if reading is not None]
    return [read_clause(sentence) or Reading(None, "a sound", named(sentence), False)]
