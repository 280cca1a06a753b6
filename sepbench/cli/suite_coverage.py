"""How much of each suite can be built from the corpora that are here. No list is built and no audio opened for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NAMED = 3
"""So many things that are missing are named."""


@dataclass(frozen=True)
class SuiteCoverage:
    """One suite.

    Attributes:
        items: of its lists that are here.
        buildable: those whose clips and texts are all here.
        to_build: names of its lists that a first run builds, once their corpora are here.
        corpora: all that its lists draw from.
        missing_first: the first things that are missing, or what is wrong with the suite's files.
    """

    name: str
    items: int
    buildable: int
    to_build: tuple[str, ...]
    corpora: tuple[str, ...]
    missing_first: tuple[str, ...]


def suites_covered(manifests: Sequence[Path], *, using: Sequence[str]) -> list[SuiteCoverage]:
    """Every suite on the search path; with names of corpora, those that draw from one of them."""
    from sepbench.suite import suite_files

    found = [_covered(name, path) for name, path in suite_files(manifests).items()]
    return [one for one in found if not using or set(using) & set(one.corpora)]


def _covered(name: str, path: Path) -> SuiteCoverage:
    from sepbench.corpora.pairs import tell_folder
    from sepbench.engine.plan import coverage
    from sepbench.errors import SepbenchError
    from sepbench.suite import RECIPE_SUFFIX, drawn_from, load_suite

    items, corpora, to_build = 0, set[str](), list[str]()
    try:
        loaded = load_suite(path)
        for manifest in loaded.manifests:
            tell_folder(manifest)
        for one in loaded.unbuilt:
            to_build.append(one.name)
            corpora |= set(drawn_from(path.parent / f"{one.name}{RECIPE_SUFFIX}"))
        corpora |= {corpus for item in loaded.items() for corpus, _ in item.mixture.files}
        items = len(loaded.items())
        here = coverage(loaded)
        buildable, missing = len(here.buildable), here.reasons
    except SepbenchError as error:  # of one suite, or of one corpus's index: the others are shown all the same
        buildable, missing = 0, [str(error)]
    return SuiteCoverage(name, items, buildable, tuple(to_build), tuple(sorted(corpora)), tuple(missing[:NAMED]))
