"""The row store: what is written stays, what is torn is cut, what is double is refused."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepbench.errors import InvalidRecord, RunFolderError
from sepbench.results.row_store import RowStore
from sepbench.results.rows import Failure, Row, Score, by_key, parse_row, read_rows, row_line
from sepbench.results.run_folder import RunLock

ROW = Row(
    model="mixture",
    item="0123456789abcdef.0",
    status="ok",
    separation_key="s",
    score_key="k",
    metrics={"sdr": Score(1 / 3, "ok", -0.1), "si_sdr": Score(None, "estimate_silent")},
    mode="extract",
    kind="label",
    absent=False,
    corpus="test",
    label="dog",
    cluster="rec:1",
    source_count=2,
    snr_db=-3.5,
)


def test_rows_read_back_exactly(tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    other = replace(ROW, item="x.1", status="failed", metrics={}, error=Failure("ValueError", "no\nline"))
    store.append(ROW)
    store.append(other)
    store.close()
    assert read_rows(tmp_path / "rows.jsonl") == [ROW, other]


def test_a_row_is_on_disk_before_the_store_is_closed(tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    store.append(ROW)
    assert (tmp_path / "rows.jsonl").read_text() == row_line(ROW) + "\n"
    store.close()


@given(st.integers(1, 400))
def test_a_torn_last_line_costs_that_row_only(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "rows.jsonl"
    lines = [row_line(replace(ROW, item=f"{i}.0")) + "\n" for i in range(3)]
    path.write_text("".join(lines))
    os.truncate(path, path.stat().st_size - min(cut, len(lines[2])))
    assert [row.item for row in read_rows(path)] == ["0.0", "1.0"]
    store = RowStore(path)
    store.append(replace(ROW, item="2.0"))
    store.close()
    assert path.read_text() == "".join(lines)


def test_a_damaged_whole_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(row_line(ROW) + "\n" + row_line(ROW).replace('"ok"', '"fine"', 1) + "\n")
    with pytest.raises(InvalidRecord, match=r"rows.jsonl, line 2: the row is damaged"):
        read_rows(path)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_row_is_found_out(position: int, bit: int) -> None:
    content = bytearray(row_line(ROW).encode())
    content[position % len(content)] ^= 1 << bit
    with pytest.raises(InvalidRecord, match="damaged"):
        parse_row(content.decode(errors="replace"), place="rows.jsonl, line 1")


def test_the_checksum_is_the_crc_32_of_what_stands_before_it() -> None:
    body, _, end = row_line(ROW).rpartition(',"sum":')
    assert end == f'"{zlib.crc32(body.encode()):08x}"}}' and json.loads(row_line(ROW))["sum"] == end[1:9]


def test_dropped_rows_are_gone_and_the_rest_unharmed(tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    for i in range(3):
        store.append(replace(ROW, item=f"{i}.0"))
    store.drop([("mixture", "1.0")])
    store.append(replace(ROW, item="3.0"))
    store.close()
    assert [row.item for row in read_rows(tmp_path / "rows.jsonl")] == ["0.0", "2.0", "3.0"]


def test_an_item_twice_is_refused() -> None:
    with pytest.raises(InvalidRecord, match=r"an item twice: given mixture, 0123456789abcdef\.0"):
        by_key([ROW, ROW])


def test_a_store_with_an_item_twice_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(2 * f"{row_line(ROW)}\n")
    with pytest.raises(InvalidRecord, match="an item twice"):
        RowStore(tmp_path / "rows.jsonl")


def test_a_row_holds_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        row_line(replace(ROW, metrics={"sdr": Score(float("nan"), "ok")}))
    assert json.loads(row_line(ROW))["metrics"]["si_sdr"]["value"] is None


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    with pytest.raises(RunFolderError, match="another process is working in this run folder"):
        RunLock(tmp_path)
    lock.release()
    RunLock(tmp_path).release()
