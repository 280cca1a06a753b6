"""The program as a user meets it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.in_process import sepbench_here

PROJECT = Path(__file__).parent.parent.parent
PROGRAM = [sys.executable, "-m", "sepbench"]


def sepbench(
    *words: str, cwd: Path = PROJECT, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("SEPBENCH_")}
    return subprocess.run(
        [*PROGRAM, *words], cwd=cwd, capture_output=True, text=True, env=clean | (environment or {}), timeout=300
    )


@pytest.mark.parametrize(
    "words", [["--help"], ["run", "--help"], ["list", "models"], ["list", "metrics"], ["list", "suites"]]
)
def test_help_and_lists_import_nothing_heavy(words: list[str]) -> None:
    check = (
        "import sys\nfrom sepbench.cli.app import main\nsys.argv = ['sepbench', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'torch', 'pandas', 'scipy.signal', 'matplotlib', 'sklearn', 'transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", check, *words], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_help_takes_under_0_4_seconds() -> None:
    times = []
    for _ in range(5):  # the fastest of several: another process on the machine must not fail this
        began = time.perf_counter()
        assert sepbench("--help").returncode == 0
        times.append(time.perf_counter() - began)
    assert min(times) < 0.4


@pytest.mark.parametrize(
    ("words", "error", "remedy"),
    [
        (["run", "--models", "mixtur", "--suite", "demo"], "unknown model: given mixtur", "did you mean mixture?"),
        (["run", "--models", "mixture", "--suite", "dmo"], "unknown suite: given dmo", "did you mean demo?"),
        (["run", "--models", ",", "--suite", "demo"], "no model named", "sepbench list models"),
        (["run", "--models", "mixture", "--suite", "demo", "--metrics", "sisdr"], "sisdr", "si_sdr"),
        (["run", "--models", "mixture", "--suite", "demo", "--device", "gpu"], "option --device: given gpu", "use one"),
        (
            ["run", "--models", "mixture", "--suite", "demo", "--keep-audio", "some"],
            "--keep-audio: given some",
            "use one",
        ),
        (["run", "--models", "mixture", "--suite", "demo", "--on-missing", "x"], "--on-missing: given x", "use one"),
        (["run", "--models", "mixture", "--suite", "demo", "--engine", "gpu"], "--engine: given gpu", "use one"),
        (["run", "--models", "mixture:loud", "--suite", "demo"], "no variant of that name: given loud", "name one"),
        (["run", "--models", "mixture", "--suite", "esc50"], "cannot be built here", "--on-missing skip"),
        (["score", "--estimates", "nowhere", "--suite", "demo"], "no such folder of estimates: given nowhere", "check"),
        (["report", "nowhere"], "nowhere", ""),
        (["manifest", "show", "nowhere.jsonl"], "file not found: given nowhere.meta.json", "check"),
        (["manifest", "show", "manifests/demo/demo.jsonl", "zz"], "0 mixtures of", "ids look like"),
        (["manifest", "build", "manifests/demo/demo.recipe.toml"], "never edited", "--output"),
    ],
)
def test_a_wrong_word_exits_2_with_what_and_remedy(words: list[str], error: str, remedy: str) -> None:
    done = sepbench(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    what, *rest = done.stderr.splitlines()
    assert what.startswith("error: ") and error in what
    assert not remedy or remedy in " ".join(rest)


def test_debug_shows_the_traceback() -> None:
    done = sepbench("run", "--models", "mixtur", "--suite", "demo", "--debug")
    assert done.returncode != 0 and "Traceback" in done.stderr


def test_unknown_option_is_a_usage_error() -> None:
    assert sepbench("run", "--modles", "mixture").returncode == 2


def test_run_score_report_and_list_from_another_folder(tmp_path: Path) -> None:
    done = sepbench(
        "run", "--models", "mixture,silence", "--suite", "demo", "--limit", "6", "--keep-audio", "all", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "runs" / "demo"
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["schema"] == 1 and set(summary["models"]) == {"mixture", "silence"}
    assert "partial: --limit 6" in done.stdout and "scored 12 of 12, 0 failed" in done.stderr
    estimates = str(folder / "estimates" / "mixture")
    scored = sepbench(
        "score", "--estimates", estimates, "--suite", "demo", "--limit", "6", "--name", "mine", "--json", cwd=tmp_path
    )
    assert scored.returncode == 0, scored.stderr
    again = json.loads(scored.stdout)["models"]["mine"]["metrics"]
    assert again == summary["models"]["mixture"]["metrics"]
    page = sepbench("report", str(folder), "-o", "page.html", cwd=tmp_path)
    assert page.returncode == 0 and (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    listed = json.loads(sepbench("list", "suites", "--json", cwd=tmp_path).stdout)
    assert {"demo", "esc50"} <= {suite["name"] for suite in listed}


def test_missing_estimates_fail_their_items_and_exit_3(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = sepbench("score", "--estimates", "empty", "--suite", "demo", "--limit", "2", cwd=tmp_path)
    assert done.returncode == 3 and "2 items failed; --max-failures allows 0" in done.stderr
    allowed = sepbench(
        "score", "--estimates", "empty", "--suite", "demo", "--limit", "2", "--max-failures", "2", cwd=tmp_path
    )
    assert allowed.returncode == 0


def test_kill_9_in_the_middle_costs_nothing_that_was_written(tmp_path: Path) -> None:
    command = ["run", "--models", "mixture,silence,noise-matched", "--suite", "demo", "--limit", "14", "--workers", "2"]
    assert sepbench(*command, "--out", str(tmp_path / "whole")).returncode == 0
    rows = tmp_path / "broken" / "rows.jsonl"
    for wanted in (8, 20):
        process = subprocess.Popen(
            [*PROGRAM, *command, "--out", str(tmp_path / "broken")],
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and not (rows.exists() and rows.read_bytes().count(b"\n") >= wanted):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = rows.read_bytes().count(b"\n")
    assert 20 <= kept < 42
    done = sepbench(*command, "--out", str(tmp_path / "broken"))
    assert done.returncode == 0, done.stderr
    assert f"{42 - kept} items computed" in done.stdout
    keys = [(row["model"], row["item"]) for row in map(json.loads, rows.read_text().splitlines())]
    assert len(keys) == len(set(keys)) == 42
    assert (tmp_path / "broken" / "summary.json").read_bytes() == (tmp_path / "whole" / "summary.json").read_bytes()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_items_finish_and_leaves_a_summary_of_them(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    words = ["run", "--models", "silence", "--suite", "demo", "--metrics", "si_sdri", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        [*PROGRAM, *words], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    rows = tmp_path / "run" / "rows.jsonl"
    while process.poll() is None and not (rows.exists() and rows.read_bytes().count(b"\n") >= 5):
        time.sleep(0.005)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "stopping" in errors and "finished items are kept" in errors and "Traceback" not in errors
    suite = json.loads((tmp_path / "run" / "summary.json").read_text())["suite"]
    finished = len(rows.read_text().splitlines())
    assert suite["partial"] and (suite["scored_items"], suite["unfinished_items"]) == (finished, 93 - finished)
    assert sepbench(*words).returncode == 0
    suite = json.loads((tmp_path / "run" / "summary.json").read_text())["suite"]
    assert not suite["partial"] and (suite["scored_items"], suite["unfinished_items"]) == (93, 0)


def test_second_process_on_a_run_folder_is_refused(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = sepbench("run", "--models", "mixture", "--suite", "demo", "--limit", "1", "--out", str(tmp_path / "run"))
    assert done.returncode == 2 and "another process is working in this run folder" in done.stderr


def test_what_the_system_refuses_is_told_in_two_lines(tmp_path: Path) -> None:
    """A path below a file: no folder can be made there, whoever asks."""
    (tmp_path / "file").touch()
    done = sepbench("manifest", "show", "manifests/demo/demo.jsonl", "--wav", str(tmp_path / "file" / "x"))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    what, remedy = done.stderr.splitlines()
    assert what.startswith("error: ") and "file" in what and "--debug" in remedy


def test_a_picture_is_a_png_whatever_it_is_called(tmp_path: Path) -> None:
    picture = tmp_path / "picture.txt"
    done = sepbench("manifest", "show", "manifests/demo/demo.jsonl", "--png", str(picture))
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_reader_that_leaves_early_is_no_regression() -> None:
    """Exit code 1 is a gate's; a pipe that nobody reads ends a program as SIGPIPE would."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*PROGRAM, "list", "suites"], stdout=writing, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(writing)
    assert done.returncode == 128 + signal.SIGPIPE and not done.stderr


