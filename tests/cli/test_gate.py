"""``sepbench gate`` and ``sepbench baseline`` as a user meets them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sepbench.audio import read, write
from sepbench.metrics.registry import get
from sepbench.results.answers import Counted, MetricFacts, Value
from tests.answers import LSD, SI_SDRI, answers, write_run
from tests.cli.in_process import sepbench_here
from tests.cli.test_program import PROJECT, sepbench
from tests.results.vector_runs import FAD, wanted, write_vectors

ZEROS: list[Value] = [0.0] * 20
HALVES: list[Value] = [-0.5] * 20


def in_folder(folder: Path) -> None:
    """A baseline of zeros, and two runs: the same again, and half a decibel worse."""
    write_run(folder / "same", answers({"m": [ZEROS, ZEROS]}, metrics=[SI_SDRI, LSD]))
    write_run(folder / "worse", answers({"m": [HALVES, ZEROS]}, metrics=[SI_SDRI, LSD]))
    done = sepbench_here("baseline", "update", "same", "--baseline", "b.json", "--yes", cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["same", "--tolerance", "si_sdri=0.1dB,lsd=0"], 0),
        (["same", "--exact"], 0),
        (["worse", "--tolerance", "si_sdri=0.6dB"], 0),
        (["worse", "--tolerance", "si_sdri=0.1dB"], 1),
        (["worse", "--exact"], 1),
        (["worse", "--tolerance", "si_sdri=0.1dB,macs=0"], 1),
        (["same", "--tolerance", "macs=0"], 2),
        (["same", "--tolerance", "rtf=0.1"], 2),
        (["same", "--tolerance", "si_sdri=0.1dB", "--models", "other"], 2),
        (["same"], 2),
        (["nowhere", "--exact"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, words: list[str], code: int) -> None:
    in_folder(tmp_path)
    done = sepbench_here("gate", *words, "--baseline", "b.json", cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_every_form_of_the_verdict(tmp_path: Path) -> None:
    in_folder(tmp_path)
    words = ["gate", "worse", "--baseline", "b.json", "--tolerance", "si_sdri=0.1dB,lsd=0", "--github"]
    done = sepbench_here(*words, "--junit", "out/j.xml", "--markdown", "out/g.md", cwd=tmp_path)
    assert done.returncode == 1
    assert "failed: m, si_sdri: worse by 0.5 dB, and the interval excludes zero" in done.stdout
    assert "::error title=s%3A m%2C si_sdri%3A failed::worse by 0.5 dB" in done.stdout
    suite = ElementTree.parse(tmp_path / "out" / "j.xml").getroot()
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("2", "1", "0")
    assert "## sepbench gate: failed" in (tmp_path / "out" / "g.md").read_text()
    found = sepbench_here(*words, "--json", cwd=tmp_path)
    verdict = json.loads(found.stdout)
    assert (verdict["schema"], verdict["outcome"], verdict["exit_code"]) == (1, "failed", 1)
    assert [check["outcome"] for check in verdict["checks"]] == ["failed", "passed"]
    assert verdict["checks"][0]["moved"][0] == {
        "after": -0.5,
        "before": 0.0,
        "item": f"{0:016x}.0",
        "metric": "si_sdri",
    }


def test_a_device_is_not_replaced_by_a_verdict(tmp_path: Path) -> None:
    in_folder(tmp_path)
    (tmp_path / "folder").mkdir()
    done = sepbench_here("gate", "same", "--baseline", "b.json", "--exact", "--junit", "folder", cwd=tmp_path)
    assert done.returncode == 2 and "the verdict cannot be written: given folder: not a file" in done.stderr


def test_a_run_folder_may_stand_in_for_the_baseline(tmp_path: Path) -> None:
    in_folder(tmp_path)
    assert sepbench_here("gate", "worse", "--baseline", "same", "--exact", cwd=tmp_path).returncode == 1
    assert sepbench_here("gate", "same", "--baseline", "same", "--exact", cwd=tmp_path).returncode == 0


def test_a_distance_of_sets_is_gated_between_two_run_folders(tmp_path: Path) -> None:
    write_vectors(tmp_path / "near", {"m": wanted() + 0.1})
    write_vectors(tmp_path / "far", {"m": wanted() + 1.0})
    sepbench_here("baseline", "update", "near", "--baseline", "b.json", "--yes", cwd=tmp_path)
    for run, baseline, code, told in (
        ("far", "near", 1, "failed: m, fad: worse by 2.97, and the interval excludes zero"),
        ("near", "far", 0, "passed: m, fad: better by 2.97"),
        ("far", "b.json", 2, "not comparable: m, fad: what items gave to the set is not in a baseline's file"),
    ):
        done = sepbench_here("gate", run, "--baseline", baseline, "--tolerance", "fad=0.1", cwd=tmp_path)
        assert done.returncode == code and told in done.stdout, done.stdout + done.stderr


def test_costs_go_from_the_summary_into_the_baseline(tmp_path: Path) -> None:
    for name, macs in (("old", 100), ("new", 103)):
        costs = {"m": (Counted(10.0, "separator_only", macs, 7),)}
        write_run(tmp_path / name, answers({"m": [ZEROS]}, costs=costs))
    sepbench_here("baseline", "update", "old", "--baseline", "b.json", "--yes", cwd=tmp_path)
    for tolerance, code in (("macs=3%,parameters=0", 0), ("macs=2.9%", 1)):
        done = sepbench_here("gate", "new", "--baseline", "b.json", "--tolerance", tolerance, cwd=tmp_path)
        assert done.returncode == code and "separator_only at 10 s: 100 before, 103 now" in done.stdout


def test_update_shows_the_difference_and_writes_only_when_told(tmp_path: Path) -> None:
    in_folder(tmp_path)
    before = (tmp_path / "b.json").read_text()
    words = ["baseline", "update", "worse", "--baseline", "b.json"]
    shown = sepbench_here(*words, cwd=tmp_path)
    assert shown.returncode == 0 and (tmp_path / "b.json").read_text() == before
    line = next(line for line in shown.stdout.splitlines() if "si_sdri" in line)
    assert line.split()[:5] == ["m", "si_sdri", "0", "-0.5", "-0.5"]
    assert "lsd" not in shown.stdout and "not written to b.json; --yes writes" in shown.stdout
    report = json.loads(sepbench(*words, "--json", "--yes", cwd=tmp_path).stdout)
    assert report["written"] and report["changes"][0]["fallen"] == 20
    assert (tmp_path / "b.json").read_text() != before
    assert "no value changed" in sepbench_here(*words, cwd=tmp_path).stdout


def test_update_shows_what_became_of_a_set_and_not_of_its_vectors(tmp_path: Path) -> None:
    facts = MetricFacts("qa_sdri", get("qa_sdri").signature, "dB", "higher", False)
    for name, last in (("old", "not_applicable"), ("new", 0.0)):
        column: list[Value] = [10.0] * 19 + [last]
        write_run(tmp_path / name, answers({"m": [column, ["ok"] * 20]}, metrics=[facts, FAD]))
    sepbench_here("baseline", "update", "old", "--baseline", "b.json", "--yes", cwd=tmp_path)
    shown = sepbench_here("baseline", "update", "new", "--baseline", "b.json", cwd=tmp_path).stdout
    line = next(line for line in shown.splitlines() if "qa_sdri" in line)
    assert line.split()[:5] == ["m", "qa_sdri", "10", "9.5", "-0.5"] and "fad" not in shown
    assert "no value changed" in sepbench_here("baseline", "update", "old", "--baseline", "b.json", cwd=tmp_path).stdout


def test_update_tells_of_models_recipes_and_suites(tmp_path: Path) -> None:
    in_folder(tmp_path)
    write_run(tmp_path / "other", answers({"n": [ZEROS]}))
    done = sepbench_here("baseline", "update", "other", "--baseline", "b.json", cwd=tmp_path)
    assert "added: n" in done.stdout and "removed: m" in done.stdout
    assert "metric lsd: lsd|v1|rate:native before, none now" in done.stdout


def test_partial_runs_are_refused_unless_told(tmp_path: Path) -> None:
    in_folder(tmp_path)
    write_run(tmp_path / "part", answers({"m": [ZEROS, ZEROS]}, metrics=[SI_SDRI, LSD], partial=True))
    for words in (["gate", "part", "--exact"], ["baseline", "update", "part"]):
        done = sepbench_here(*words, "--baseline", "b.json", cwd=tmp_path)
        assert done.returncode == 2 and "the run is partial" in done.stderr
        assert sepbench_here(*words, "--baseline", "b.json", "--allow-partial", cwd=tmp_path).returncode == 0


def test_one_sample_of_one_item_fails_the_exact_mode(tmp_path: Path) -> None:
    """A real model on real items; then the smallest step of 16-bit audio, on one sample of one estimate."""
    words = ["--suite", "demo", "--limit", "6", "--metrics", "si_sdri,lsd", "--keep-audio", "all"]
    adapters = str(PROJECT / "tests" / "adapters")
    done = sepbench("run", "--models", "half", *words, "--adapters", adapters, "--out", "first", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shutil.copytree(tmp_path / "first" / "estimates" / "half", tmp_path / "mine")
    changed = sorted((tmp_path / "mine").iterdir())[2]
    sound = read(changed)
    sound.audio[1234] += 2.0**-15
    write(changed, sound.audio, sound.sample_rate)
    scored = sepbench("score", "--estimates", "mine", "--name", "half", *words[:-2], "--out", "second", cwd=tmp_path)
    assert scored.returncode == 0, scored.stderr
    gate = ["--baseline", "b.json", "--exact", "--allow-partial"]
    sepbench_here("baseline", "update", "first", "--baseline", "b.json", "--yes", "--allow-partial", cwd=tmp_path)
    assert sepbench_here("gate", "first", *gate, cwd=tmp_path).returncode == 0
    done = sepbench("gate", "second", *gate, cwd=tmp_path)
    assert done.returncode == 1 and "1 of 6 items changed" in done.stdout
    assert changed.stem in done.stdout
