"""Reading run folders for pages and exports, and saying so where one is not what this version writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepbench.errors import InvalidRecord
from sepbench.results.rows import Row, by_key, read_rows
from sepbench.results.run_folder import ROWS, RUN, SUMMARY, read_json


@dataclass(frozen=True)
class ReadRun:
    """A run folder; `rows` by model and item, none where the run's rows are not here."""

    folder: Path
    summary: Mapping[str, Any]
    run: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Row]]


def read_folder(folder: Path) -> ReadRun:
    """Everything that tables are made of.

    Raises:
        MissingData: a folder without ``summary.json`` or ``run.json``.
        InvalidRecord: a file of another schema, or damaged.
    """
    rows: dict[str, dict[str, Row]] = {}
    for (model, item), row in by_key(read_rows(folder / ROWS)).items():
        rows.setdefault(model, {})[item] = row
    return ReadRun(folder, read_json(folder / SUMMARY), read_json(folder / RUN), rows)


@contextmanager
def as_written(folder: Path) -> Iterator[None]:
    """Around work that takes a folder's documents to be what `sepbench run` writes.

    Raises:
        InvalidRecord: they are not.
    """
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise InvalidRecord(
            f"{folder}: {SUMMARY} and {RUN} are not what this version writes",
            given=f"{type(error).__name__}: {error}",
            wanted="the fields of schema 1",
            remedy="run the same sepbench run command again: it rewrites both from the rows",
        ) from error
