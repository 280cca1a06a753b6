"""Rows: canonical form, ids that are hashes, and errors that name file, line and field."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.manifest import Meta, content_hash, content_id, load, meta_path, parse_line, save, to_line, with_id
from sepbench.paths import is_inside
from tests.rows import mixture, source

META = Meta(1, "test", "test", 0, 0, "", {}, {}, {})


def test_id_is_the_first_16_hex_of_the_rows_own_sha256() -> None:
    row = mixture()
    content = json.loads(to_line(row))
    del content["id"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert row.id == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_line_is_canonical_and_reads_back_equal() -> None:
    row = mixture(snr_db=1.00000049)
    line = to_line(row)
    assert parse_line(line, place="here") == row
    assert row.snr_db == 1.0
    assert line == json.dumps(json.loads(line), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def test_composed_and_decomposed_text_is_one_row() -> None:
    composed, decomposed = (mixture(flags=(text,)) for text in ("caf\u00e9", "cafe\u0301"))
    assert composed.id == decomposed.id


def test_unset_optional_fields_do_not_show_in_the_line() -> None:
    assert "premixed" not in to_line(mixture()) and "text_from" not in to_line(mixture())


@pytest.mark.parametrize("path", ["../x.wav", "/etc/passwd", "a/../../b", "..", "a\\..\\b", "C:/x", "", "a\0b"])
def test_paths_that_leave_the_corpus_are_refused(path: str) -> None:
    assert not is_inside(path)
    row = mixture(sources=(source("dog", "target"), source(path or "x", "noise")))
    line = to_line(row) if path else to_line(row).replace('"clip":"x"', '"clip":""')
    with pytest.raises(InvalidRecord, match=r"list.jsonl, line 3: field sources.1.clip"):
        parse_line(line, place="list.jsonl, line 3")


@pytest.mark.parametrize(
    ("old", "new", "field", "wanted"),
    [
        ('"sample_rate":16000', '"sample_rate":"16000"', "sample_rate", "valid integer"),
        ('"snr_db":3.0', '"snr_db":NaN', "snr_db", "finite"),
        ('"snr_mode":"power"', '"snr_mode":"loud"', "snr_mode", "'power', 'active', 'lufs' or 'none'"),
        ('"samples":8000,"snr', '"snr', "samples", "required"),
        ('"flags":[]', '"flags":[],"extra":1', "extra", "Unexpected"),
        ('"sources":[0]', '"sources":[2]', "queries.0.sources", "indexes below 2"),
        ('"role":"noise"', '"role":"target"', "sources", "exactly one"),
        ('"start":0', '"start":-1', "sources.0", "no negatives"),
        ('"offset":0', '"offset":1', "sources.0.samples", "an end within 8000"),
        ('"text":"dog"', '"kind":"label"', "queries.0", ""),
        ("{", "[", "(whole record)", "JSON"),
    ],
)
def test_bad_field_is_named_with_what_was_wanted(old: str, new: str, field: str, wanted: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        parse_line(to_line(mixture()).replace(old, new, 1), place="m.jsonl, line 7")
    assert caught.value.what.startswith(f"m.jsonl, line 7: field {field}")
    assert wanted in caught.value.wanted


@given(st.integers(0, 10_000), st.characters(codec="utf-8"))
def test_one_changed_character_is_an_error_or_the_same_content(position: int, character: str) -> None:
    row = mixture()
    line = to_line(row)
    at = position % len(line)
    damaged = line[:at] + character + line[at + 1 :]
    try:
        assert parse_line(damaged, place="x") == row
    except SepbenchError as error:
        assert error.what.startswith("x")


def test_saved_manifest_loads_and_one_edited_digit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    rows = [mixture(snr_db=float(snr)) for snr in range(5)]
    saved = save(path, rows, META)
    assert load(path).mixtures == saved.mixtures
    assert [row.id for row in saved.mixtures] == sorted(row.id for row in rows)
    lines = path.read_text().splitlines()
    assert saved.meta.content_hash == hashlib.sha256(path.read_bytes()).hexdigest() == content_hash(lines)
    lines[3] = lines[3].replace('"snr_db":', '"snr_db":1', 1)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InvalidRecord, match=r"list.jsonl, line 4: field id: the row was edited"):
        load(path)


def test_removed_row_and_double_row_are_found(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    save(path, [mixture(snr_db=float(snr)) for snr in range(3)], META)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:2]) + "\n")
    with pytest.raises(InvalidRecord, match="not the list that its meta file describes"):
        load(path)
    path.write_text("\n".join([*lines, lines[0]]) + "\n")
    with pytest.raises(InvalidRecord, match="line 4: field id: a row twice"):
        load(path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingData) as caught:
        load(tmp_path / "none.jsonl")
    assert "none.meta.json" in caught.value.given
    assert meta_path(tmp_path / "a.jsonl") == tmp_path / "a.meta.json"


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [mixture(snr_db=float(snr)) for snr in range(3)]
    save(tmp_path / "a.jsonl", rows, META)
    save(tmp_path / "b.jsonl", rows[::-1], META)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.meta.json").read_bytes() == (tmp_path / "b.meta.json").read_bytes()


def test_with_id_gives_the_written_form() -> None:
    row = with_id(mixture(snr_db=0.12345678))
    assert row.snr_db == 0.123457 and row.id == content_id(row)
