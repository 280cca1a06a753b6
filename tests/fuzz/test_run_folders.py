"""Damaged run folders: 1,820 inputs to resuming and to reports. No row is believed that was not written."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sepbench.errors import RunFolderError, SepbenchError
from sepbench.metrics.registry import select
from sepbench.report.libraries import installed_libraries
from sepbench.results.row_store import RowStore
from sepbench.results.rows import Row, read_rows
from sepbench.results.run_folder import RunLock, load_run, write_json
from sepbench.results.summary import Extent, summarise_run
from sepbench.separators.discovery import find_models
from sepbench.suite import load_suite
from tests.fuzz.guarding import assert_well_ended, command, each, result_of, writing_only_in
from tests.fuzz.mutations import altered, batches, damaged, json_text
from tests.fuzz.originals import run_words

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
BYTES, SEALED, PAGES, RESUMED = batches(200, 600), batches(120, 380), batches(80, 380), batches(8, 52)
ROWS, RUN, SUMMARY = "rows.jsonl", "run.json", "summary.json"


def sealed(row: Any) -> bytes:
    """The row as a line whose checksum is right, whatever the row says."""
    body = json_text(row)[:-1]
    return body + b',"sum":"%08x"}' % zlib.crc32(body)


def rows_of(folder: Path) -> list[Any]:
    rows = [json.loads(line) for line in (folder / ROWS).read_bytes().splitlines()]
    return [{key: value for key, value in row.items() if key != "sum"} for row in rows]


def test_the_checksum_is_over_what_stands_before_it(finished: Path) -> None:
    """These tests forge rows as the program writes them."""
    whole = (finished / ROWS).read_bytes()
    assert b"".join(sealed(row).replace(b": ", b":") + b"\n" for row in rows_of(finished)) == whole


@pytest.mark.parametrize("seeds", BYTES)
def test_rows_of_damaged_bytes(finished: Path, tmp_path: Path, seeds: range) -> None:
    """What is read was written, or the damage is named; opening the store does not change that."""
    written = read_rows(finished / ROWS)
    path = tmp_path / "run" / ROWS
    path.parent.mkdir()

    def check(seed: int) -> bool:
        path.write_bytes(damaged(Random(f"rows {seed}"), (finished / ROWS).read_bytes()))
        found = result_of(lambda: read_rows(path))
        opened = result_of(lambda: RowStore(path))
        if isinstance(opened, RowStore):
            opened.close()
        again = result_of(lambda: read_rows(path))
        if isinstance(found, SepbenchError):
            assert isinstance(opened, SepbenchError) and str(again) == str(found)
            return False
        assert all(row in written for row in found) and again == found
        return True

    with writing_only_in(path.parent, tmp_path):
        each(seeds, check, share=0.02)


@pytest.mark.parametrize("seeds", SEALED)
def test_forged_rows_and_their_averages(originals: Path, finished: Path, tmp_path: Path, seeds: range) -> None:
    """Rows under right checksums: read as they are or refused, and averaged to JSON without infinities."""
    suite, models = load_suite(originals / "small.toml"), find_models(["mixture", "silence"])
    metrics = select(suite.suite.metrics)
    folder = tmp_path / "run"
    folder.mkdir()

    def averaged(rows: list[Row]) -> dict[str, Any]:
        summary = summarise_run(suite, Extent(len(suite.items()), 0, None), models, metrics, rows)
        write_json(folder / SUMMARY, summary)
        return summary

    def check(seed: int) -> bool:
        random, rows = Random(f"sealed {seed}"), rows_of(finished)
        for at in random.sample(range(len(rows)), random.choice((1, 1, 4))):
            rows[at] = altered(random, rows[at])
        (folder / ROWS).write_bytes(b"".join(sealed(row) + b"\n" for row in rows))
        found = result_of(lambda: read_rows(folder / ROWS))
        if isinstance(found, SepbenchError):
            return False
        assert [row.item for row in found] == [row["item"] for row in rows]
        summary = result_of(lambda: averaged(found))
        if not isinstance(summary, SepbenchError):
            json.dumps(summary, allow_nan=False)
        return True

    with writing_only_in(folder, tmp_path):
        each(seeds, check, share=0.05)


def harm(random: Random, folder: Path, name: str) -> None:
    """Other bytes, other values, or no file."""
    path = folder / name
    done = random.randrange(8)
    if done == 0:
        path.unlink()
    elif done < 3:
        path.write_bytes(damaged(random, path.read_bytes()))
    elif name == ROWS:
        rows = rows_of(folder)
        at = random.randrange(len(rows))
        rows[at] = altered(random, rows[at])
        path.write_bytes(b"".join(sealed(row) + b"\n" for row in rows))
    else:
        path.write_bytes(json_text(altered(random, json.loads(path.read_bytes()))))


@pytest.mark.parametrize("seeds", PAGES)
def test_pages_of_damaged_documents(finished: Path, tmp_path: Path, seeds: range) -> None:
    """A whole page or none; and the same documents read from Python."""
    folder, page = tmp_path / "run", tmp_path / "run" / "page.html"

    def check(seed: int) -> bool:
        random = Random(f"page {seed}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(finished, folder)
        harm(random, folder, random.choice((RUN, SUMMARY, SUMMARY, SUMMARY)))
        result_of(lambda: load_run(folder))
        ended = command(["report", str(folder), "--output", str(page)], tmp_path)
        assert_well_ended(ended)
        assert page.exists() == (ended.code == 0)
        return page.exists() and page.read_text(encoding="utf-8").rstrip().endswith("</html>")

    folder.mkdir()
    installed_libraries()  # kept from here on: V8, which makes them, wants more address space than is allowed below
    with writing_only_in(folder, tmp_path):
        each(seeds, check, share=0.05)


@pytest.mark.parametrize("seeds", RESUMED)
def test_resuming(originals: Path, finished: Path, tmp_path: Path, seeds: range) -> None:
    """The same command again: the whole run's summary, or two lines that say what is wrong."""
    folder = tmp_path / "run"
    whole = (finished / SUMMARY).read_bytes()

    def check(seed: int) -> bool:
        random = Random(f"resumed {seed}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(finished, folder)
        name = random.choice((ROWS, ROWS, RUN, SUMMARY))
        harm(random, folder, name)
        ended = command(run_words(originals, folder), tmp_path)
        assert_well_ended(ended)
        if ended.code == 0 and name != ROWS:
            assert (folder / SUMMARY).read_bytes() == whole
        return ended.code == 0

    folder.mkdir()
    with writing_only_in(folder, tmp_path):
        each(seeds, check)


@pytest.mark.parametrize("name", [ROWS, ".lock"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_of_the_run_folder_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    """A link would be written through, to a file that may not even exist yet; a pipe would be waited for."""
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / name
    if kind == "link":
        path.symlink_to("../outside")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    found = result_of(lambda: RowStore(path) if name == ROWS else RunLock(path.parent))
    assert isinstance(found, RunFolderError) and not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"schema":1,"x":NaN}', '{"schema":1,"x":1e999}', '{"schema":1,"x":"\\ud800"}', "1" * 5000]
)
def test_documents_that_no_page_could_be_made_of(finished: Path, tmp_path: Path, text: str) -> None:
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / SUMMARY).write_text(text)
    found = result_of(lambda: load_run(tmp_path / "run"))
    assert isinstance(found, SepbenchError) and "summary.json: not JSON" in found.what


@pytest.mark.parametrize("suite", [None, {}, [], {"hash": 3}, "a"])
def test_a_run_that_names_no_suite_is_not_gone_on_with(
    originals: Path, finished: Path, tmp_path: Path, suite: object
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    held = json.loads((tmp_path / "run" / RUN).read_bytes())
    (tmp_path / "run" / RUN).write_bytes(json_text({**held, "suite": suite}))
    ended = command(run_words(originals, tmp_path / "run"), tmp_path)
    assert_well_ended(ended)
    assert ended.code == 2 and "names no suite" in ended.stderr
