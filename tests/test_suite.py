"""Suites: found by name or path, read with errors that name the place, hashed by what changes a score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import Meta, save
from sepbench.suite import find_suite, load_suite, overview, suite_files
from tests.rows import mixture

TEXT = """schema = 1
name = "mine"
title = "Mine"
description = "For tests"
manifests = ["lists/a"]
scoring_rate = 16000
metrics = ["sdr"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "lists" / "a.jsonl", [mixture(), mixture(snr_db=1.0)], Meta(1, "a", "t", 0, 0, "", {}, {}, {}))
    (tmp_path / "mine.toml").write_text(TEXT)
    (tmp_path / "lists" / "a.recipe.toml").write_text("")
    return tmp_path


def test_items_are_mixtures_by_id_with_queries_in_order(folder: Path) -> None:
    items = load_suite(folder / "mine.toml").items()
    assert len(items) == 6
    assert [item.name for item in items] == sorted(item.name for item in items)
    assert items[1].name == f"{items[1].mixture.id}.1" and items[1].query.mode == "remove"


def test_query_filter_keeps_the_items_names(folder: Path) -> None:
    (folder / "mine.toml").write_text(TEXT + 'query_modes = ["remove"]\n')
    assert [item.name[-2:] for item in load_suite(folder / "mine.toml").items()] == [".1", ".1"]


def test_found_by_name_by_path_and_not_by_a_wrong_name(folder: Path) -> None:
    assert suite_files([folder])["mine"] == folder / "mine.toml"
    assert find_suite("mine", [folder]) == find_suite(str(folder / "mine.toml"))
    assert "lists/a.recipe" not in suite_files([folder])
    with pytest.raises(MissingData, match="unknown suite: given mne") as caught:
        find_suite("mne", [folder])
    assert caught.value.remedy == "did you mean mine?"


def test_hash_changes_with_what_changes_a_score_and_not_with_words(folder: Path) -> None:
    loaded = load_suite(folder / "mine.toml")
    retitled = replace(loaded, suite=replace(loaded.suite, title="Other"))
    rerated = replace(loaded, suite=replace(loaded.suite, scoring_rate=32000))
    assert loaded.hash == retitled.hash != rerated.hash


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("schema = 1", "schema = 2", "field schema: given 2; wanted 1"),
        ("scoring_rate = 16000", 'scoring_rate = "16k"', r"mine.toml, line 6: field scoring_rate: given '16k'"),
        ('metrics = ["sdr"]', "metrics = []", "field metrics"),
        ('manifests = ["lists/a"]', 'manifests = ["../a"]', "field manifests"),
        ("title", "titel", r"mine.toml, line \d: field tit"),
        ('"Mine"', '"Mine', "not valid TOML"),
    ],
)
def test_bad_suite_is_named(folder: Path, old: str, new: str, match: str) -> None:
    (folder / "mine.toml").write_text(TEXT.replace(old, new))
    with pytest.raises(InvalidRecord, match=match):
        load_suite(folder / "mine.toml")


def test_missing_manifest_is_named(folder: Path) -> None:
    (folder / "lists" / "a.jsonl").unlink()
    (folder / "lists" / "a.recipe.toml").unlink()
    with pytest.raises(MissingData) as caught:
        load_suite(folder / "mine.toml")
    assert caught.value.given.endswith("lists/a.jsonl")


@pytest.mark.parametrize("extra", ["", 'query_modes = ["remove"]\n'])
def test_an_overview_counts_what_loading_finds(folder: Path, extra: str) -> None:
    (folder / "mine.toml").write_text(TEXT + extra)
    seen, loaded = overview(folder / "mine.toml"), load_suite(folder / "mine.toml")
    assert (seen.hash, seen.items, seen.mixtures) == (loaded.hash, len(loaded.items()), 2)


def test_an_overview_names_lists_that_are_built_on_demand(folder: Path) -> None:
    (folder / "lists" / "a.jsonl").unlink()
    (folder / "lists" / "a.recipe.toml").write_text("rows = 7\n")
    seen = overview(folder / "mine.toml")
    assert (seen.mixtures, seen.items, [(one.name, one.rows) for one in seen.unbuilt]) == (0, 0, [("lists/a", 7)])
    assert seen.hash == load_suite(folder / "mine.toml").hash
