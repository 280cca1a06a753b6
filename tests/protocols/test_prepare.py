"""Suites whose lists are built on demand: built once where the corpus is here, named where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.corpora.corpus import open_corpus
from sepbench.errors import InvalidRecord
from sepbench.protocols.dispatch import build_list
from sepbench.protocols.prepare import prepared_suite
from sepbench.suite import load_suite

SUITE = """schema = 1
name = "mine"
title = "Mine"
description = "Two lists, one of a corpus that may not be here."
manifests = ["sounds", "birds"]
metrics = ["si_sdr"]
scoring_rate = 16000
"""
RECIPE = """schema = 1
name = "{name}"
seed = 0
corpora = ["{corpus}"]
split = "test"
rows = {rows}
sample_rate = 16000
seconds = 1.0
snr_db = [0.0, 0.0]
gains = "solved"
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite of a list of synthetic sounds and one of ESC-50, neither built."""
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEPBENCH_DATA_ESC50", raising=False)
    monkeypatch.delenv("SEPBENCH_DATA", raising=False)
    open_corpus.cache_clear()
    (tmp_path / "mine.toml").write_text(SUITE)
    (tmp_path / "sounds.recipe.toml").write_text(RECIPE.format(name="sounds", corpus="synthetic", rows=3))
    (tmp_path / "birds.recipe.toml").write_text(RECIPE.format(name="birds", corpus="esc50", rows=7))
    return tmp_path / "mine.toml"


def test_what_can_be_built_is_built_once_and_the_rest_is_named(suite: Path) -> None:
    first = prepared_suite(suite)
    assert [manifest.meta.name for manifest in first.manifests] == ["sounds"]
    assert len(first.items()) == 3
    (missing,) = first.unbuilt
    assert (missing.name, missing.rows) == ("birds", 7)
    assert "SEPBENCH_DATA_ESC50" in missing.reason
    built = list((suite.parent / "cache" / "manifests").glob("*.jsonl"))
    before = [path.stat().st_mtime_ns for path in built]
    assert prepared_suite(suite).hash == first.hash
    assert [path.stat().st_mtime_ns for path in built] == before


def test_a_changed_recipe_is_another_list(suite: Path) -> None:
    first = prepared_suite(suite)
    recipe = suite.with_name("sounds.recipe.toml")
    recipe.write_text(recipe.read_text().replace("seed = 0", "seed = 1"))
    second = prepared_suite(suite)
    assert second.hash != first.hash
    assert second.manifests[0].meta.content_hash != first.manifests[0].meta.content_hash


def test_reading_alone_builds_nothing(suite: Path) -> None:
    loaded = load_suite(suite)
    assert [one.name for one in loaded.unbuilt] == ["sounds", "birds"] and not (suite.parent / "cache").exists()


def test_an_unknown_protocol_is_named_with_the_nearest(tmp_path: Path) -> None:
    recipe = tmp_path / "x.recipe.toml"
    recipe.write_text('protocol = "codecsep_dmr"\n')
    with pytest.raises(InvalidRecord, match="protocol: given codecsep_dmr") as error:
        build_list(recipe, tmp_path / "x.jsonl")
    assert "codecsep_dnr" in error.value.remedy
