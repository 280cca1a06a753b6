"""Submissions: what honest ones come to, and every forgery that can be told."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest

from sepbench.audio import read, write
from sepbench.corpora.availability import Availability
from sepbench.engine.config import KeepAudio
from sepbench.errors import MissingData, NothingComparable, RunFolderError
from sepbench.results.row_table import RowTable
from sepbench.results.rows import Row, iter_rows, read_rows
from sepbench.results.run_folder import read_json, write_json
from sepbench.submission.claimed import claimed_run
from sepbench.submission.claims import read_claims
from sepbench.submission.packing import pack
from sepbench.submission.recomputing import recomputed
from sepbench.submission.sample import drawn
from sepbench.submission.verdict import Verification
from sepbench.submission.verifying import verify
from tests.results.submissions import ADAPTERS, Forged, small_run, small_suite, write_rows

ALL = ["files", "models", "coverage", "rows", "sample", "summary", "scores"]


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_suite(tmp_path_factory.mktemp("manifests"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, manifests: Path) -> Path:
    """The run folder."""
    return small_run(manifests, tmp_path_factory.mktemp("made") / "run")


@pytest.fixture(scope="module")
def honest(made: Path, manifests: Path) -> Path:
    """Its archive."""
    return pack(made, made.parent / "honest.zip", [manifests]).path


@pytest.fixture
def forged(honest: Path, tmp_path: Path) -> Forged:
    return Forged(honest, tmp_path / "forged")


Verify = Callable[[Path], dict[str, str]]


@pytest.fixture
def failed(manifests: Path) -> Verify:
    """What was found wrong, by the check's name."""

    def find(archive: Path) -> dict[str, str]:
        found = verify(archive, [manifests], [ADAPTERS])
        return {one.name: one.what for one in found.checks if one.outcome == "failed"}

    return find


def better(row: Row) -> Row:
    """One decibel that was never measured."""
    if row.model != "half" or "si_sdri" not in row.metrics or row.metrics["si_sdri"].value is None:
        return row
    score = row.metrics["si_sdri"]
    return replace(row, metrics={**row.metrics, "si_sdri": replace(score, value=(score.value or 0.0) + 1.0)})


def summarise(run: Path, manifests: Path) -> None:
    """Write the summary that the rows, whatever they are, come to."""
    rows = sorted(iter_rows(run / "rows.jsonl"), key=lambda row: (row.model, row.item))
    found = recomputed(claimed_run(read_claims(run), run, [manifests]), run, RowTable(rows).all())
    write_json(run / "summary.json", found)


def only_first(edit: Callable[[Row], Row]) -> Callable[[Row], Row]:
    """The edit of the first row that it changes."""
    done: list[Row] = []

    def once(row: Row) -> Row:
        changed = edit(row)
        if changed == row or done:
            return row
        done.append(changed)
        return changed

    return once


def test_an_honest_submission_holds(honest: Path, manifests: Path) -> None:
    found = verify(honest, [manifests], [ADAPTERS])
    assert [(one.name, one.outcome) for one in found.checks] == [(name, "passed") for name in ALL]
    assert found.passed and found.suite == "small" and set(found.models) == {"half", "oracle-irm"}
    assert found.checks[-1].what == "20 of 20 answers score what their rows say"


def test_the_same_run_is_packed_to_the_same_bytes(honest: Path, made: Path, manifests: Path, tmp_path: Path) -> None:
    written = pack(made, tmp_path / "again.zip", [manifests])
    assert written.path.read_bytes() == honest.read_bytes()
    assert (written.rows, written.answers) == (36, 20)
    assert list(tmp_path.iterdir()) == [written.path]


def test_an_edited_row_is_no_longer_the_listed_file(forged: Forged, failed: Verify) -> None:
    forged.edit_rows(only_first(better))
    assert failed(forged.archive()).keys() == {"files"}


def test_a_damaged_row_fails_its_own_checksum(forged: Forged, failed: Verify) -> None:
    rows = forged.folder / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"status":"ok"', '"status":"OK"', 1))
    forged.recount()
    assert "the row is damaged" in failed(forged.archive())["files"]


def test_an_edited_row_listed_anew_draws_other_answers_and_another_summary(forged: Forged, failed: Verify) -> None:
    forged.edit_rows(only_first(better))
    forged.recount()
    found = failed(forged.archive())
    assert {"sample", "summary"} <= found.keys()
    assert "was drawn and is not there" in found["sample"]
    assert "models.half.metrics.si_sdri" in found["summary"]


