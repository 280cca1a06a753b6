"""``sepbench submit`` as its users meet it: what is printed, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepbench.corpora.availability import Availability
from sepbench.engine.config import KeepAudio
from tests.cli.in_process import sepbench_here
from tests.results.submissions import ADAPTERS, Forged, small_run, small_suite

WHERE = ("--manifests", "manifests", "--adapters", str(ADAPTERS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with everything kept, and its suite."""
    place = tmp_path_factory.mktemp("submit")
    (place / "manifests").mkdir()
    small_suite(place / "manifests")
    small_run(place / "manifests", place / "run", metrics=("si_sdri",))
    return place


def test_pack_then_verify(folder: Path) -> None:
    packed = sepbench_here("submit", "pack", "run", "-o", "out/mine.zip", "--manifests", "manifests", cwd=folder)
    assert packed.returncode == 0, packed.stderr
    assert packed.stdout == "out/mine.zip: 36 rows, 20 answers that can be heard\n"
    verified = sepbench_here("submit", "verify", "out/mine.zip", *WHERE, cwd=folder)
    assert verified.returncode == 0, verified.stderr
    assert "mine.zip: holds" in verified.stdout and "failed" not in verified.stdout
    assert "suite small; models half, oracle-irm" in verified.stdout


def test_an_archive_that_cannot_be_written_is_told(folder: Path) -> None:
    done = sepbench_here("submit", "pack", "run", "-o", "run/run.json/a/b.zip", "--manifests", "manifests", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the archive cannot be written: given run/run.json/a/b.zip: Not a directory\n")


def test_what_does_not_hold_is_told_and_exits_with_1(folder: Path) -> None:
    assert sepbench_here("submit", "pack", "run", "-o", "a.zip", "--manifests", "manifests", cwd=folder).returncode == 0
    forged = Forged(folder / "a.zip", folder / "forged")
    forged.answers()[0].unlink()
    forged.archive()
    done = sepbench_here("submit", "verify", "forged.zip", *WHERE, "--json", cwd=folder)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["passed"] is False and found["schema"] == 1
    assert [one["name"] for one in found["checks"] if one["outcome"] == "failed"] == ["files"]
    shown = sepbench_here("submit", "verify", "forged.zip", *WHERE, cwd=folder)
    assert shown.returncode == 1 and "forged.zip: DOES NOT HOLD" in shown.stdout


def test_without_data_the_exit_code_is_2_unless_that_is_wanted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = sepbench_here("submit", "pack", "run", "-o", "b.zip", "--manifests", "manifests", "--json", cwd=folder)
    assert json.loads(packed.stdout) == {"schema": 1, "path": "b.zip", "rows": 36, "answers": 20}
    monkeypatch.setattr(Availability, "has_all", lambda self, mixture: False)
    done = sepbench_here("submit", "verify", "b.zip", *WHERE, cwd=folder)
    assert done.returncode == 2 and "verify the rest with --without-data" in done.stderr
    rest = sepbench_here("submit", "verify", "b.zip", *WHERE, "--without-data", cwd=folder)
    assert rest.returncode == 0 and "none of 20 answers can be scored here" in rest.stdout


def test_a_run_without_its_answers_is_told_how_to_keep_them(folder: Path) -> None:
    small_run(folder / "manifests", folder / "bare", metrics=("si_sdri",), keep_audio=KeepAudio("none"))
    done = sepbench_here("submit", "pack", "bare", "-o", "c.zip", "--manifests", "manifests", cwd=folder)
    assert done.returncode == 2 and "20 of the 20 answers that are drawn were not kept" in done.stderr
    assert "--keep-audio all --fresh" in done.stderr and not (folder / "c.zip").exists()


def test_scored_waveforms_are_submitted_like_a_run(folder: Path) -> None:
    given = folder / "run" / "estimates" / "oracle-irm"
    where = ("--suite", "small", "--manifests", "manifests")
    scored = sepbench_here(
        "score", "--estimates", str(given), *where, "--name", "mine", "--keep-audio", "all", "--out", "s", cwd=folder
    )
    assert scored.returncode == 0, scored.stderr
    packed = sepbench_here("submit", "pack", "s", "-o", "s.zip", "--manifests", "manifests", cwd=folder)
    assert packed.stdout == "s.zip: 18 rows, 10 answers that can be heard\n"
    done = sepbench_here("submit", "verify", "s.zip", "--manifests", "manifests", "--json", cwd=folder)
    outcomes = {one["name"]: one["outcome"] for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0 and outcomes.pop("models") == "not done" and set(outcomes.values()) == {"passed"}
