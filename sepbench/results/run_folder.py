"""A run's folder: its lock, its parts, and reading it back."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sepbench.errors import InvalidRecord, MissingData, RunFolderError
from sepbench.manifest import SCHEMA
from sepbench.paths import write_whole
from sepbench.records import read_text
from sepbench.results.rows import Row, read_rows
from sepbench.results.writing import writing

if TYPE_CHECKING:
    import pandas

ROWS, RUN, SUMMARY, LOCK = "rows.jsonl", "run.json", "summary.json", ".lock"
ESTIMATES, LOGS, STATS = "estimates", "logs", "stats"
KEYS = ("mode", "kind", "absent", "corpus", "label", "cluster", "source_count", "snr_db", "removal")
"""What of a row tells its item from others."""


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
        except OSError as error:
            self._file.close()
            raise RunFolderError(
                "the run folder cannot be locked, so another process could not be kept out",
                given=f"{folder}: {error.strerror}",
                wanted="a file system that knows locks",
                remedy="choose another --out, and mirror it with --sync",
            ) from error

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

        return pandas.DataFrame(
            {
                "model": row.model,
                "item": row.item,
                "metric": metric,
                "value": score.value,
                "status": score.status,
                "over_mixture": score.over_mixture,
            }
            | {key: getattr(row, key) for key in KEYS}
            for row in self.rows
            for metric, score in row.metrics.items()
        )

    def to_items(self) -> pandas.DataFrame:
        """One line per model and item: the wide table that plots and spreadsheets want.

        Columns: model, item, status, error, the row's keys (as in `to_frame`), and for every metric of the run its
        value under its name, ``NAME.status`` and ``NAME.over_mixture``; NaN where there is no value, and the status
        says why. An item that failed has no metrics: their statuses are ``None``. ``attrs`` carry ``signatures`` by
        metric, ``suite``, and ``partial``, true of a run that left items out.

        >>> from sepbench.results.rows import Row, Score
        >>> scores = {"sdr": Score(7.5, "ok", 2.0), "lsd": Score(None, "estimate_silent")}
        >>> row = Row("mine", "0.0", "ok", "s", "k", scores, "extract", "label", False, "esc50", "dog", "a", 2, 5.5)
        >>> run = {"metrics": {"sdr": "sdr|v1", "lsd": "lsd|v1"}, "partial": True, "suite": {"name": "demo"}}
        >>> frame = Run(Path("run"), run, {}, [row]).to_items()
        >>> frame[["model", "sdr", "sdr.over_mixture", "lsd", "lsd.status"]].values.tolist()
        [['mine', 7.5, 2.0, nan, 'estimate_silent']]
        >>> frame.attrs["signatures"]["sdr"], frame.attrs["partial"]
        ('sdr|v1', True)
        """
        import pandas

        metrics: dict[str, str] = self.run["metrics"]
        columns: dict[str, list[object]] = {
            "model": [row.model for row in self.rows],
            "item": [row.item for row in self.rows],
            "status": [row.status for row in self.rows],
            "error": [row.error and f"{row.error.type}: {row.error.message}" for row in self.rows],
        }
        columns |= {key: [getattr(row, key) for row in self.rows] for key in KEYS}
        for name in metrics:
            scores = [row.metrics.get(name) for row in self.rows]
            columns[name] = [math.nan if score is None or score.value is None else score.value for score in scores]
            columns[f"{name}.status"] = [score and score.status for score in scores]
            changes = [None if score is None else score.over_mixture for score in scores]
            columns[f"{name}.over_mixture"] = [math.nan if change is None else change for change in changes]
        frame = pandas.DataFrame(columns)
        frame.attrs = {"signatures": dict(metrics), "suite": dict(self.run["suite"]), "partial": self.run["partial"]}
        return frame


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
    """Indented, sorted JSON without NaN, whole or not at all.

    Raises:
        RunFolderError: the disk is full or the folder not writable.
    """
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with writing(path.name, path):
        write_whole(path, text + "\n")