def test_rows_edited_throughout_by_whoever_has_all_answers_do_not_score(
    made: Path, manifests: Path, tmp_path: Path, failed: Verify
) -> None:
    """The strongest forger: rows, checksums, summary and sample all fit, since they are made anew from false rows."""
    shutil.copytree(made, tmp_path / "run")
    write_rows(tmp_path / "run" / "rows.jsonl", better)
    summarise(tmp_path / "run", manifests)
    found = failed(pack(tmp_path / "run", tmp_path / "false.zip", [manifests]).path)
    assert found.keys() == {"scores"}
    assert "half" in found["scores"] and "si_sdri is" in found["scores"] and "oracle" not in found["scores"]


def test_an_edited_summary_is_not_that_of_the_rows(forged: Forged, failed: Verify) -> None:
    def raise_value(summary: dict[str, dict[str, dict[str, dict[str, dict[str, float]]]]]) -> None:
        summary["models"]["half"]["metrics"]["si_sdri"]["value"] = 9.75

    forged.edit_json("summary.json", raise_value)
    assert failed(forged.archive()).keys() == {"files"}
    forged.recount()
    found = failed(forged.archive())
    assert found.keys() == {"summary"}
    assert found["summary"].startswith("1 fault: models.half.metrics.si_sdri.value is 9.75, and ")


def test_a_swapped_answer_does_not_score(forged: Forged, failed: Verify) -> None:
    # Answers to absent sounds are all the same silence, and which answers were drawn hangs on the rows' times.
    of_oracle = {path.read_bytes(): path for path in forged.answers() if path.parent.name == "oracle-irm"}
    (first, path_of_first), (second, path_of_second), *_ = of_oracle.items()
    path_of_first.write_bytes(second)
    path_of_second.write_bytes(first)
    assert failed(forged.archive()).keys() == {"files"}
    forged.recount()
    assert failed(forged.archive()).keys() == {"scores"}


def test_a_missing_answer_is_missed(forged: Forged, failed: Verify) -> None:
    gone = forged.answers()[0]
    gone.unlink()
    assert "is missing" in failed(forged.archive())["files"]
    forged.recount()
    assert f"{gone.name} was drawn and is not there" in failed(forged.archive())["sample"]


def test_no_other_answer_is_taken_in_its_place(forged: Forged, failed: Verify, made: Path) -> None:
    here = {path.relative_to(forged.folder) for path in forged.answers()}
    other = next(path for path in sorted(made.rglob("*.wav")) if path.relative_to(made) not in here)
    shutil.copy(other, forged.folder / other.relative_to(made))
    forged.recount()
    assert f"{other.name} was not drawn" in failed(forged.archive())["sample"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cluster": "another"}, "cluster is 'another'"),
        ({"label": "bird"}, "label is 'bird'"),
        ({"absent": True}, "absent is True"),
        ({"separation_key": "0" * 16}, "separation_key"),
        ({"item": "0" * 16 + ".0"}, "of no item of the suite"),
        ({"model": "unheard"}, "of no model of the run"),
    ],
)
def test_facts_of_rows_are_the_suites(forged: Forged, failed: Verify, change: dict[str, str | bool], told: str) -> None:
    def relabel(row: Row) -> Row:
        return replace(row, **change) if row.model == "half" and row.mode == "extract" and not row.absent else row

    forged.edit_rows(only_first(relabel))
    forged.recount()
    assert told in failed(forged.archive())["rows"]


def test_what_metrics_of_a_set_keep_goes_along_and_is_made_anew(
    manifests: Path, tmp_path: Path, failed: Verify
) -> None:
    run = small_run(manifests, tmp_path / "run", metrics=("si_sdri", "sum_consistency"))
    archive = pack(run, tmp_path / "run.zip", [manifests]).path
    assert failed(archive) == {}

    def lead_away(row: Row) -> Row:
        kept = {"sum_consistency": {"estimate": "../../../../etc/passwd"}}
        return replace(row, statistics=kept) if row.statistics else row

    forged = Forged(archive, tmp_path / "forged")
    forged.edit_rows(lead_away)
    forged.recount()
    assert "is named by a row and is not there" in failed(forged.archive())["rows"]

    def exchange(row: Row) -> Row:
        """A perfect sum: every estimate is said to have been the reference."""
        kept = row.statistics.get("sum_consistency")
        return row if not kept else replace(row, statistics={"sum_consistency": kept | {"estimate": kept["reference"]}})

    write_rows(run / "rows.jsonl", exchange)
    summarise(run, manifests)
    assert failed(pack(run, tmp_path / "false.zip", [manifests]).path).keys() == {"scores"}


