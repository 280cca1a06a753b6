"""Reading records from JSON and TOML files: strict types, and errors that name file, line and field.

A record is a frozen dataclass; pydantic checks it at this border and nowhere else. `canonical_json` is the one form in
which records are written and hashed.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from sepbench.errors import InvalidRecord, MissingData

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Record = TypeVar("Record")
FLOAT_DIGITS = 6
SHOWN = 120
MOST_TOML = 1 << 20
MOST_DOTS = 1000
"""In one line of TOML: the parser's time and memory grow with the square of a dotted key's length."""


def canonical_json(value: object) -> str:
    """One line of JSON: sorted keys, NFC text, floats rounded to 6 digits, no blanks, no NaN.

    Raises:
        ValueError: for NaN or infinity; a record must say null and why instead.

    >>> canonical_json({"b": 0.1234567, "a": "e\\u0301"})
    '{"a":"é","b":0.123457}'
    """
    return json.dumps(_canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _canonical(value: object) -> object:
    if isinstance(value, float):
        return round(value, FLOAT_DIGITS) + 0.0  # adding zero turns -0.0, a second spelling of 0.0, into it
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    return value


_VALIDATORS: dict[Any, TypeAdapter[Any]] = {}  # building one costs milliseconds, a manifest has thousands of rows


def _validator(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    if kind not in _VALIDATORS:
        _VALIDATORS[kind] = TypeAdapter(kind)
    return _VALIDATORS[kind]


def parse_json(kind: type[Record], text: str | bytes, *, place: str) -> Record:
    """Validate one JSON document as a `kind`; `place` (file and line) starts every error.

    Raises:
        InvalidRecord: naming place, field, what was given and what was wanted.
    """
    from pydantic import ValidationError

    try:
        record: Record = _validator(kind).validate_json(text)
    except ValidationError as error:
        raise _invalid(error, place) from None
    return record


def _invalid(error: Any, place: str) -> InvalidRecord:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    given = repr(first["input"])
    invalid = InvalidRecord(
        f"{place}: field {field[:SHOWN] or '(whole record)'}",
        given="nothing" if first["type"] in ("missing", "missing_argument") else given[:SHOWN],
        wanted=first["msg"],
        remedy="correct the field",
    )
    invalid.field = field  # type: ignore[attr-defined]
    return invalid


def load_toml(kind: type[Record], path: Path) -> Record:
    """Read a TOML file as a `kind`.

    Raises:
        MissingData: no such file.
        InvalidRecord: not TOML, or a field that is missing, unknown or of the wrong type; file, line and field named.
    """
    text = read_text(path)
    table = parse_toml(text, path)
    try:
        return parse_json(kind, json.dumps(table, default=str), place=str(path))
    except InvalidRecord as error:
        field = getattr(error, "field", "")
        raise InvalidRecord(
            f"{path}, line {_toml_line(text, field)}: field {field[:SHOWN] or '(whole file)'}",
            given=error.given,
            wanted=error.wanted,
            remedy=error.remedy,
        ) from None


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """The table that the text of the file at `path` holds.

    Raises:
        InvalidRecord: not TOML, nested too deeply, too long, or with a number that JSON cannot hold.
    """
    widest = max((line.count(".") for line in text.split("\n")), default=0)
    if len(text) > MOST_TOML or widest > MOST_DOTS:
        raise InvalidRecord(
            f"{path}: too much for a TOML file",
            given=f"{len(text)} characters, {widest} dots in one line",
            wanted=f"at most {MOST_TOML} and {MOST_DOTS}",
            remedy="correct the file; a long list may stand on several lines",
        )
    try:
        table = tomllib.loads(text, parse_float=_finite)
        json.dumps(table, default=str)  # which stands a nesting that the parser stands, or says so
    except RecursionError:
        raise InvalidRecord(f"{path}: nested too deeply", remedy="correct the file") from None
    except ValueError as error:  # of the parser, or of a number with thousands of digits
        raise InvalidRecord(f"{path}: not valid TOML", given=str(error), remedy="correct the file") from None
    return table


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value


def read_text(path: Path, *, encoding: str = "utf-8") -> str:
    """The file's text, or an error that names the file."""
    with _opened(path, encoding) as file:
        return file.read()


def read_lines(path: Path) -> Iterator[str]:
    """The file's lines without their ends, one at a time; errors as of `read_text`.

    Only LF, CRLF and CR end a line: a caption may hold other characters that end one elsewhere.
    """
    with _opened(path, "utf-8") as file:
        yield from (line.removesuffix("\n") for line in file)


@contextlib.contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    """The file, open for reading. What is no file is not opened: a pipe would be waited for."""
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise OSError(0, "neither file nor folder")
        with path.open(encoding=encoding) as file:
            yield file
    except FileNotFoundError:
        raise MissingData("file not found", given=str(path), remedy="check the name and the folder") from None
    except UnicodeDecodeError as error:
        raise InvalidRecord(f"{path}: not {encoding} text", given=str(error), remedy=f"save it as {encoding}") from None
    except OSError as error:
        raise MissingData("file cannot be read", given=f"{path} ({error.strerror})", remedy="check the path") from None


def _toml_line(text: str, field: str) -> int:
    """The line where the named field stands; 1 for a field that is missing, since the whole table lacks it."""
    names = [part for part in field.split(".") if not part.isdigit()]
    for name in reversed(names):
        pattern = re.compile(
            rf"^[ \t]*(?:\[+[ \t]*)?(?:[\w\"'.-]*\.)?[\"']?{re.escape(name)}[\"']?[ \t]*(?:=|\])", re.MULTILINE
        )
        if match := pattern.search(text):
            return text.count("\n", 0, match.start()) + 1
    return 1
