"""A run folder as one archive: rows, summary, provenance, and the answers that its own rows draw."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sepbench.errors import MissingData, NothingComparable, RunFolderError, SepbenchError
from sepbench.manifest import SCHEMA, pretty_json
from sepbench.paths import is_inside, whole
from sepbench.results.row_table import RowTable
from sepbench.results.rows import Key, Row, iter_rows, row_line
from sepbench.results.run_folder import ESTIMATES, ROWS, SUMMARY, RunLock, estimate_path, read_json
from sepbench.submission.claimed import claimed_run
from sepbench.submission.claims import read_claims
from sepbench.submission.contents import CONTENTS, OPTIONAL, REQUIRED, Contents, FileFacts, facts_of, statistic_name
from sepbench.submission.recomputing import differences, recomputed
from sepbench.submission.row_facts import row_faults
from sepbench.submission.sample import drawn

TIMELESS = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip archive knows: the same run is the same bytes."""
PLAIN_FILE = 0o100644 << 16


@dataclass(frozen=True)
class Packed:
    """An archive that was written: how many rows, and answers that can be heard, are in it."""

    path: Path
    rows: int
    answers: int


def pack(run: Path, output: Path, manifests: Sequence[Path] = ()) -> Packed:
    """Write a run as an archive for `sepbench submit verify`.

    Raises:
        MissingData: no run folder, or one that did not keep the answers that are drawn.
        NothingComparable: the run is partial, or the suite or a metric has changed since.
        RunFolderError: a process works in the folder; or its summary is not that of its rows.
        SepbenchError: the archive cannot be written there.
    """
    if not (run / SUMMARY).is_file():
        raise MissingData(
            "not a finished run", given=str(run), wanted=f"a folder with {SUMMARY}", remedy="sepbench run"
        )
    lock = RunLock(run)
    try:
        return _pack(run, output, manifests)
    finally:
        lock.release()


def _pack(run: Path, output: Path, manifests: Sequence[Path]) -> Packed:
    claims = read_claims(run)
    if claims.summary.suite.partial:
        raise NothingComparable(
            "a partial run",
            given=str(run),
            wanted="all items of the suite",
            remedy="run it without --limit, to its end",
        )
    config = claimed_run(claims, run, manifests)
    table = RowTable(_sorted_rows(run, claims.summary.models))
    rows = table.all()
    found = [*row_faults(config, rows)] or [*differences(read_json(run / SUMMARY), recomputed(config, run, rows))]
    if found:
        raise RunFolderError(
            "the summary is not that of the rows",
            given=f"{found[0]}; {len(found)} in all",
            remedy="run the same sepbench run command again: it writes the summary anew",
        )
    text = "".join(row_line(row) + "\n" for row in rows).encode()
    answered = [(row.model, row.item) for row in rows if row.status == "ok"]
    chosen = drawn(answered, suite_hash=config.suite.hash, rows_sha256=hashlib.sha256(text).hexdigest())
    named = {name for name in (*REQUIRED, *OPTIONAL) if name != ROWS and (run / name).is_file()}
    named |= {statistic_name(key) for row in rows for key in row.statistic_keys()} | _answers(run, chosen)
    _write(output, {name: run / name for name in named}, text)
    return Packed(output, len(rows), len(chosen))


def _sorted_rows(run: Path, models: Mapping[str, object]) -> list[Row]:
    """Rows of the run's models, whatever else the folder holds, in an order that does not depend on its history."""
    return sorted((row for row in iter_rows(run / ROWS) if row.model in models), key=lambda row: (row.model, row.item))


def _answers(run: Path, chosen: frozenset[Key]) -> set[str]:
    names = {estimate_path(Path(ESTIMATES), *key).as_posix() for key in chosen}
    if strangers := sorted(name for name in names if not is_inside(name)):
        raise RunFolderError("a model's name is no folder's", given=strangers[0], remedy="call it otherwise, run again")
    if missing := sorted(name for name in names if not (run / name).is_file()):
        raise MissingData(
            f"{len(missing)} of the {len(names)} answers that are drawn were not kept",
            given=str(run / missing[0]),
            wanted="a run that kept all: which answers are drawn depends on every row",
            remedy="run the same sepbench run command again with --keep-audio all --fresh, then pack that",
        )
    return names


def _write(output: Path, paths: Mapping[str, Path], rows: bytes) -> None:
    files = {name: facts_of(path) for name, path in paths.items()}
    files[ROWS] = FileFacts(len(rows), hashlib.sha256(rows).hexdigest())
    listed = pretty_json(Contents(SCHEMA, dict(sorted(files.items()))))
    try:
        with whole(output) as partial, ZipFile(partial, "w") as archive:
            archive.writestr(_entry(CONTENTS), listed)
            archive.writestr(_entry(ROWS), rows)
            for name, path in sorted(paths.items()):
                entry = _entry(name)
                entry.file_size = files[name].bytes
                with path.open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)
    except OSError as error:
        raise SepbenchError(
            "the archive cannot be written", given=f"{output}: {error.strerror}", remedy="choose another --output"
        ) from error


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, TIMELESS)
    entry.external_attr = PLAIN_FILE
    entry.compress_type = ZIP_DEFLATED if name.endswith((".json", ".jsonl")) else ZIP_STORED
    return entry