def test_a_terminal_without_arrows_and_a_narrow_table_lose_nothing(tmp_path: Path) -> None:
    words = [
        "run",
        "--models",
        "mixture",
        "--suite",
        "demo",
        "--limit",
        "1",
        "--metrics",
        "lsd",
        "--out",
        str(tmp_path),
    ]
    done = sepbench(*words, environment={"PYTHONIOENCODING": "ascii:strict"})
    assert done.returncode == 0, done.stderr
    assert "lsd \\u2193" in done.stdout
    assert "Demo: synthetic sounds (demo, 1 of 93 items)" in done.stdout.splitlines()


@pytest.mark.parametrize("option", ["--manifests", "--adapters"])
def test_a_folder_that_is_not_there_is_not_passed_over(option: str) -> None:
    done = sepbench("list", "models", option, "nowhere")
    assert done.returncode == 2 and "nowhere" in done.stderr


def test_papers_recipes_are_shown_where_nothing_else_was_asked_for_and_counted_where_it_was(tmp_path: Path) -> None:
    words = ["run", "--models", "silence", "--suite", "demo", "--limit", "1", "--out", str(tmp_path)]
    alone = sepbench_here(*words, "--metrics", "sdri@audiosep", cwd=PROJECT).stdout
    assert "sdri@audiosep ↑" in alone and "more metrics" not in alone
    beside = sepbench_here(*words, "--metrics", "sdri,sdri@audiosep", cwd=PROJECT).stdout
    assert "sdri@audiosep" not in beside and "1 more metrics in" in beside