def test_a_dropped_item_is_not_excused_as_missing(forged: Forged, failed: Verify) -> None:
    rows = read_rows(forged.folder / "rows.jsonl")
    worst = min(row.metrics["si_sdri"].value or 0.0 for row in rows if "si_sdri" in row.metrics)
    dropped = next(row.item for row in rows if "si_sdri" in row.metrics and row.metrics["si_sdri"].value == worst)
    path = forged.folder / "rows.jsonl"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if f'"{dropped}"' not in line))
    forged.recount()
    assert f"though they can be built here: {dropped}" in failed(forged.archive())["coverage"]


def test_facts_of_a_known_adapter_cannot_be_talked_away(forged: Forged, failed: Verify) -> None:
    def call_it_a_mask(summary: dict[str, dict[str, dict[str, object]]]) -> None:
        summary["models"]["oracle-irm"] |= {"paradigm": "mask", "needs": []}

    forged.edit_json("summary.json", call_it_a_mask)
    forged.recount()
    assert "oracle-irm: paradigm is 'oracle', not 'mask'" in failed(forged.archive())["models"]


@pytest.mark.parametrize(
    ("status", "check", "told"),
    [
        ("not_applicable", "models", "oracle-irm: it takes any words, and 1 rows say that it does not apply"),
        ("refused", "scores", "is refused in its row, and its mixture keeps the rules"),
    ],
)
def test_an_item_is_not_got_rid_of_by_its_status(
    made: Path, manifests: Path, tmp_path: Path, failed: Verify, status: str, check: str, told: str
) -> None:
    shutil.copytree(made, tmp_path / "run")

    def put_aside(row: Row) -> Row:
        return replace(row, status=status, metrics={}) if row.model == "oracle-irm" else row

    write_rows(tmp_path / "run" / "rows.jsonl", only_first(put_aside))
    summarise(tmp_path / "run", manifests)
    found = failed(pack(tmp_path / "run", tmp_path / "false.zip", [manifests]).path)
    assert found.keys() == {check} and told in found[check]


def test_an_adapter_that_is_not_here_is_said_to_be_taken_at_its_word(honest: Path, manifests: Path) -> None:
    found = {one.name: one for one in verify(honest, [manifests]).checks}
    assert found["models"].outcome == "not done" and found["models"].what.endswith("taken at their word: half")


def test_a_metric_of_another_recipe_is_nothing_to_compare(forged: Forged, manifests: Path) -> None:
    forged.edit_json("run.json", lambda run: run["metrics"].update({"lsd": "lsd|v0|rate:native"}))
    forged.recount()
    with pytest.raises(NothingComparable, match="metric lsd is not of the recipe"):
        verify(forged.archive(), [manifests])


def test_a_record_of_another_run_is_told(forged: Forged, failed: Verify) -> None:
    forged.edit_json("run.json", lambda run: run["models"]["half"].update({"revision": "0" * 16}))
    forged.recount()
    assert "run.json and summary.json are not of one run: revisions" in failed(forged.archive())["files"]


def test_another_state_of_the_suite_is_nothing_to_compare(honest: Path, manifests: Path, tmp_path: Path) -> None:
    shutil.copytree(manifests, tmp_path / "other")
    settings = tmp_path / "other" / "small.toml"
    settings.write_text(settings.read_text().replace("scoring_rate = 16000", "scoring_rate = 8000"))
    with pytest.raises(NothingComparable, match="suite small is not the one of the run"):
        verify(honest, [tmp_path / "other"])


def test_without_the_data_it_says_so(honest: Path, manifests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Availability, "has_all", lambda self, mixture: False)
    with pytest.raises(MissingData, match="mixtures of the sample cannot be built here") as told:
        verify(honest, [manifests], [ADAPTERS])
    assert "--without-data" in told.value.remedy
    found = verify(honest, [manifests], [ADAPTERS], without_data=True)
    assert found.passed and [one.name for one in found.checks if one.outcome == "not done"] == ["scores"]


