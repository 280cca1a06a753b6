"""Audio inside parquet files, the form in which the Hugging Face hub keeps data sets.

Such a file has a column ``audio`` of ``{bytes, path}``, the bytes being a whole WAV, FLAC or other file, beside columns
that say which clip a row is. The rows are found by those columns alone; a clip is then read from the mapped file page
by page up to its row, so that no more than a page is held at a time (its writer chose how many clips that is). The
bytes are decoded by libsndfile, as if the hub's own library had been told ``Audio(decode=False)``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sepbench.audio import Recording, decode
from sepbench.errors import InvalidRecord, MissingData, MissingExtra

AUDIO = "audio"
CONTENT = "bytes"
SHOWN = 120


@dataclass(frozen=True)
class Row:
    """Where a clip is: `index` counts the rows of one row group."""

    file: Path
    group: int
    index: int


class ParquetAudio:
    """The parquet files below a folder, as far as they hold audio.

    Args:
        id_columns: columns that name a clip, the best first; of each file the first that it has is read.
    """

    def __init__(self, root: Path, id_columns: Sequence[str]) -> None:
        self._root = root
        self._id_columns = id_columns

    @cached_property
    def _rows(self) -> dict[tuple[str, str], Row]:
        rows: dict[tuple[str, str], Row] = {}
        for file in sorted(self._root.rglob("*.parquet")):
            for column, name, row in _named_rows(file, self._id_columns):
                rows.setdefault((column, name), row)
        return rows

    def find(self, column: str, *names: str) -> Row | None:
        """The first row that a file calls one of `names` in its id column `column`; None where none does.

        Raises:
            MissingExtra: there are parquet files, and pyarrow is not installed.
            InvalidRecord: a file is damaged, or holds audio and no id.
        """
        return next((row for name in names if (row := self._rows.get((column, name)))), None)

    def read(self, row: Row) -> Recording:
        """The row's audio, mono float32.

        Raises:
            MissingData: the row has no bytes, but at most the path of a file elsewhere.
            InvalidRecord: the file is damaged.
            SepbenchError: the bytes are not readable as audio.
        """
        content = _content(row)
        place = f"{row.file}, row group {row.group}, row {row.index}"
        if content is None:
            raise MissingData("no audio in the row", given=place, remedy="take a copy of the data set with audio in it")
        return decode(io.BytesIO(content), place=place)


def _named_rows(file: Path, id_columns: Sequence[str]) -> Iterator[tuple[str, str, Row]]:
    """The id column, a clip's name and its row, for every row of a file with audio."""
    with _opened(file) as parquet:
        names = parquet.schema_arrow.names
        if AUDIO not in names:
            return
        column = next((column for column in id_columns if column in names), None)
        if column is None or not _holds_files(parquet.schema_arrow):
            raise InvalidRecord(
                f"{file}: not audio by clip",
                given=f"columns {', '.join(names)}"[:SHOWN],
                wanted=f"{AUDIO} with {CONTENT} in it, and {' or '.join(id_columns)}",
                remedy="use a copy of the data set with these columns, or move the file elsewhere",
            )
        for group in range(parquet.num_row_groups):
            values = parquet.read_row_group(group, columns=[column]).column(column)
            values.validate(full=True)  # else text that is not UTF-8 is found by Python, one value at a time
            for index, value in enumerate(values.to_pylist()):
                yield column, str(value), Row(file, group, index)


def _content(row: Row) -> bytes | None:
    with _opened(row.file) as parquet:
        # Row by row, and no row group at once: a group of the hub's files is 100 clips.
        batches = parquet.iter_batches(batch_size=1, row_groups=[row.group], columns=[f"{AUDIO}.{CONTENT}"])
        batch = next((batch for index, batch in enumerate(batches) if index == row.index), None)
        if batch is None:
            raise InvalidRecord(f"{row.file}: row group {row.group} ends early", remedy="fetch the file again")
        audio: dict[str, bytes | None] | None = batch.column(0)[0].as_py()
    return audio[CONTENT] if audio else None


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise MissingExtra(
            "audio in parquet files needs pyarrow", given=str(file), remedy='pip install "sepbench[datasets]"'
        ) from error
    try:
        with ParquetFile(file, memory_map=True) as parquet:
            yield parquet
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidRecord(
            f"{file}: not a readable parquet file", given=str(error)[:SHOWN], remedy="fetch the file again"
        ) from error


def _holds_files(schema: Any) -> bool:
    """Whether the column of audio has the bytes of files in it."""
    from pyarrow import types

    kind = schema.field(AUDIO).type
    content = kind.field(CONTENT).type if types.is_struct(kind) and kind.get_field_index(CONTENT) >= 0 else None
    return content is not None and (types.is_binary(content) or types.is_large_binary(content))
