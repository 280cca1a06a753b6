"""Importing AudioSep's ESC-50 list: what its rows become, what is flagged, and what is no such list."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.corpora.availability import Availability
from sepbench.errors import InvalidRecord, SepbenchError
from sepbench.manifest import load
from sepbench.protocols.audiosep_lists import import_esc50

PROJECT = Path(__file__).parent.parent.parent
PUBLISHED = PROJECT.parent / "shared" / "data" / "metadata" / "audiosep" / "esc50_eval.csv"
COMMITTED = PROJECT / "manifests" / "audiosep" / "esc50.jsonl"
LINES = (
    "idx,caption,src_wav,noise_wav",
    "0,dog,1-100-A-0.wav,2-200-A-14.wav",
    "1,chirping birds,2-200-A-14.wav,1-100-A-0.wav",
    "2,dog,1-100-B-0.wav,1-100-A-0.wav",
    "3,dog,1-100-A-0.wav,1-100-A-0.wav",
)


def write(folder: Path, *lines: str, ending: str = "\n") -> Path:
    path = folder / "esc50_eval.csv"
    path.write_bytes(ending.join([*lines, ""]).encode())
    return path


def test_rows_become_pairs_at_the_stated_ratio(tmp_path: Path) -> None:
    rows = {
        row.flags[0]: row for row in import_esc50(write(tmp_path, *LINES), tmp_path / "l.jsonl", snr_db=3.0).mixtures
    }
    first = rows["row:0"]
    assert [(s.clip, s.labels, s.group, s.role, s.gain_db) for s in first.sources] == [
        ("audio/1-100-A-0.wav", ("dog",), "freesound:100", "target", None),
        ("audio/2-200-A-14.wav", ("chirping birds",), "freesound:200", "noise", None),
    ]
    assert (first.snr_db, first.clip_rule, first.sample_rate, first.samples) == (3.0, "none", 32000, 160000)
    assert [(query.text, query.sources, query.mode) for query in first.queries] == [("dog", (0,), "extract")]


def test_faulty_pairs_are_kept_and_flagged(tmp_path: Path) -> None:
    manifest = import_esc50(write(tmp_path, *LINES), tmp_path / "l.jsonl", snr_db=0.0)
    flags = {row.flags[0]: row.flags[1:] for row in manifest.mixtures}
    assert flags == {"row:0": (), "row:1": (), "row:2": ("class_overlap",), "row:3": ("self_mix", "class_overlap")}
    assert manifest.meta.recipe["flags"] == {"class_overlap": 2, "self_mix": 1}


def test_line_ends_do_not_matter(tmp_path: Path) -> None:
    for name, ending in (("a", "\n"), ("b", "\r\n")):
        import_esc50(write(tmp_path, *LINES, ending=ending), tmp_path / f"{name}.jsonl", snr_db=0.0)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.meta.json").read_bytes() == (tmp_path / "b.meta.json").read_bytes()


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (("id,text", *LINES[1:]), "line 1: given id,text; wanted idx,caption,src_wav,noise_wav"),
        ((LINES[0], "0,dog,1-100-A-0.wav"), "line 2: given 0,dog"),
        ((*LINES[:3], "2,dog,../1-100-A-0.wav,2-200-A-14.wav"), "line 4"),
        ((LINES[0], "0,dog,1-100-A-0.wav,2-200-A-14.wav"), "line 2: given 2-200-A-14.wav; wanted a noise whose class"),
        ((), "line 1"),
    ],
)
def test_what_is_no_such_list_is_named_by_line(tmp_path: Path, lines: tuple[str, ...], match: str) -> None:
    with pytest.raises(InvalidRecord, match=match):
        import_esc50(write(tmp_path, *lines), tmp_path / "l.jsonl", snr_db=0.0)
    assert not (tmp_path / "l.jsonl").exists()


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_damaged_byte_is_an_error_or_another_list(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = write(folder, *LINES)
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content)
    try:
        rows = import_esc50(path, folder / "out" / "l.jsonl", snr_db=0.0).mixtures
        assert load(folder / "out" / "l.jsonl").mixtures == rows
    except SepbenchError as error:
        assert error.what and not (folder / "out" / "l.jsonl").exists()
    assert {found.name for found in folder.iterdir()} <= {"esc50_eval.csv", "out"}


def test_committed_list_is_the_published_one(tmp_path: Path) -> None:
    if not PUBLISHED.is_file():
        pytest.skip("needs the published list beside the project (shared/data/metadata/audiosep/esc50_eval.csv)")
    import_esc50(PUBLISHED, tmp_path / "esc50.jsonl", snr_db=0.0)
    assert (tmp_path / "esc50.jsonl").read_bytes() == COMMITTED.read_bytes()


def test_committed_list_has_2000_rows_and_none_at_fault() -> None:
    manifest = load(COMMITTED)
    assert len(manifest.mixtures) == 2000
    assert len({row.sources[0].clip for row in manifest.mixtures}) == 2000  # every clip once as target
    assert len({row.sources[1].clip for row in manifest.mixtures}) == 1274
    assert all(len(row.flags) == 1 for row in manifest.mixtures)
    assert all(row.sources[0].group != row.sources[1].group for row in manifest.mixtures)


def test_exactly_242_rows_are_buildable_from_the_partial_copy(real_esc50: Path) -> None:
    here = Availability()
    assert sum(here.has_all(row) for row in load(COMMITTED).mixtures) == 242
