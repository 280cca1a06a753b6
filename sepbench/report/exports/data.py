"""Entries as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

from sepbench.errors import MissingExtra
from sepbench.manifest import SCHEMA
from sepbench.report.escaping import sheet_text
from sepbench.report.exports.entries import FIELDS, Entry


def csv_text(entries: Sequence[Entry]) -> str:
    """A heading, and a line for every entry; nothing stands for what there is not, numbers keep all their digits, and
    before a text that begins like a formula stands a ``'``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(map(_cells, entries))
    return text.getvalue()


def _cells(entry: Entry) -> list[object]:
    return [sheet_text(value) if isinstance(value, str) else value for value in dataclasses.astuple(entry)]


def json_text(entries: Sequence[Entry]) -> str:
    """``{"schema": 1, "entries": [...]}``, a line for each."""
    lines = (json.dumps(dataclasses.asdict(one), ensure_ascii=False, allow_nan=False) for one in entries)
    return f'{{"schema": {SCHEMA}, "entries": [\n' + ",\n".join(lines) + "\n]}\n"


def parquet_bytes(entries: Sequence[Entry]) -> bytes:
    """The same columns, typed even where all is null; the file's metadata name the schema and every signature.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra(
            "Parquet needs pyarrow", given=str(error), remedy='pip install "sepbench[datasets]"'
        ) from error
    kinds = {str: pyarrow.string(), bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64()}
    hints = get_type_hints(Entry)
    signatures = {one.metric: one.signature for one in entries}
    schema = pyarrow.schema(
        [(name, kinds[_plain(hints[name])]) for name in FIELDS],
        metadata={"sepbench.schema": str(SCHEMA), "sepbench.signatures": json.dumps(signatures, sort_keys=True)},
    )
    table = pyarrow.Table.from_pylist([dataclasses.asdict(one) for one in entries], schema=schema)
    content = io.BytesIO()
    parquet.write_table(table, content)
    return content.getvalue()


def _plain(hint: Any) -> type:
    """The type itself of ``type | None``."""
    kinds: list[type] = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
    return kinds[0]
