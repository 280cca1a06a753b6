"""``sepbench compare`` as a user meets it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from sepbench.audio import write
from sepbench.results.answers import Value
from tests.answers import LSD, SI_SDRI, answers, write_run
from tests.cli.in_process import sepbench_here
from tests.cli.test_program import sepbench
from tests.results.vector_runs import wanted, write_vectors

LOW: list[Value] = [float(place) for place in range(20)]
HIGH: list[Value] = [place + 1 + place / 50 for place in range(20)]


def test_tables_say_who_is_better_and_json_has_every_number(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", answers({"m": [LOW, HIGH], "n": [HIGH, LOW]}, metrics=[SI_SDRI, LSD]))
    write(run / "estimates" / "n" / f"{19:016x}.0.wav", np.zeros(8, np.float32), 16000)
    done = sepbench("compare", "run:m", "n", "--items", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.strip().startswith("si_sdri (dB)"))
    assert line.split()[2:5] == ["9.5", "10.69", "+1.19"] and " B " in line
    assert f"B run/estimates/n/{19:016x}.0.wav" in done.stdout
    assert "snr_bin" in done.stdout
    found = json.loads(sepbench_here("compare", "run:m", "n", "--items", "2", "--json", cwd=tmp_path).stdout)
    (one,) = found["comparisons"]
    assert found["schema"] == 1 and one["metric_order"] == ["si_sdri", "lsd"]
    metric = one["metrics"]["lsd"]
    assert metric["better"] == "after" and metric["direction"] == "lower" and metric["n"] == metric["fallen"] == 20
    assert metric["ci95"][0] < metric["change"] < metric["ci95"][1] < 0
    assert metric["p"] <= metric["p_holm"] < 0.05
    assert one["slices"]["mode"]["remove"]["si_sdri"]["n"] == 5
    assert [item["audio_after"] for item in one["items"]] == [f"run/estimates/n/{19:016x}.0.wav", None] * 2


def test_a_metric_of_a_set_has_a_row_and_no_items_that_rose(tmp_path: Path) -> None:
    write_vectors(tmp_path / "run", {"m": wanted() + 0.1, "n": wanted() + 1.0})
    done = sepbench_here("compare", "run:m", "n", cwd=tmp_path)
    cells = next(line for line in done.stdout.splitlines() if line.strip().startswith("fad")).split()
    assert cells[1:4] == ["0.03", "3", "+2.97"] and cells[-6:] == ["A", "40", "-", "-", "0", "0"]
    (found,) = json.loads(sepbench_here("compare", "run:m", "n", "--json", cwd=tmp_path).stdout)["comparisons"]
    assert found["wholes"] == {} and not found["metrics"]["fad"]["per_item"]
    assert found["metrics"]["fad"]["p"] < found["metrics"]["fad"]["p_holm"] < 0.05


def test_a_suite_without_a_common_metric_has_an_empty_table(tmp_path: Path) -> None:
    for folder, metric in (("old", SI_SDRI), ("new", LSD)):
        write_run(tmp_path / folder / "first", answers({"m": [LOW]}))
        other = answers({"m": [LOW]}, metrics=[metric])
        write_run(tmp_path / folder / "second", replace(other, suite=replace(other.suite, name="t")))
    done = sepbench_here("compare", "old", "new", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "si_sdri (dB)" in done.stdout and "only old/second:m has si_sdri" in done.stdout


def test_runs_that_cannot_be_compared_exit_2_and_say_which(tmp_path: Path) -> None:
    full = answers({"m": [LOW]})
    write_run(tmp_path / "a", full)
    write_run(tmp_path / "b", replace(full, suite=replace(full.suite, hash="f" * 64)))
    write_run(tmp_path / "c", replace(full, metrics=(replace(SI_SDRI, signature="si_sdri|v2"),)))
    for other, told in (("b", "different suites: given s hhhh"), ("c", "metric si_sdri"), ("d", "no such model")):
        done = sepbench_here("compare", "a", other, cwd=tmp_path)
        assert done.returncode == 2 and told in done.stderr, done.stderr
    done = sepbench_here("compare", "a", "a:m", "--by", "x", cwd=tmp_path)
    assert done.returncode == 2 and "a model against itself" in done.stderr
