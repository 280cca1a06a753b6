"""``sepbench reproduce`` as a user meets it: a complete setup of tiny data, and one that lacks things."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sepbench.cli.reproduce_command import reproduce
from sepbench.protocols.build import build
from sepbench.protocols.recipe import QueryShares, Recipe
from tests.cli.test_program import sepbench

SETS = ("vggsound", "music", "esc50", "audioset", "audiocaps", "clotho")
PUBLISHED = {"vggsound": (9.144, 9.043), "clotho": (6.850, 5.242)}
SNR_DB = 4.0
EVENTSEP_LISTS = [f"audiosep_{name}_premixed" for name in ("vggsound", "music", "esc50")]
SUITE = """schema = 1
name = "{name}"
title = "Tiny"
description = "Three mixtures of a list"
manifests = {manifests}
slices = ["list"]
scoring_rate = 16000
metrics = ["sdr"]
"""
TOML = 'title = "Stand-in"\nparadigm = "mask"\nlicence = "MIT"\n'
CODE = """from sepbench.separators.separator import Estimate
class Adapter:
    def load(self, config, device):
        self.gain = config.get("tau", 1.0)
    def separate(self, requests):
        return [Estimate(r.item, self.gain * r.mixture, r.sample_rate) for r in requests]
"""


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    """A folder in which the suites are three mixtures at 4 dB, and systems give the mixture back."""
    suites = tmp_path / "manifests" / "audiosep" / "premixed"
    suites.mkdir(parents=True)
    for name in ("tiny", *EVENTSEP_LISTS):
        build(tiny(name), suites / f"{name}.jsonl")
    for name in SETS:
        text = SUITE.format(name=f"audiosep/premixed/{name}", manifests=["tiny"])
        (suites / f"{name}.toml").write_text(text)
    below = [f"audiosep/premixed/{name}" for name in EVENTSEP_LISTS]
    (tmp_path / "manifests" / "eventsep.toml").write_text(SUITE.format(name="eventsep", manifests=below))
    taus = [f'"{mask}-{tau:.2f}" = {{ tau = {tau} }}' for mask in ("hard", "soft") for tau in (0.7, 0.65, 0.6, 0.55)]
    ensembles = [f"ensemble-{letter} = {{}}" for letter in "abcde"]
    variants = {"eventsep": ("[variants]", *taus, *ensembles)}
    for name in ("audiosep", "flowsep", "eventsep"):
        folder = tmp_path / "adapters" / name
        folder.mkdir(parents=True)
        (folder / "adapter.toml").write_text(TOML + "\n".join(variants.get(name, ())))
        (folder / "adapter.py").write_text(CODE)
    return tmp_path


def tiny(name: str) -> Recipe:
    return Recipe(
        schema=1,
        name=name,
        seed=3,
        corpora=("synthetic",),
        split="test",
        rows=3,
        sample_rate=16000,
        seconds=1.0,
        snr_db=(SNR_DB, SNR_DB),
        gains="frozen",
        queries=QueryShares(label=1.0),
    )


def cells_of(folder: Path, *words: str) -> list[dict[str, Any]]:
    done = sepbench("reproduce", *words, "--json", "--device", "cpu", cwd=folder)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["schema"] == 1 and content["name"] == words[0]
    found: list[dict[str, Any]] = content["cells"]
    return found


def test_measured_stands_beside_published(complete: Path) -> None:
    cells = cells_of(complete, "audiosep:readme")
    assert len(cells) == 2 * len(SETS)
    for cell in cells:
        assert cell["model"] == cell["row"].lower() == "audiosep" and cell["mixtures"] == "same" and cell["exact"]
        name = cell["suite"].rpartition("/")[2]
        if name in PUBLISHED:
            assert cell["published"] == PUBLISHED[name][cell["column"] == "SI-SDR"]
        # A mixture is 0 dB better than itself, and its SI-SDR is about the SNR that it was drawn at.
        wanted, within = (0, 1e-6) if cell["metric"] == "sdri@audiosep" else (SNR_DB, 0.5)
        assert cell["measured"] == pytest.approx(wanted, abs=within)
        assert cell["difference"] == pytest.approx(cell["measured"] - cell["published"])
    assert (complete / "results" / "runs" / "reproduce" / "audiosep-readme" / "audiosep-premixed-clotho").is_dir()


def test_each_row_is_its_own_variant(complete: Path) -> None:
    table = sepbench("reproduce", "eventsep:table2", "--limit", "2", "--device", "cpu", cwd=complete)
    assert table.returncode == 0, table.stderr
    rows = [line.split() for line in table.stdout.splitlines() if "eventsep:" in line]
    assert [words[-7] for words in rows[::2]] == [
        f"eventsep:{mask}-{tau}" for mask in ("hard", "soft") for tau in ("0.70", "0.65", "0.60", "0.55")
    ]
    # SI-SDR knows no level, so that all rows have one value; published and difference are each row's own.
    si_sdr = [(words[-3], words[-2], words[-1]) for words in rows[1::2]]
    assert len({found for _, found, _ in si_sdr}) == 1 and si_sdr[0][0] == "4.753" and si_sdr[-1][0] == "8.975"
    for published, found, difference in si_sdr:
        assert float(difference) == pytest.approx(float(found) - float(published), abs=0.0011)
    assert "VGGSound (unclear)" in table.stdout and "note: The code's sigmoid of the sigmoid" in table.stdout
    assert "partial: --limit 2" in table.stdout


@pytest.mark.parametrize(("table", "models", "judged"), [("table1", 9, {"STOI", "ESTOI"}), ("table3", 5, set())])
def test_a_table_is_taken_to_its_end_and_a_judge_that_is_not_here_has_no_number(
    complete: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    table: str,
    models: int,
    judged: set[str],
) -> None:
    monkeypatch.chdir(complete)
    monkeypatch.setenv("SEPBENCH_CACHE", str(complete / "no weights"))
    monkeypatch.setattr("sepbench.engine.lacking.lacking", lambda configs: [])
    reproduce(f"eventsep:{table}", device="cpu", json=True)
    cells = json.loads(capsys.readouterr().out)["cells"]
    columns = {cell["column"] for cell in cells}
    assert len(cells) == models * len(columns) and judged < columns and all(cell["published"] for cell in cells)
    assert {cell["column"] for cell in cells if cell["measured"] is not None} == judged


def test_all_that_is_missing_is_named_with_what_brings_it(tmp_path: Path) -> None:
    nowhere = {name: str(tmp_path / name) for name in ("SEPBENCH_CACHE", "SEPBENCH_WEIGHTS", "HF_HUB_CACHE")}
    done = sepbench("reproduce", "eventsep:table1", "--device", "cpu", environment=nowhere)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "error: eventsep:table1 cannot be reproduced here: given" in done.stderr
    lines = done.stdout.splitlines()
    weights = [line for line in lines if line.startswith("missing weights: ")]
    for file in ("Cnn14_DecisionLevelAtt_mAP", "all-MiniLM-L6-v2/model", "audiosep_base", "v2_100k", "630k-fusion"):
        assert any(file in line for line in weights), file
    (data,) = [index for index, line in enumerate(lines) if line.startswith("missing data: ")]
    assert "8004 of 8004 items: corpus audiosep is not here" in lines[data]
    assert lines[data + 1] == "  for: eventsep"
    assert "  try: sepbench weights fetch audiosep && sepbench weights convert audiosep" in lines
    assert "  for: audiosep, eventsep:soft-0.55" in lines


def test_the_same_as_json_and_nothing_is_written(tmp_path: Path) -> None:
    nowhere = {name: str(tmp_path / name) for name in ("SEPBENCH_CACHE", "SEPBENCH_WEIGHTS", "HF_HUB_CACHE")}
    out = tmp_path / "out"
    done = sepbench("reproduce", "audiosep:readme", "--json", "--out", str(out), environment=nowhere)
    assert done.returncode == 2
    missing = json.loads(done.stdout)["missing"]
    assert [lack["wanted_by"] for lack in missing if lack["kind"] == "data"] == [
        [f"audiosep/premixed/{name}"] for name in SETS
    ]
    assert not out.exists()


def test_tables_are_listed_and_unknown_ones_refused() -> None:
    listed = json.loads(sepbench("reproduce", "--json").stdout)
    assert [one["name"] for one in listed] == [
        "audiosep:readme",
        "eventsep:table1",
        "eventsep:table2",
        "eventsep:table3",
    ]
    unknown = sepbench("reproduce", "eventsep:table4")
    assert unknown.returncode == 2 and "no such table to reproduce: given eventsep:table4" in unknown.stderr
    assert "did you mean eventsep:table" in unknown.stderr
