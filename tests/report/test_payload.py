"""What the scripts get: numbers that come back as they were, in pages that any inflater opens."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sepbench.report.items import item_index, model_columns
from sepbench.report.packing import Packed
from sepbench.report.payload import cost, overview, pages, paired_tests, slices
from sepbench.report.view import columns, results
from sepbench.results.rows import Row, read_rows
from tests.report.run_folders import MODELS, empty_row, made_run

Read = tuple[dict[str, Any], dict[str, dict[str, Row]]]


def opened(page: Packed) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(page.text)))


@pytest.fixture
def run(tmp_path: Path) -> Read:
    suite = {"name": "made", "title": "Made", "description": "", "hash": "ab" * 32, "items": 40, "mixtures": 40}
    suite |= {"missing_items": 0, "partial": False, "limit": None, "scoring_rate": 16000, "averaging": "mean"}
    asked = [
        empty_row(
            item=f"{number:02}.0",
            label=f"class {number % 4}",
            kind="caption" if number % 2 else "label",
            mode="extract",
            cluster=f"recording {number}",
            snr_db=None if number == 0 else number / 2 - 9.9,
            source_count=2,
        )
        for number in range(40)
    ]
    folder = made_run(tmp_path / "run", suite | {"manifests": {}}, asked)
    rows: dict[str, dict[str, Row]] = {}
    for row in read_rows(folder / "rows.jsonl"):
        rows.setdefault(row.model, {})[row.item] = row
    return json.loads((folder / "summary.json").read_text()), rows


def test_values_come_back_to_the_last_digit_shown(run: Read) -> None:
    summary, rows = run
    shown = columns(summary, papers=False)
    found = model_columns(rows["strong"], list(rows["strong"]), shown)
    for place, row in enumerate(rows["strong"].values()):
        assert found["values"]["si_sdri"][place] / 100 == pytest.approx(row.metrics["si_sdri"].value, abs=0.005)
        assert found["values"]["lsd"][place] / 1000 == pytest.approx(row.metrics["lsd"].value, abs=0.0005)
    assert found["gaps"] == {"si_sdri": {}, "lsd": {}, "silent_output_rate": {}} and found["errors"] == {}


def test_gaps_and_failures_keep_their_reasons(run: Read) -> None:
    summary, rows = run
    shown, items = columns(summary, papers=False), [*rows["worse"], "never run"]
    worse = model_columns(rows["worse"], items, shown)
    assert worse["gaps"]["si_sdri"] == {"estimate_silent": list(range(0, 40, 5))} and worse["gaps"]["lsd"] == {}
    assert worse["status"] == {"not run": [40]} and worse["values"]["si_sdri"][40] is None
    wasteful = model_columns(rows["wasteful"], items[:40], shown)
    assert wasteful["status"] == {"failed": [0, 1, 2]} and wasteful["values"]["lsd"][:3] == [None, None, None]
    assert wasteful["errors"]["1"].startswith("RuntimeError: out of memory")


def test_items_carry_their_facts_and_only_words_that_may_be_shown() -> None:
    facts = {"label": "dog", "kind": "label", "mode": "extract", "cluster": "r", "source_count": 2}
    rows = {"a": empty_row(item="a", snr_db=-7.123, **facts), "b": empty_row(item="b", snr_db=None, **facts)}
    rows["b"] = replace(rows["b"], absent=True)
    found = item_index(rows, {"a": "a dog barks"})
    assert found["query"] == ["a dog barks", ""] and found["snr_db"] == [-7.12, None]
    facets = {name: [one["names"][code] for code in one["codes"]] for name, one in found["facets"].items()}
    assert facets["snr_bin"] == ["-10..-5", ""] and facets["presence"] == ["present", "absent"]
    assert facets["source_count"] == ["2", "2"] and facets["corpus"] == ["synthetic", "synthetic"]


def test_slices_are_the_runs_own(run: Read) -> None:
    summary, _ = run
    found = slices(summary, columns(summary, papers=False))
    entry = summary["models"]["small"]["slices"]["kind"]["caption"]["si_sdri"]
    assert found["kind"]["caption"]["si_sdri"]["small"] == [entry["value"], *entry["ci95"], entry["n"], 0]


def test_a_sound_made_anew_and_those_apart_are_in_no_test(run: Read) -> None:
    summary, rows = run
    found = paired_tests(summary, columns(summary, papers=False), rows)
    by_waveform, by_spectrum = (
        {name for pair in found[m].pairs for name in (pair.one, pair.other)} for m in ("si_sdri", "lsd")
    )
    assert by_spectrum - by_waveform == {"anew"} and not by_spectrum & {"mixture", "oracle"}


def test_what_is_no_average_of_items_is_not_tested_as_one(run: Read) -> None:
    """As the summary has it of `qa_sdri`: items have numbers, and the value is a mean over mixtures."""
    summary, rows = run
    shown = columns(summary, papers=False)
    assert "lsd" in paired_tests(summary, shown, rows)
    for model in summary["models"].values():
        model["metrics"]["lsd"]["median"] = None
    assert "lsd" not in paired_tests(summary, shown, rows)


def test_near_is_what_the_paired_test_leaves_open(run: Read) -> None:
    summary, rows = run
    tested = paired_tests(summary, columns(summary, papers=False), rows)
    table = results(summary, "", papers=False, tested=tested)
    systems = {line.model: line for line in table.groups[0].lines}
    assert {systems[name].cells[0].rank for name in ("strong", "strong-twin")} == {"best", "near"}
    assert systems["strong"].place == systems["strong-twin"].place == "1=" and systems["small"].place == "3"
    assert systems["anew"].place == "" and systems["anew"].cells[0].unranked == "made anew"
    short = overview(summary, columns(summary, papers=False), tested, 40)
    assert short["places"]["si_sdri"]["worse"] == "6" and "anew" not in short["places"]["si_sdri"]


def test_pages_open_and_are_those_of_every_model(run: Read) -> None:
    summary, rows = run
    shown = columns(summary, papers=False)
    found = pages("run1", summary, shown, paired_tests(summary, shown, rows), rows, {})
    by_id = {page.id: opened(page) for page in found}
    assert len(by_id) == 3 + len(MODELS) and len(by_id["run1-items"]["item"]) == 40
    names = sorted(summary["models"])  # as the file has them
    assert by_id[f"run1-model-{names.index('wasteful')}"]["errors"].keys() == {"0", "1", "2"}
    assert [page.id for page in pages("run1", summary, shown, {}, {}, {})] == ["run1-slices", "run1-tests"]


def test_cost_is_the_pipelines_at_the_shortest_length() -> None:
    sums = {"macs_per_second": 2_500_000_000, "trainable": 3_000_000, "frozen": 1_500_000}
    profile = {"lengths": [{"scopes": {"pipeline": sums}, "timing": {"rtf_median": 0.25}}, {"scopes": None}]}
    assert cost(profile) == {"gmacs": 2.5, "parameters": 4.5, "rtf": 0.25}
    assert cost({}) == {} == cost({"lengths": [{"scopes": None, "timing": None}]})
