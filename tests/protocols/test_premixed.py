"""Lists of anybody's own pairs: what is checked, what is written, and that audio is found and recognised again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sepbench import audio
from sepbench.corpora.availability import recordings
from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.manifest import Manifest, load
from sepbench.mixing import render
from sepbench.protocols.pair_table import PairTable
from sepbench.protocols.premixed import import_own_pairs
from sepbench.protocols.prepare import prepared_suite
from sepbench.protocols.verify import verify
from tests.protocols.tiny_lists import OWN, content

RATE = 8000


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> PairTable:
    """Two pairs in a folder, and the table of them."""
    folder = tmp_path / "audio"
    for name in "ab":
        target, noise = rng.standard_normal((2, RATE)).astype(np.float32) * 0.1
        audio.write(folder / "targets" / f"{name}.wav", target, RATE)
        audio.write(folder / "mixtures" / f"{name}.wav", target + noise, RATE)
    (folder / "items.csv").write_bytes(content(OWN))
    monkeypatch.setenv("SEPBENCH_DATA_PAIRS_MINE", "")  # set by what is tested, and put back afterwards
    monkeypatch.delenv("SEPBENCH_DATA_PAIRS_MINE")
    return PairTable(folder / "items.csv", folder, "mixtures/{id}.wav", "targets/{id}.wav", "prompt")


def imported(own: PairTable) -> Manifest:
    return import_own_pairs(own, own.root.parent / "lists" / "mine.jsonl")


def test_a_row_is_its_pair_as_it_is(own: PairTable) -> None:
    manifest = imported(replace(own, group="recording", label="class"))
    row = next(row for row in manifest.mixtures if "row:0" in row.flags)
    assert row.files == (("pairs", "mine/targets/a.wav"), ("pairs", "mine/mixtures/a.wav"))
    assert (row.sample_rate, row.samples, row.sources[0].samples, row.snr_mode) == (RATE, RATE, RATE, "none")
    assert (row.target.labels, row.target.group, row.queries[0].text) == (("dog",), "freesound:1", "a dog, barking")
    prepared_suite(manifest.path.with_suffix(".toml"))
    rendered = render(row, recordings(row))
    np.testing.assert_array_equal(rendered.mixture, audio.read(own.root / "mixtures" / "a.wav").audio)
    np.testing.assert_array_equal(rendered.stems[0], audio.read(own.root / "targets" / "a.wav").audio)


def test_without_columns_for_them_there_are_no_labels_and_each_target_is_a_recording(own: PairTable) -> None:
    sources = [row.target for row in imported(own).mixtures]
    assert {source.labels for source in sources} == {()}
    assert {source.group for source in sources} == {"pairs:mine/targets/a.wav", "pairs:mine/targets/b.wav"}


def test_suite_and_names_of_items_stand_beside_the_list(own: PairTable) -> None:
    manifest = imported(replace(own, label="class"))
    loaded = prepared_suite(manifest.path.with_suffix(".toml"))
    assert (loaded.suite.name, loaded.suite.scoring_rate, loaded.suite.slices) == ("mine", RATE, ("snr_bin", "label"))
    header, *lines = (manifest.path.parent / "mine.items.csv").read_text().splitlines()
    assert header == "item,mixture,target,query" and len(lines) == 2
    assert {line.split(",", 1)[0] for line in lines} == {item.name for item in loaded.items()}
    assert any(line.endswith(',mixtures/a.wav,targets/a.wav,"a dog, barking"') for line in lines)


def test_list_and_audio_can_move_together_and_the_variable_comes_first(
    own: PairTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(own)
    folder = own.root.parent
    moved = folder.rename(folder.with_name("elsewhere"))
    assert verify(moved / "lists" / "mine.jsonl").rendered == 2
    (moved / "audio").rename(moved / "other")
    monkeypatch.setenv("SEPBENCH_DATA_PAIRS_MINE", str(moved / "audio"))
    assert verify(moved / "lists" / "mine.jsonl").buildable == 0
    monkeypatch.setenv("SEPBENCH_DATA_PAIRS_MINE", str(moved / "other"))
    assert verify(moved / "lists" / "mine.jsonl").rendered == 2


def test_other_audio_under_the_same_name_is_found_out(own: PairTable) -> None:
    path = imported(own).path
    mixture = audio.read(own.root / "mixtures" / "b.wav")
    audio.write(own.root / "mixtures" / "b.wav", mixture.audio * np.float32(1.001), RATE)
    with pytest.raises(InvalidRecord, match=r"is not what the list was made with: given audio:.*; wanted audio:"):
        verify(path)


def test_the_same_pairs_make_the_same_list_and_other_audio_another(own: PairTable) -> None:
    first = imported(own)
    assert imported(own) == first
    audio.write(own.root / "mixtures" / "b.wav", audio.read(own.root / "mixtures" / "b.wav").audio[::-1], RATE)
    assert {row.id for row in imported(own).mixtures} & {row.id for row in first.mixtures} == {
        row.id for row in first.mixtures if "row:0" in row.flags
    }


def test_a_mark_of_a_spreadsheet_and_windows_line_ends_do_not_matter(own: PairTable) -> None:
    plain = imported(own)
    own.table.write_bytes(b"\xef\xbb\xbf" + content(OWN, "\r\n"))
    assert imported(own) == plain


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"query": "promt"}, "has no such column: given promt"),
        ({"mixture": "mixtures/{name}.wav"}, "has no such column: given name"),
        ({"target": "{prompt}/../../{id}.wav"}, "line 2: .*; wanted a file below the folder"),
        ({"target": "/etc/{id}"}, "line 2: given /etc/a"),
        ({"target": 300 * "a"}, "line 2: given a*; wanted a file below the folder"),
        ({"target": "target/{id}.wav"}, "2 of 4 audio files are not here: given target/a.wav, target/b.wav; wanted f"),
        ({"target": "items.csv"}, "not a readable audio file"),
    ],
)
def test_what_does_not_fit_the_table_is_named(own: PairTable, change: dict[str, str], match: str) -> None:
    with pytest.raises(SepbenchError, match=match):
        imported(replace(own, **change))
    assert not (own.root.parent / "lists").exists()


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (b"", "line 1: given nothing; wanted names of columns"),
        (b"id,id,prompt\n", "line 1: given id,id,prompt; wanted names of columns, each once"),
        (b"id,prompt\n", "line 2: given nothing; wanted at least one row"),
        (b"id,prompt\na,\n", "line 2: given a,"),
        (b"id,prompt\na,dog,1\n", "line 2: given a,dog,1; wanted 2 values"),
        (b'id,prompt\na,"two\nlines"\n', r"line 3: given two\\nlines; wanted text on one line"),
        ("id,prompt\na\u0308,dog\n".encode(), "its name in NFC"),
        (b"id,prompt\n\xff,dog\n", "not utf-8-sig text"),
        (b'"id,prompt\n', "line 1: not CSV"),
    ],
)
def test_what_is_no_table_is_named(own: PairTable, table: bytes, match: str) -> None:
    own.table.write_bytes(table)
    with pytest.raises(InvalidRecord, match=match):
        imported(own)


@pytest.mark.parametrize(
    ("length", "rate", "match"),
    [
        (
            RATE - 1,
            RATE,
            r"line 3: mixture and target differ.*: given mixtures/b.wav 7999 samples at 8000 Hz, targets/b",
        ),
        (RATE, 16000, "line 3: mixture and target differ"),
    ],
)
def test_pairs_of_two_lengths_or_rates_are_refused(own: PairTable, length: int, rate: int, match: str) -> None:
    audio.write(own.root / "mixtures" / "b.wav", np.ones(length, np.float32), rate)
    with pytest.raises(InvalidRecord, match=match):
        imported(own)


def test_empty_audio_and_files_of_several_rates_are_refused(own: PairTable) -> None:
    for folder in ("mixtures", "targets"):
        audio.write(own.root / folder / "b.wav", np.ones(100, np.float32), 16000)
    with pytest.raises(InvalidRecord, match="several sample rates: given 1 at 8000 Hz, 1 at 16000 Hz"):
        imported(own)
    for folder in ("mixtures", "targets"):
        audio.write(own.root / folder / "b.wav", np.ones(0, np.float32), RATE)
    with pytest.raises(InvalidRecord, match="or are empty"):
        imported(own)


@pytest.mark.parametrize("name", ["mine.json", "my list.jsonl", "-x.jsonl", ".jsonl"])
def test_a_list_has_a_plain_name(own: PairTable, name: str) -> None:
    with pytest.raises(SepbenchError, match="a list's name"):
        import_own_pairs(own, own.root.parent / name)


def test_no_table(own: PairTable) -> None:
    with pytest.raises(MissingData, match="file not found"):
        imported(replace(own, table=own.root / "none.csv"))
    assert not (own.root.parent / "lists").exists()


def test_many_missing_files_are_counted_and_three_named(own: PairTable) -> None:
    own.table.write_text("id,prompt\n" + "".join(f"{number},dog\n" for number in range(50)))
    with pytest.raises(
        MissingData, match=r"100 of 100 audio files .*given mixtures/0.wav, targets/0.wav, mixtures/1.wav \.\.\.;"
    ):
        imported(own)


def test_the_frozen_list_reads_back(own: PairTable) -> None:
    manifest = imported(own)
    assert load(manifest.path) == manifest
