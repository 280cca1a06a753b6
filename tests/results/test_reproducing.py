"""From published tables to models, suites and metrics; from summaries to measured numbers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import InvalidRecord
from sepbench.metrics.registry import metrics
from sepbench.results.published import load_paper
from sepbench.results.reproducing import Cell, Reproduction, find_reproduction, measured, reproductions
from sepbench.separators.discovery import find_models
from sepbench.suite import find_suite, overview

PUBLISHED = Path(__file__).parent.parent.parent / "results" / "published"


@pytest.mark.parametrize("name", list(reproductions()))
def test_every_number_of_a_table_is_taken_by_what_there_is(name: str) -> None:
    found = find_reproduction(name)
    stated = [value for row in found.table.rows for value in row.values.values() if value is not None]
    assert [cell.published for cell in found.cells] == stated
    assert {cell.metric for cell in found.cells} <= set(metrics())
    assert {model.name for model in find_models([cell.model for cell in found.cells])} == {
        cell.model for cell in found.cells
    }
    for suite, cells in found.suites().items():
        lists = overview(find_suite(suite)).suite.manifests
        for cell in cells:
            assert any(cell.list.removeprefix("audiosep_").removesuffix("_premixed") in one for one in lists)


def test_mixtures_of_another_suite_are_those_of_the_papers() -> None:
    for cell in find_reproduction("eventsep:table2").cells:
        assert cell.suite == "audiosep/premixed/vggsound" and cell.list == "audiosep_vggsound_premixed"


def test_what_is_only_near_the_papers_recipe_says_so() -> None:
    exact = {cell.column.name: (cell.metric, cell.exact) for cell in find_reproduction("eventsep:table1").cells}
    assert exact == {
        "CLAP": ("clap_ta@eventsep-32kbug", True),
        "CLAP-A": ("clap_aa@eventsep-32kbug", True),
        "STOI": ("stoi@eventsep", True),
        "ESTOI": ("estoi", False),
    }


def first(name: str) -> Cell:
    return find_reproduction(name).cells[0]


def test_one_list_is_read_whole_and_one_of_several_by_its_slice() -> None:
    cell = first("eventsep:table1")
    model: dict[str, Any] = {
        "metrics": {cell.metric: {"value": 0.1}},
        "slices": {"list": {"audiosep_vggsound_premixed": {cell.metric: {"value": 0.2}}}},
    }
    summary = {"suite": {"manifests": {"a": "", "b": ""}}, "models": {"audiosep": model}}
    assert measured(summary, cell) == 0.2
    summary["suite"]["manifests"].pop("b")
    assert measured(summary, cell) == 0.1
    model["metrics"][cell.metric]["value"] = None
    assert measured(summary, cell) is None


def edited(folder: Path, old: str, new: str) -> dict[str, Reproduction]:
    shutil.copy(PUBLISHED / "audiosep.json", folder)
    (folder / "reproduce").mkdir()
    text = (PUBLISHED / "reproduce" / "audiosep.toml").read_text()
    assert text.count(old) == 1
    (folder / "reproduce" / "mine.toml").write_text(text.replace(old, new))
    return reproductions(folder)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    found = edited(tmp_path, '= "audiosep"\n\n[tables', '= "audiosep"\n[tables')
    assert list(found) == ["mine:readme"]
    assert found["mine:readme"].paper == load_paper(PUBLISHED / "audiosep.json")
    assert found["mine:readme"].cells == find_reproduction("audiosep:readme").cells


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('"README"', '"Table 1"', "field table of mine:readme: given Table 1; wanted README"),
        ('"AudioSep" =', '"FlowSep" =', "field models of mine:readme: given AudioSep, FlowSep; wanted each row once"),
        ("note =", "notes =", "field tables.readme.notes"),
    ],
)
def test_a_faulty_file_says_where(old: str, new: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match=error):
        edited(tmp_path, old, new)
