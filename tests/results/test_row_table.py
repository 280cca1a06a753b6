"""Rows in columns: nothing is lost, nothing is found that was not put in, and little memory is taken."""

from __future__ import annotations

import dataclasses
import gc
import tracemalloc
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepbench.errors import InvalidRecord
from sepbench.results.columns import Coded, Numbers, Texts
from sepbench.results.key_index import KeyIndex
from sepbench.results.row_store import BLOCK, RowStore
from sepbench.results.row_table import RowTable, rows_of
from sepbench.results.rows import Failure, Row, Score, row_line

METRICS = tuple(f"metric {number}" for number in range(9))
BYTES_PER_ROW = 370
"""Of nine metrics with changes: 153 in scores and statuses, some 120 in names and their ends, 32 in codes and numbers,
up to 20 in the index; what grows keeps up to an eighth in reserve."""


def a_row(item: int, random: Random) -> Row:
    """A row with numbers and names of its own, as a worker process sends it."""
    return Row(
        model="a model",
        item=f"{random.getrandbits(64):016x}.{item}",
        status="ok",
        separation_key=f"{random.getrandbits(64):016x}",
        score_key="0123456789abcdef",
        metrics={name: Score(random.gauss(0, 9), "ok", random.gauss(0, 3)) for name in METRICS},
        mode="extract",
        kind="label",
        absent=False,
        corpus="folder",
        label=f"label {item % 50}",
        cluster=f"recording {item % 400}",
        source_count=2,
        snr_db=random.uniform(-5, 5),
        pair=f"{random.getrandbits(64):016x}:extract:0",
        seconds=random.random(),
    )


texts = st.text(max_size=6)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
scores = st.builds(Score, numbers, st.sampled_from(("ok", "trimmed", "too_short")), numbers)
rows = st.builds(
    Row,
    model=texts,
    item=texts,
    status=st.sampled_from(("ok", "failed", "refused", "not_applicable")),
    separation_key=texts,
    score_key=texts,
    metrics=st.dictionaries(st.sampled_from(METRICS[:3]), scores),
    mode=texts,
    kind=texts,
    absent=st.booleans(),
    corpus=texts,
    label=texts,
    cluster=texts,
    source_count=st.integers(),
    snr_db=numbers,
    list=texts,
    pair=texts,
    variant=texts,
    faults=st.lists(texts, max_size=2).map(tuple),
    removal=st.sampled_from((None, "native", "subtracted")),
    notes=st.lists(texts, max_size=2).map(tuple),
    seconds=numbers,
    error=st.none() | st.builds(Failure, texts, texts),
    statistics=st.dictionaries(texts, st.dictionaries(texts, texts, max_size=2), max_size=2),
)


@given(st.lists(rows, max_size=6))
def test_rows_come_back_as_they_were(put: list[Row]) -> None:
    found = list(RowTable(put).all())
    assert found == put
    assert [repr(row.snr_db) for row in found] == [repr(row.snr_db) for row in put]  # -0.0 stays -0.0
    assert [row_line(row) for row in found] == [row_line(row) for row in put]


@given(st.lists(rows, max_size=6))
def test_columns_say_what_the_rows_say(put: list[Row]) -> None:
    held = rows_of(put)
    assert rows_of(held) is held
    for metric in METRICS[:4]:
        of_rows = [row.metrics.get(metric) for row in put]
        values = [None if np.isnan(value) else value for value in held.values(metric)]
        changes = [None if np.isnan(value) else value for value in held.changes(metric)]
        assert values == [score and score.value for score in of_rows]
        assert changes == [score and score.over_mixture for score in of_rows]
        assert held.statuses(metric) == [score and score.status for score in of_rows]
    assert list(held.where("absent", bool)) == [row for row in put if row.absent]
    assert set(held.distinct("faults")) == {row.faults for row in put}
    assert [row.item for row in held.by_item()] == sorted(row.item for row in put) == sorted(held.items())


def test_a_column_of_many_values_is_widened() -> None:
    column = Coded()
    put = [f"value {number % 70_000}" for number in range(70_010)]
    for value in put:
        column.append(value)
    assert column.at(np.arange(len(column))) == put


def test_texts_are_ordered_as_python_orders_them() -> None:
    column, put = Texts(), ["b", "", "ä", "a", "\U0001f600", "\uffff", "a", "aa"]
    for text in put:
        column.append(text)
    places = np.array([7, 6, 5, 4, 3, 2, 1, 0])
    assert [put[place] for place in places[column.ranks(places)]] == sorted(put)


def test_numbers_before_the_first_take_no_room() -> None:
    column = Numbers(2)
    for number in (None, 1.5, None):
        column.append(number)
    assert [column[place] for place in range(5)] == [None, None, None, 1.5, None]
    assert np.isnan(column.at(np.array([4, 0]))).all() and column.at(np.array([3])) == 1.5


@given(st.lists(st.tuples(st.sampled_from(("m", "n")), st.integers(0, 300)), unique=True, max_size=200))
def test_an_index_finds_what_a_dict_finds(keys: list[tuple[str, int]]) -> None:
    template = a_row(0, Random(0))
    table = RowTable()
    index = KeyIndex(table)
    known: dict[tuple[str, str], int] = {}
    for model, number in keys:
        known[model, str(number)] = len(table)
        table.append(dataclasses.replace(template, model=model, item=str(number)))
        index.update()
    for model in ("m", "n", "o"):
        for number in range(301):
            assert index.place((model, str(number))) == known.get((model, str(number)))
    assert all(KeyIndex(table).place(key) == place for key, place in known.items())


def test_a_store_takes_no_item_twice_and_writes_nothing_of_it(tmp_path: Path) -> None:
    store, row = RowStore(tmp_path / "rows.jsonl"), a_row(0, Random(0))
    store.append(row)
    with pytest.raises(InvalidRecord, match="an item twice"):
        store.append(dataclasses.replace(row, seconds=9.0))
    store.close()
    assert (tmp_path / "rows.jsonl").read_text() == row_line(row) + "\n"


def test_a_torn_line_longer_than_a_block_is_cut_off(tmp_path: Path) -> None:
    path, line = tmp_path / "rows.jsonl", row_line(a_row(0, Random(0))) + "\n"
    for whole in ("", line):
        path.write_text(whole + "x" * (3 * BLOCK))
        RowStore(path).close()
        assert path.read_text() == whole


@pytest.mark.slow
def test_a_row_takes_a_few_hundred_bytes(tmp_path: Path) -> None:
    """What is read through a store, and what is appended to it, stays in columns."""
    random, path = Random(1), tmp_path / "rows.jsonl"
    path.write_text("".join(row_line(a_row(number, random)) + "\n" for number in range(5000)))
    RowStore(path).close()  # whatever is imported or cached, is by now
    tracemalloc.start()
    try:
        store = RowStore(path)
        gc.collect()
        read = tracemalloc.get_traced_memory()[0]
        for number in range(5000, 10_000):
            store.append(a_row(number, random))
        gc.collect()
        appended = tracemalloc.get_traced_memory()[0] - read
        store.close()
    finally:
        tracemalloc.stop()
    assert read < 5000 * BYTES_PER_ROW and appended < 5000 * BYTES_PER_ROW
