"""Suites whose lists cannot all be shipped: what can be built on this machine is built, once, into the cache.

A list is not shipped when it needs files that its publisher alone may hand out. Its recipe is, and everybody with those
files builds the same list from it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sepbench.corpora.corpus import open_corpus
from sepbench.corpora.pairs import tell_folder
from sepbench.errors import MissingData, NothingComparable
from sepbench.protocols.dispatch import build_list
from sepbench.records import read_text
from sepbench.search_path import cache_folder
from sepbench.suite import LoadedSuite, drawn_from, load_suite


def prepared_suite(path: Path) -> LoadedSuite:
    """Read a suite, building the lists that are not shipped and can be built here.

    Raises:
        MissingData, InvalidRecord: naming file, line and field. A corpus that is not here is no error: its lists stay
            unbuilt, and the suite says so.
    """
    loaded = load_suite(path, built=_built)
    for manifest in loaded.manifests:
        tell_folder(manifest)
    return loaded


def _built(recipe: Path) -> Path | str:
    """The list made from a recipe, or why there is none."""
    text = read_text(recipe)
    try:
        versions = [f"{name} {open_corpus(name).version}" for name in drawn_from(recipe)]
        key = hashlib.sha256("\n".join([text, *versions]).encode()).hexdigest()[:16]
        path = cache_folder() / "manifests" / f"{recipe.name.split('.')[0]}-{key}.jsonl"
        if not path.is_file():
            build_list(recipe, path)
    except (MissingData, NothingComparable) as error:
        return f"{error} ({error.remedy})"
    return path
