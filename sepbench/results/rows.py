"""Rows: what a run knows of one model on one item, one JSON line each, and reading them."""

from __future__ import annotations

import dataclasses
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sepbench.errors import InvalidRecord, RunFolderError
from sepbench.manifest import STRICT
from sepbench.metrics.metric import Status
from sepbench.records import canonical_json, parse_json

if TYPE_CHECKING:
    from pydantic import ConfigDict

Key = tuple[str, str]
"""Model and item."""
Removal = Literal["native", "subtracted"]
RowStatus = Literal["ok", "failed", "refused", "not_applicable"]
"""``refused``: the rules of drawing (silence, extreme gain) turned the mixture down when it was first heard; that is a
property of the list, the same for every model, and nobody's failure. A list that was heard when it was made broke none
then: its rules are broken by this machine's audio, and the row is ``failed``. ``not_applicable``: the model knows fixed
stems, and the item asks for none of them."""


SUMMED = re.compile(r'(\{.*),"sum":"([0-9a-f]{8})"\}', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one item; `over_mixture` is the estimate's value minus the untouched mixture's."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    value: float | None
    status: Status
    over_mixture: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no estimate: the exception's type and what it said."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one item.

    `snr_db` is the item's own: power of the reference over power of everything else in the rendered mixture; None where
    either is silent. `cluster` is the recording that bootstraps resample. `seconds` is the separation's wall time.
    `list` is the manifest's name and `faults` what is wrong with the published row. Rows of one `pair` ask for the same
    sources of the same sounds, and differ in `variant`: another wording, level or ratio. `statistics` names the arrays
    that metrics of a set kept of the item, by metric and name.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    model: str
    item: str
    status: RowStatus
    separation_key: str
    score_key: str
    metrics: Mapping[str, Score]
    mode: str
    kind: str
    absent: bool
    corpus: str
    label: str
    cluster: str
    source_count: int
    snr_db: float | None
    list: str = ""
    pair: str = ""
    variant: str = ""
    faults: tuple[str, ...] = ()
    removal: Removal | None = None
    notes: tuple[str, ...] = ()
    seconds: float | None = None
    error: Failure | None = None
    statistics: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def statistic_keys(self) -> Iterator[str]:
        """The keys of all arrays that belong to the row."""
        return (key for keys in self.statistics.values() for key in keys.values())


def row_line(row: Row) -> str:
    """The row as one line without end; values keep their full precision (the canonical form would round them).

    The last field, ``sum``, is the CRC-32 of what stands before it: a damaged digit is found out.
    """
    import json

    body = json.dumps(
        dataclasses.asdict(dataclasses.replace(row, metrics=dict(row.metrics))),
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )
    return f'{body[:-1]},"sum":"{_crc(body[:-1])}"}}'


def parse_row(line: str, *, place: str) -> Row:
    """Read what `row_line` wrote.

    Raises:
        InvalidRecord: not a row, or a damaged one; `place` starts the error.
    """
    found = SUMMED.fullmatch(line)
    if found is None or _crc(found[1]) != found[2]:
        raise InvalidRecord(
            f"{place}: the row is damaged",
            given=line[-60:],
            wanted="a row whose checksum is right",
            remedy="delete that line and run the same command again: only its item is done anew",
        )
    return parse_json(Row, found[1] + "}", place=place)


def _crc(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def read_rows(path: Path) -> list[Row]:
    """All rows of a store, leaving the file alone; a torn last line is passed over.

    Raises:
        InvalidRecord: a whole line that is not a row, or a damaged one, by file and line.
    """
    return list(iter_rows(path))


def parse_rows(content: bytes, *, place: str) -> list[Row]:
    """The rows of a store's bytes; `place` starts the errors."""
    return list(_parsed(io.BytesIO(content), place))


def iter_rows(path: Path) -> Iterator[Row]:
    """The rows of `read_rows`, one at a time."""
    if path.exists():
        if not path.is_file():  # a pipe would be waited for
            raise RunFolderError(f"{path} is not a file", remedy="remove it, or choose another folder")
        with path.open("rb") as file:
            yield from _parsed(file, str(path))


def _parsed(lines: Iterable[bytes], place: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.endswith(b"\n"):  # else it is torn
            yield parse_row(line[:-1].decode(errors="replace"), place=f"{place}, line {number}")


def by_key(rows: Iterable[Row]) -> dict[Key, Row]:
    """Rows by model and item; an item twice for one model is refused: its averages would count it twice.

    Raises:
        InvalidRecord: naming model and item.
    """
    found: dict[Key, Row] = {}
    for row in rows:
        if (key := (row.model, row.item)) in found:
            raise twice(key)
        found[key] = row
    return found


def twice(key: Key) -> InvalidRecord:
    """The error about two rows of one model and item."""
    return InvalidRecord("rows.jsonl holds an item twice", given=", ".join(key), remedy="run --fresh")


def signature_key(signatures: Iterable[str], scoring: object) -> str:
    """What scores depend on beside the estimate: the metrics' recipes, the scoring rate and the length tolerance."""
    import hashlib

    return hashlib.sha256(canonical_json({"metrics": sorted(signatures), "scoring": scoring}).encode()).hexdigest()[:16]
