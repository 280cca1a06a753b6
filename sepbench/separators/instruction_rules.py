"""How English asks a separator for something: verbs, wishes, complaints and exceptions, as patterns over one clause.

The first pattern that fits the whole clause says what is wanted; ``x`` is the part that names the sound. What is no
order at all, such as a caption, fits none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sepbench.manifest import QueryMode
from sepbench.separators.instruction_words import DETERMINER, EVERYTHING, EXCEPT, WHOLE, one_of

NOT = r"(?:do not|don't|never|must not|should not|shouldn't)"
_DEFINITE = rf"(?= (?:{DETERMINER}|it|them|only|just|everything|everyone|everybody|anything|nothing|what)\b)"
"""Before one of these some words are verbs that are often nouns or adjectives: "clean the hiss", "clean guitar"."""
_NO_NOUN = r"(?! (?:of|in|is|are|and|with|by|at)\b)"
"""Before one of these a verb is none: "drop of water", "silence in a room"."""
_KEEPING = one_of(
    *("extract(?:ing|ed)?", "separat(?:e|ing|ed)(?: out)?", "isolat(?:e|ing|ed)", "keep(?:ing)?", "kept"),
    *("retain(?:ing|ed)?", "preserv(?:e|ing|ed)", "(?:pull|pick)(?:ing|ed)? out", "singl(?:e|ing|ed) out"),
    *("br(?:ing(?:ing)?|ought) out", "focus(?:ing|ed)? on", "highlight(?:ing|ed)?", "recover(?:ing|ed)?"),
    *("retriev(?:e|ing|ed)", "reveal(?:ing|ed)?", "listen(?:ing)? to", "hear(?:ing)?", "let (?:me|us) hear"),
    "(?:give|show|get|find|play|send) (?:me|us)",
    "(?:solo|find|get|grab|save|leav(?:e|ing)(?: (?:me|us) with)?|left|play(?:ing)?|return|output|select|capture|boost"
    rf"|enhance|amplify|emphasi[sz]e){_DEFINITE}",
)
_DROPPING = one_of(
    *("remov(?:e|ing|ed)", "drop(?:ping|ped)?", "g(?:et|etting|ot) rid of", "mut(?:e|ing|ed)", "delet(?:e|ing|ed)"),
    *("eras(?:e|ing|ed)", "eliminat(?:e|ing|ed)", "suppress(?:ing|ed)?", "filter(?:ing|ed)?(?: out| away)?"),
    *("cut(?:ting)?(?: out| away| off)?", "(?:tak(?:e|ing|en)|took) (?:out|away|off)", "do away with", "left out"),
    *("strip(?:ping|ped)?(?: out| away| off)?", "(?:turn|switch)(?:ing|ed)? (?:off|down)", "shut(?:ting)? (?:off|up)"),
    *("leav(?:e|ing) out", "exclud(?:e|ing|ed)", "omit(?:ting|ted)?", "discard(?:ing|ed)?", "reduc(?:e|ing|ed)"),
    *("cancel(?:l?ing|l?ed)?(?: out)?", "block(?:ing|ed)?(?: out)?", "subtract(?:ing|ed)?", "edit(?:ing|ed)? out"),
    *("(?:wip|tun)(?:e|ing|ed) out", "thr(?:ow(?:ing)?|ew) (?:out|away)"),
    rf"(?:silenc(?:e|ing|ed)|stop(?:ping|ped)?|kill|los(?:e|ing)|ditch|clean(?: up| out)?|touch|change){_DEFINITE}",
)
ORDER = rf"(?:(?:{_KEEPING}|{_DROPPING}|take|turn|throw|bring|leave|make){_NO_NOUN}\b)"
"""How an order begins."""
_KEPT = r"(?:extracted|separated|isolated|kept|retained|preserved|left|heard|alone)"
_GONE = (
    r"(?:removed|gone|muted|deleted|dropped|erased|eliminated|silenced|suppressed|cut|out|"
    r"(?:filtered|cut|taken|left|edited) out)"
)
_I = r"(?:i|we)"
_ONLY = r"(?: (?:only|just|really))*"
_WANT = rf"{_I}(?:{_ONLY} (?:want|need|prefer)|(?: would|'d){_ONLY} (?:like|love|prefer))(?: to have)?"
_MUST = r"(?:should|must|has to|have to|needs? to|ought to)"
_BE = r"(?:is|are|was|were|has been|have been)"
_SURE = r"(?:make sure|ensure|see to it)(?: that)?"
_X = "(?P<x>.+?)"


@dataclass(frozen=True)
class Rule:
    """One way to say it; `firm` is an order or a wish, and a complaint or a remark yields to one of these.

    `mode` is None for what only tells what is to be heard.
    """

    mode: QueryMode | None
    pattern: re.Pattern[str]
    firm: bool


def _rules(mode: QueryMode | None, *patterns: str, firm: bool = True) -> Iterator[Rule]:
    return (Rule(mode, re.compile(pattern, re.IGNORECASE), firm) for pattern in patterns)


RULES = (
    *_rules(
        "remove",
        rf"{_WANT} {_X} {_GONE}",
        rf"{_I} {NOT} (?:want|need|like) {_X} {_KEPT}",
        rf"(?:filter|cut|strip|edit|block|leave|leaving|keep|tak(?:e|ing)|throw(?:ing)?|get|turn|switch|shut) {_X}"
        r" (?:out|away|off|down)",
        rf"mak(?:e|ing) {_X} (?:go away|disappear|vanish|stop|silent|inaudible|quieter|be gone)",
        rf"(?:rid|clean|free|strip|clear|purge)(?:ding|ing|ped)? {WHOLE} (?:of|from) {_X}",
        rf"what(?:'s| is| would be)? (?:left|remains?) (?:when|after|once|if) {_X} {_BE} {_GONE}",
        rf"(?:can|could|may) {_X} be {_GONE}",
        rf"{_SURE} {_X} {_BE} {_GONE}",
        rf"there (?:should|must|shall) be no {_X}",
        rf"(?:no one|nobody) (?:wants|likes|needs)(?: to hear)? {_X}",
        rf"(?:{_WANT} )?neither {_X}",
    ),
    *_rules(
        "extract",
        rf"{_I} {NOT} want {_X} {_GONE}",
        rf"{_WANT} {_X} {_KEPT}",
        rf"(?:can|could|may) {_X} be {_KEPT}",
        rf"{_SURE} {_X} {_BE} {_KEPT}",
        rf"(?:{_SURE}|.+ (?:so|such) that) only {_X} (?:remains?|stays?|is left|are left)",
        rf"{EVERYTHING} {_MUST} (?:go|be {_GONE}) {EXCEPT} {_X}",
        rf"strip(?:ping)? .+ down to {_X}",
        rf"make {_X} (?:stand out|louder|audible|clearer)",
        rf"(?:pull|pick|bring|single) {_X} out",
        rf"leave {_X} (?:in|be)",
        rf"let {_X} (?:through|remain|pass|stay)",
        rf"(?:only )?{_X} {_MUST} (?:remain|stay|survive|be {_KEPT})",
        rf"{_KEEPING}{_NO_NOUN} {_X}(?: out)?",
        rf"all (?:that )?(?:{_WANT}|{_I} care about)(?: to hear)? (?:is|are) {_X}",
        rf"{_I}(?:'m|'re| am| are){_ONLY} (?:interested in|looking for|after) {_X}",
        rf"{_I}{_ONLY} care about {_X}",
        rf"(?:which (?:part|sound|one)|where) is {_X}",
        rf"what (?:does|do|would|will|did) {_X} sound like",
        rf"{_WANT} {_X}",
    ),
    *_rules(
        "remove",
        rf"{_DROPPING}{_NO_NOUN} {_X}(?: out)?",
        r"(?:tak(?:e|ing)|turn|throw|leave) (?P<x>everything (?:out|away|off) .+)",
        rf"{_I} {NOT} (?:want|need|like)(?: to hear)? {_X}",
        rf"{NOT} let (?:me|us) hear {_X}",
        rf"{_X} {_MUST} (?:go|disappear|stop|vanish|be {_GONE})",
        rf"(?:no(?: more)?|(?:not|without)(?! \w+ing \w)|enough (?:of|with)|away with|spare me) {_X}",
    ),
    *_rules("extract", rf"(?:only|just) {_X}", r"(?P<x>the .+ (?:without|minus|but not) (?:the|any) .+)"),
    *_rules(
        "remove",
        rf"{_I} (?:can't|can not|cannot) (?:stand|bear) {_X}",
        rf"{_I} (?:hate|dislike) {_X}",
        rf"{_I}(?:'m|'re| am| are) (?:sick|tired) of {_X}",
        rf"{_X} (?:is|are) (?:far |way )?(?:too|so|very) (?:loud|noisy)",
        rf"{_X} (?:is|are) (?:too |so |very |really )?(?:annoying|distracting|disturbing|unbearable)",
        rf"{_X} (?:(?:is |are )?(?:ruin|spoil|bother)(?:s|ing)|annoys) .+",
        rf"(?:with the exception of|except(?: for)?|apart from|aside from|other than|besides|excluding) {_X}",
        firm=False,
    ),
    *_rules(
        "extract",
        rf"{_I} (?:can't|can not|cannot|can hardly|can barely) hear {_X}",
        rf"{_I} (?:like|love) {_X}",
        firm=False,
    ),
    *_rules(
        None,
        rf"(?:there(?:'s| is| are)|(?:is|are) there) {_X}",
        rf"(?:do )?(?:i|you|we)(?: can)?(?: also)? hear {_X}",
        rf"{WHOLE} (?:has|contains|includes) {_X}",
        firm=False,
    ),
)
