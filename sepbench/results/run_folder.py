"""A run's folder: its lock, its parts, and reading it back."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sepbench.errors import InvalidRecord, MissingData, RunFolderError
from sepbench.manifest import SCHEMA
from sepbench.paths import write_whole
from sepbench.records import read_text
from sepbench.results.rows import Row, read_rows

if TYPE_CHECKING:
    import pandas

ROWS, RUN, SUMMARY, LOCK = "rows.jsonl", "run.json", "summary.json", ".lock"
ESTIMATES, LOGS, STATS = "estimates", "logs", "stats"


class RunLock:
    """Keeps a second process out of the folder. The system drops it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        import fcntl

        try:
            folder.mkdir(parents=True, exist_ok=True)
            # A link would make a file elsewhere; a pipe would be waited for.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
            self._file = os.fdopen(os.open(folder / LOCK, flags, 0o666), "a")
        except OSError as error:
            raise RunFolderError(
                "the run folder cannot be written", given=f"{folder}: {error.strerror}", remedy="choose another --out"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise RunFolderError(
                "another process is working in this run folder",
                given=str(folder),
                remedy="wait for it, or choose another --out",
            ) from None

    def release(self) -> None:
        """Let others in."""
        self._file.close()


@dataclass(frozen=True)
class Run:
    """A finished or unfinished run, read from its folder."""

    folder: Path
    run: dict[str, Any]
    summary: dict[str, Any]
    rows: list[Row]

    def to_frame(self) -> pandas.DataFrame:
        """One line per model, item and metric: the long table that statistics want.

        Columns: model, item, metric, value, status, over_mixture, and the row's keys (mode, kind, absent, corpus,
        label, cluster, source_count, snr_db, removal).
        """
        import pandas

        keys = ("mode", "kind", "absent", "corpus", "label", "cluster", "source_count", "snr_db", "removal")
        return pandas.DataFrame(
            {
                "model": row.model,
                "item": row.item,
                "metric": metric,
                "value": score.value,
                "status": score.status,
                "over_mixture": score.over_mixture,
            }
            | {key: getattr(row, key) for key in keys}
            for row in self.rows
            for metric, score in row.metrics.items()
        )


def estimate_path(folder: Path, model: str, item: str) -> Path:
    """Where a kept estimate stands; ``:`` of a variant is not a file name's character everywhere."""
    return folder / model.replace(":", "+") / f"{item}.wav"


def check_same_suite(held: dict[str, Any], name: str, suite_hash: str, *, place: str) -> None:
    """Make sure that what a ``run.json`` tells of is a run of this suite.

    Raises:
        RunFolderError: it is another one's, or another state of it.
        InvalidRecord: it does not say of which.
    """
    suite = held.get("suite")
    if not isinstance(suite, dict) or not isinstance(suite.get("hash"), str):
        raise InvalidRecord(
            f"{place}: {RUN} names no suite", given=str(suite)[:120], wanted="its name and hash", remedy="run --fresh"
        )
    if suite["hash"] != suite_hash:
        raise RunFolderError(
            f"{place} belongs to another suite",
            given=f"{suite.get('name')} {suite['hash'][:12]}",
            wanted=f"{name} {suite_hash[:12]}",
            remedy="choose another, or start over with --fresh",
        )


def load_run(path: str | os.PathLike[str]) -> Run:
    """Read a run folder.

    Raises:
        MissingData: not a run folder, or one without a summary yet.
        InvalidRecord: a file of another schema, or damaged.
    """
    folder = Path(path)
    if not (folder / RUN).is_file():
        raise MissingData("not a run folder", given=str(folder), wanted=f"a folder with {RUN}", remedy="sepbench run")
    return Run(folder, read_json(folder / RUN), read_json(folder / SUMMARY), read_rows(folder / ROWS))


def read_json(path: Path) -> dict[str, Any]:
    """One of the folder's JSON files, its schema checked."""
    return parse_document(read_text(path), place=str(path))


def parse_document(text: str | bytes, *, place: str) -> dict[str, Any]:
    """The content of one of the folder's JSON files, its schema checked; `place` starts the error."""
    from pydantic_core import from_json

    try:
        content = from_json(text, allow_inf_nan=False)
        json.dumps(content, allow_nan=False)  # 1e999 is infinite as well
    except ValueError as error:  # not JSON, or not UTF-8
        raise InvalidRecord(f"{place}: not JSON", given=str(error), remedy="run the same command again") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        given = content.get("schema") if isinstance(content, dict) else type(content).__name__
        raise InvalidRecord(f"{place}: schema", given=str(given), wanted=str(SCHEMA), remedy="update sepbench")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Indented, sorted JSON without NaN, whole or not at all."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")
