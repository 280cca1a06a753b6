"""``sepbench profile`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import InvalidRecord
from sepbench.results.costs import with_costs
from tests.cli.test_program import sepbench

TOML = 'title = "Half as loud"\nparadigm = "mask"\nlicence = "MIT"\n'
CODE = """from sepbench.separators.separator import Cost, Estimate, Part
class Adapter:
    def load(self, config, device):
        pass
    def separate(self, requests):
        return [Estimate(r.item, r.mixture / 2, r.sample_rate) for r in requests]
    def cost(self, seconds):
        net = Part(26_000_000, 0, 9, macs=round(30e9 * seconds), fft_macs=11_000_000)
        text = Part(0, 125_000_000, 0, macs=1_360_000_000, scopes=("pipeline",), per_query=True)
        return Cost(seconds, {"U-Net": net, "text encoder": text})
"""


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    folder = tmp_path / "adapters" / "half"
    folder.mkdir(parents=True)
    (folder / "adapter.toml").write_text(TOML)
    (folder / "adapter.py").write_text(CODE)
    return folder.parent


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_table_shows_parts_sums_time_and_memory(adapters: Path) -> None:
    done = sepbench("profile", "half", "--seconds", "1,2", "--device", "cpu", "--adapters", str(adapters))
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["U-Net", "30.000", "0.011", "1", "26.00", "0", "separator_only,", "pipeline"] in lines
    assert ["=", "pipeline", "30.000", "1.360", "30.000", "0.011", "26.00", "125.00"] in lines
    assert ["=", "pipeline", "60.000", "1.360", "30.000", "0.011", "26.00", "125.00"] in lines
    (two,) = [words for words in lines if words[:1] == ["2"]]
    assert two[-2:] == ["61.360", "151.00"]
    assert "Half as loud, cpu, --threads 1" in done.stdout
    assert "loading: " in done.stdout
    assert done.stderr.splitlines() == ["loading", "12 answers to 1 s", "12 answers to 2 s", "counting"]


def test_what_is_not_known_is_said_and_not_made_up() -> None:
    done = sepbench("profile", "mixture", "--seconds", "1", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    (row,) = [words for line in done.stdout.splitlines() if (words := line.split())[:1] == ["1"]]
    assert row[-2:] == ["unknown", "unknown"]
    assert "the adapter does not say its cost" in done.stdout


def test_json_says_where_it_was_measured(adapters: Path) -> None:
    words = ("profile", "half", "--seconds", "1", "--device", "cpu", "--adapters", str(adapters), "--json")
    content = json.loads(sepbench(*words).stdout)
    assert (content["schema"], content["model"], content["device"], content["threads"]) == (1, "half", "cpu", 1)
    assert content["packages"]["numpy"] and content["hardware"]["cores"]
    (length,) = content["lengths"]
    assert length["scopes"]["separator_only"]["macs"] == 30_000_000_000
    assert length["timing"]["repeats"] == 10


def test_a_gpu_that_only_the_model_sees_is_told_by_its_number(adapters: Path) -> None:
    words = ("profile", "half", "--seconds", "1", "--device", "cuda:99", "--adapters", str(adapters), "--json")
    done = sepbench(*words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hardware"]["device"] == "cuda:99"


@pytest.mark.parametrize(
    ("words", "error", "remedy"),
    [
        (["mixtur"], "unknown model: given mixtur", "did you mean mixture?"),
        (["mixture", "--seconds", "0"], "option --seconds: given 0", "1,10"),
        (["mixture", "--seconds", "1,ten"], "option --seconds: given 1,ten", "1,10"),
        (["mixture", "--seconds", "nan"], "option --seconds: given nan", "1,10"),
        (["mixture", "--seconds", ","], "option --seconds: given ,", "1,10"),
        (["mixture", "--device", "gpu"], "option --device: given gpu", "use one"),
        (["mixture", "--seconds", "1", "--run", "nowhere"], "no finished run: given nowhere", "sepbench run"),
    ],
)
def test_a_wrong_word_exits_2_with_what_and_remedy(words: list[str], error: str, remedy: str) -> None:
    done = sepbench("profile", *words)
    assert done.returncode == 2
    *_, what, then = done.stderr.splitlines()
    assert what.startswith("error: ") and error in what
    assert remedy in then


def test_fewer_than_ten_repeats_are_refused() -> None:
    assert sepbench("profile", "mixture", "--repeats", "9").returncode == 2


def test_a_runs_summary_takes_the_cost_and_keeps_it(adapters: Path, tmp_path: Path) -> None:
    out, places = tmp_path / "run", ("--adapters", str(adapters))
    again = ("run", "--models", "mixture,half", "--suite", "demo", "--limit", "1", "--out", str(out), *places)
    profiling = ("profile", "half", "--seconds", "1", "--device", "cpu", "--run", str(out), *places)
    assert sepbench(*again).returncode == 0
    before = read(out / "summary.json")
    done = sepbench(*profiling)
    assert done.returncode == 0, done.stderr
    summary = read(out / "summary.json")
    assert summary["models"]["half"]["cost"]["lengths"][0]["cost"]["parts"]["U-Net"]["trainable"] == 26_000_000
    summary["models"]["half"]["cost"] = {}
    assert summary == before

    assert sepbench(*again).returncode == 0
    assert read(out / "summary.json")["models"]["half"]["cost"]["model"] == "half"
    unknown = sepbench("profile", "silence", "--seconds", "1", "--run", str(out))
    assert unknown.returncode == 2 and "the run has no model silence" in unknown.stderr

    (adapters / "half" / "adapter.py").write_text(CODE.replace("/ 2", "/ 3"))
    changed = sepbench(*profiling)
    assert changed.returncode == 2 and "model half has changed since the run" in changed.stderr
    assert with_costs({"models": {"half": {"revision": "another", "cost": {}}}}, out)["models"]["half"]["cost"] == {}


def test_a_damaged_cost_file_is_named(tmp_path: Path) -> None:
    for models in ('"half"', '{"half": {}}', "[]"):
        (tmp_path / "cost.json").write_text(f'{{"schema": 1, "models": {models}}}')
        with pytest.raises(InvalidRecord, match=r"cost\.json: field models"):
            with_costs({"models": {}}, tmp_path)
