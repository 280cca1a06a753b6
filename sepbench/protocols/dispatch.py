"""Which builder makes a list: a recipe's ``protocol`` says, and ``draw`` is meant where it says nothing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from sepbench.errors import InvalidRecord
from sepbench.manifest import Manifest
from sepbench.records import parse_toml, read_text
from sepbench.search_path import closest

BUILDERS = {
    "draw": "sepbench.protocols.build",
    "codecsep_dnr": "sepbench.protocols.codecsep_dnr",
    "dcase2024_t9": "sepbench.protocols.dcase2024_t9",
    **dict.fromkeys(
        ("absent", "level", "long_form", "paraphrase", "removal", "snr_sweep", "source_count"),
        "sepbench.protocols.robustness.build",
    ),
}
"""Protocol -> module with a function ``build_recipe(recipe: Path, output: Path, on_row) -> Manifest``."""


def build_list(recipe: Path, output: Path, on_row: Callable[[int], None] = lambda rows: None) -> Manifest:
    """Make the list that a recipe describes.

    Args:
        recipe: a ``.recipe.toml``.
        output: the ``.jsonl`` to write.
        on_row: told the number of rows after each.

    Raises:
        MissingData: no such file, or a corpus is not here.
        InvalidRecord: the recipe is not one; file, line and field are named.
        NothingComparable: the corpora give fewer rows than it wants.
    """
    protocol = protocol_of(recipe)
    if protocol not in BUILDERS:
        raise InvalidRecord(
            f"{recipe}: field protocol", given=str(protocol), remedy=closest(str(protocol), list(BUILDERS))
        )
    build: Callable[[Path, Path, Callable[[int], None]], Manifest]
    build = importlib.import_module(BUILDERS[protocol]).build_recipe
    return build(recipe, output, on_row)


def protocol_of(recipe: Path) -> str:
    """The recipe's ``protocol``, before anything else of it is checked."""
    return str(parse_toml(read_text(recipe), recipe).get("protocol", "draw"))