def test_a_run_that_kept_too_little_says_what_to_do(manifests: Path, tmp_path: Path) -> None:
    run = small_run(manifests, tmp_path / "run", keep_audio=KeepAudio("sample", 2))
    with pytest.raises(MissingData, match="answers that are drawn were not kept") as told:
        pack(run, tmp_path / "run.zip", [manifests])
    assert "--keep-audio all --fresh" in told.value.remedy and not (tmp_path / "run.zip").exists()


def test_a_partial_run_is_no_submission(manifests: Path, tmp_path: Path) -> None:
    run = small_run(manifests, tmp_path / "run", limit=3)
    with pytest.raises(NothingComparable, match="a partial run"):
        pack(run, tmp_path / "run.zip", [manifests])


def test_a_summary_of_other_rows_is_not_packed(made: Path, manifests: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "run")
    summary = read_json(tmp_path / "run" / "summary.json")
    summary["models"]["half"]["coverage"]["ok"] = 99
    write_json(tmp_path / "run" / "summary.json", summary)
    with pytest.raises(RunFolderError, match=r"coverage\.ok is 99, and 18 of the rows"):
        pack(tmp_path / "run", tmp_path / "run.zip", [manifests])


def test_who_changes_a_row_cannot_keep_the_sample() -> None:
    keys = [("mine", f"{number}.0") for number in range(400)]
    samples = [drawn(keys, suite_hash="s", rows_sha256=str(number)) for number in range(200)]
    assert {len(sample) for sample in samples} == {20}
    times = np.array([sum(key in sample for sample in samples) for key in keys])
    assert times.mean() == 10 and times.max() < 25  # 200 draws of 5 %: ten each, give or take three
    assert len(set(samples)) == 200


def evil(path: Path, name: str, *, mode: int = stat.S_IFREG | 0o644, content: bytes = b"x") -> Path:
    """An archive with one member."""
    entry = ZipInfo(name)
    entry.external_attr = mode << 16
    entry.compress_type = ZIP_DEFLATED
    with ZipFile(path, "w") as archive:
        archive.writestr(entry, content)
    return path


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "a/../../outside.txt", "C:/outside.txt"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    found = verify(evil(tmp_path / "evil.zip", name))
    assert rejected(found) and "its name leads outside the folder" in found.checks[0].what
    assert os.listdir(tmp_path) == ["evil.zip"]  # noqa: PTH208 - and nothing else


def test_links_are_refused(tmp_path: Path) -> None:
    archive = evil(tmp_path / "evil.zip", "rows.jsonl", mode=stat.S_IFLNK | 0o777, content=b"/etc/passwd")
    assert "a link or a device" in verify(archive).checks[0].what


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    archive = evil(tmp_path / "evil.zip", "rows.jsonl", content=bytes(80 << 20))
    assert archive.stat().st_size < 100_000
    found = verify(archive)
    assert rejected(found) and "would become far too large" in found.checks[0].what


def test_no_archive_and_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    assert "is not a zip archive" in verify(tmp_path / "text.zip").checks[0].what
    assert rejected(verify(evil(tmp_path / "other.zip", "readme.txt")))
    with pytest.raises(MissingData, match="no such archive"):
        verify(tmp_path / "none.zip")


def test_a_file_that_is_no_part_of_a_submission_is_told(forged: Forged, failed: Verify) -> None:
    (forged.folder / "setup.py").write_text("print()")
    assert "setup.py is not in manifest.json" in failed(forged.archive())["files"]
    forged.recount()
    assert "setup.py is no part of a submission" in failed(forged.archive())["files"]


def test_a_last_digit_is_rounding_and_a_sample_is_not(forged: Forged, failed: Verify) -> None:
    """Another processor may round an answer otherwise; one that comes a sample later is another answer."""
    rows = read_rows(forged.folder / "rows.jsonl")
    heard = {row.item for row in rows if row.model == "oracle-irm" and not row.absent}
    path = next(one for one in forged.answers() if one.parent.name == "oracle-irm" and one.stem in heard)
    held = read(path)
    for changed, faulty in ((held.audio * np.float32(1 + 1e-7), False), (np.roll(held.audio, 1), True)):
        write(path, changed, held.sample_rate)
        forged.recount()
        assert ("scores" in failed(forged.archive())) is faulty


def rejected(found: Verification) -> bool:
    """Whether it failed at its first check."""
    return not found.passed and len(found.checks) == 1
