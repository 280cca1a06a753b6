"""Damaged manifests, suites and recipes: a clear error or a valid record, never anything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepbench.errors import SepbenchError
from sepbench.manifest import Meta, Premixed, Query, TextReference, load, save
from sepbench.protocols.dispatch import protocol_of
from sepbench.protocols.recipe import load_recipe
from sepbench.suite import load_suite, overview
from tests.rows import mixture, source

SUITE = """schema = 1
name = "mine"
title = "Mine"
description = "For tests"
manifests = ["list"]
scoring_rate = 16000
metrics = ["sdr"]
slices = ["faults"]
"""
RECIPE = """schema = 1
name = "drawn"
seed = 0
corpora = ["synthetic"]
split = "test"
rows = 3
sample_rate = 16000
seconds = 1.0
snr_db = [-5.0, 5.0]
gains = "solved"
[queries]
label = 1.0
"""
POINTED = Query("caption", "extract", (0,), text_from=TextReference("c", "a.wav", "caption_1"), text_sha256="0" * 64)
PREMIXED = mixture(
    sources=(replace(source("dog", "target"), samples=None, origin="esc50"),),
    queries=(Query("label", "extract", (0,), text="dog"),),
    samples=None,
    snr_db=None,
    snr_mode="none",
    premixed=Premixed("c", "m.wav"),
)
FILES = ("list.jsonl", "list.meta.json", "mine.toml", "drawn.recipe.toml")
KINDS = st.sampled_from(["set", "cut", "drop", "insert"])
DAMAGE = st.lists(st.tuples(KINDS, st.integers(0, 5000), st.binary()), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    rows = [
        mixture(),
        mixture(queries=(POINTED,), flags=("row:1", "self_mix")),
        mixture(pair="p", variant="snr 0"),
        PREMIXED,
    ]
    save(folder / "list.jsonl", rows, Meta(1, "list", "t", 0, 0, "", {"a": 1.5}, {"c": "1"}, {"c": "MIT"}, ("n",)))
    (folder / "mine.toml").write_text(SUITE)
    (folder / "drawn.recipe.toml").write_text(RECIPE)
    return folder


def damaged(content: bytes, damages: list[tuple[str, int, bytes]]) -> bytes:
    for kind, position, inserted in damages:
        at = position % (len(content) + 1)
        if kind == "cut":
            content = content[:at]
        elif kind == "drop":
            content = content[:at] + content[at + 1 :]
        else:
            content = content[:at] + inserted + content[at + (len(inserted) if kind == "set" else 0) :]
    return content


@settings(max_examples=800, deadline=None)
@given(file=st.sampled_from(FILES), damages=DAMAGE)
def test_damage_is_a_clear_error_or_still_a_record(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, file: str, damages: list[tuple[str, int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    for name in FILES:
        content = (whole / name).read_bytes()
        (folder / name).write_bytes(damaged(content, damages) if name == file else content)
    for read in (
        lambda: load(folder / "list.jsonl"),
        lambda: load_suite(folder / "mine.toml"),
        lambda: overview(folder / "mine.toml"),
        lambda: load_recipe(folder / "drawn.recipe.toml"),
        lambda: protocol_of(folder / "drawn.recipe.toml"),
    ):
        try:
            read()
        except SepbenchError as error:
            assert error.what and "\n" not in error.what
    assert {path.name for path in folder.iterdir()} == set(FILES)


@pytest.mark.parametrize("text", ["null", "[]", "3", '{"id": 1}', "{" * 3000, '"' + "x" * 100_000])
def test_whole_documents_of_another_kind_are_named_by_line(whole: Path, tmp_path: Path, text: str) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    with (tmp_path / "list.jsonl").open("a") as file:
        file.write(text + "\n")
    with pytest.raises(SepbenchError, match=r"list.jsonl, line 5"):
        load(tmp_path / "list.jsonl")
