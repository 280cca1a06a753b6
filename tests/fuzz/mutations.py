"""Seeded damage: to bytes, and to plain data, which is what JSON and TOML hold.

The same seed gives the same input. Every kind of input has a file of its own beside this one, which says how many
inputs it makes; `test_total` adds them up.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

HARMFUL = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\r\n",
    b"\r",
    b"\xe2\x80\xa8",
    b"../",
    b"/",
    b'"',
    b"\\",
    b"{",
    b"[" * 2000,
    b"]",
    b",",
    b"-",
    b"1e999",
    b"9" * 5000,
    b"nan",
    b"NaN",
    b"null",
    b"\\ud800",
    b"\\u0000",
    b"x" * 70_000,
    b"\n" * 3000,
    b"a." * 1500,
)
PATHS = (
    "../../evil",
    "/tmp/evil",
    "..",
    ".",
    "a/../../b",
    "C:\\evil",
    "C:/evil",
    "~/evil",
    "a\0b",
    "a\nb",
    "x" * 300,
    "y/" * 3000,
    "/dev/zero",
    "\u202eevil",
    "",
    "x.raw",
)


@dataclass(frozen=True)
class Raw:
    """What is written as it stands: data that Python's own writer could not hold."""

    text: str


RAW = (Raw("[" * 50 + "]" * 50), Raw("[" * 3000 + "]" * 3000), Raw("1" + "0" * 4000), Raw("1" * 5000), Raw("1e999"))
NUMBERS = (
    0, -1, 1, 2, 999, 2**31, 2**63, -(2**63), 10**30, 1e308, -1e308, 1e-320, 0.5, -0.0,
    math.nan, math.inf, -math.inf,
)  # fmt: skip
TEXTS = ("\ud800", "e\u0301", "1", "nan", "\x1b[2J")
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"a": 1}, ["a", 1], *TEXTS)


def batches(fast: int, slow: int) -> list[Any]:
    """Seeds in two portions: `fast` of them for every run of the tests, `slow` more for ``-m slow``."""
    return [
        pytest.param(range(fast), id=f"{fast}"),
        pytest.param(range(fast, fast + slow), id=f"{slow}-more", marks=pytest.mark.slow),
    ]


def damaged(random: Random, content: bytes) -> bytes:
    """One to three harms to the bytes."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        content = random.choice(BYTE_HARMS)(random, content)
    return content


def _flip(random: Random, content: bytes) -> bytes:
    """Some bits the other way round."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _drop(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + content[at + random.choice((1, 2, 17, 400)) :]


def _splice(random: Random, content: bytes) -> bytes:
    """A piece of it once more, elsewhere."""
    start, at = random.randrange(len(content) + 1), random.randrange(len(content) + 1)
    return content[:at] + content[start : start + random.randrange(1, 200)] + content[at:]


def _insert(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(HARMFUL) + content[at:]


def _replace(random: Random, content: bytes) -> bytes:
    at, put = random.randrange(len(content) + 1), random.choice(HARMFUL)
    return content[:at] + put + content[at + min(len(put), 8) :]


def _lines(random: Random, content: bytes) -> bytes:
    """Whole lines twice, away, in another order, or with another end."""
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    done = random.randrange(5)
    if done == 0:
        lines.insert(at, lines[at])
    elif done == 1:
        del lines[at]
    elif done == 2:
        random.shuffle(lines)
    elif done == 3:
        lines = [line + b"\r" for line in lines]
    else:
        lines[at] = b""
    return b"\n".join(lines)


def _whole(random: Random, content: bytes) -> bytes:
    """Something else altogether."""
    return random.choice((b"", b"\n", b"null\n", b"[]\n", b"{" * 3000, b"\xef\xbb\xbf" + content, content * 2))


BYTE_HARMS: Sequence[Callable[[Random, bytes], bytes]] = (
    _flip, _flip, _cut, _drop, _splice, _insert, _insert, _replace, _lines, _lines, _whole
)  # fmt: skip


def altered(random: Random, tree: Any) -> Any:
    """A copy of plain data in which one to three values, keys or items are others."""
    root = [copy.deepcopy(tree)]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        holder, key = random.choice(_places(root))
        _alter(random, holder, key)
    return root[0]


def _places(holder: Any) -> list[tuple[Any, Any]]:
    """Where a value stands: its container and its key or index, at any depth."""
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    here = [(holder, key) for key in keys]
    return here + [place for key in keys if isinstance(holder[key], (dict, list)) for place in _places(holder[key])]


def _alter(random: Random, holder: Any, key: Any) -> None:
    done, old = random.randrange(12), holder[key]
    if done == 0 and isinstance(holder, dict):
        del holder[key]
    elif done == 1 and isinstance(holder, dict):
        holder[random.choice(("more", "a\nb", "", "k" * 500, "x\x1b", *PATHS[:4]))] = copy.deepcopy(old)
    elif done == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(old))
    elif done == 3:
        holder[key] = random.choice(RAW)
    elif done == 4 and isinstance(old, (int, float)) and not isinstance(old, bool):
        holder[key] = random.choice((-old, old * 1000, old + 1, old / 2))
    else:
        holder[key] = copy.deepcopy(random.choice(_in_place_of(old)))


def _in_place_of(old: Any) -> Sequence[Any]:
    """Values that a careless reader may take for one of that type."""
    if isinstance(old, (int, float)):
        return (*NUMBERS, *NUMBERS, *OTHERS)
    if isinstance(old, str):
        return (*PATHS, *OTHERS, 3, old[::-1], "z" * 50_000)
    return (*OTHERS, 3, "text", *NUMBERS[:3])


def json_text(tree: Any) -> bytes:
    """The data as JSON on one line, with NaN, and with halves of surrogate pairs as escapes."""
    return _written(tree, ":", json.dumps, {}).encode()


def toml_text(table: Any) -> bytes:
    """The data as TOML, one line for each key; null, for which TOML has no word, stands there all the same."""
    if not isinstance(table, dict):
        return _toml(table)
    return b"".join(_quoted(key).encode() + b" = " + _toml(value) + b"\n" for key, value in table.items())


def _toml(value: Any) -> bytes:
    return _written(value, " = ", _quoted, {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}).encode()


def _quoted(text: str) -> str:
    return json.dumps(text).replace("\x7f", "\\u007f")


def _written(value: Any, colon: str, quoted: Callable[[str], str], names: dict[str, str]) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        items = (f"{quoted(key)}{colon}{_written(item, colon, quoted, names)}" for key, item in value.items())
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item, colon, quoted, names) for item in value) + "]"
    text = json.dumps(value)
    return names.get(text, text)
