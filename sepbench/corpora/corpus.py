"""What every corpus offers, and how one is found and opened."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from sepbench.audio import Recording
from sepbench.corpora.about import About
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.search_path import closest

NOT_CORPORA = (
    "about",
    "audio_files",
    "audioset_ontology",
    "availability",
    "checking",
    "corpus",
    "parquet_audio",
    "texts",
)


class Corpus(Protocol):
    """A collection of labelled clips. A corpus's module has a constant ``ABOUT`` and a function ``corpus()``."""

    @property
    def version(self) -> str:
        """Pins what `clips` returns: a release's name, or a hash of the index."""
        ...

    def clips(self) -> tuple[Clip, ...]:
        """Every clip the corpus's index names, in order of id, whether or not its audio is here."""
        ...

    def has(self, clip: str) -> bool:
        """Whether the clip's audio can be read."""
        ...

    def read(self, clip: str) -> Recording:
        """The clip's audio; raises `MissingData` where it is not here."""
        ...


def corpus_names() -> list[str]:
    """Names of all corpora, found as modules of this package.

    >>> "synthetic" in corpus_names()
    True
    """
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if not module.ispkg and module.name not in NOT_CORPORA)


def about(name: str) -> About:
    """What is known of a corpus without any of its files.

    Raises:
        MissingData: no such corpus.

    >>> about("synthetic").licence
    'CC0-1.0'
    """
    facts: About = _module(name).ABOUT
    return facts


@cache
def open_corpus(name: str) -> Corpus:
    """The corpus of that name, at the folder the environment gives for it.

    Raises:
        MissingData: no such corpus, or its folder is not here; the remedy names the variable to set.
    """
    corpus: Corpus = _module(name).corpus()
    return corpus


def _module(name: str) -> Any:
    if name not in corpus_names():
        raise MissingData("unknown corpus", given=name, remedy=closest(name, corpus_names()))
    return importlib.import_module(f"sepbench.corpora.{name}")


def corpus_root(name: str) -> Path:
    """The corpus's folder: ``SEPBENCH_DATA_<NAME>``, else ``SEPBENCH_DATA/<name>``.

    Raises:
        MissingData: neither is set, or the folder does not exist.
    """
    variable, root = corpus_variable(name), expected_root(name)
    if root is None or not root.is_dir():
        raise MissingData(
            f"corpus {name} is not here",
            given=f"folder {root}" if root else f"no {variable} and no SEPBENCH_DATA",
            wanted="a folder with the corpus in its published layout",
            remedy=f"set {variable} to the corpus's folder",
        )
    return root.absolute()  # an adapter in the same process may go elsewhere


def corpus_variable(name: str) -> str:
    """The environment variable that names one corpus's folder.

    >>> corpus_variable("esc50")
    'SEPBENCH_DATA_ESC50'
    """
    return f"SEPBENCH_DATA_{name.upper()}"


def expected_root(name: str) -> Path | None:
    """Where the environment says the corpus is, whether or not it is there; None where it says nothing."""
    if root := os.environ.get(corpus_variable(name)):
        return Path(root)
    data = os.environ.get("SEPBENCH_DATA")
    return Path(data) / name if data else None


def training_clips(
    corpora: Iterable[str], *, excluded_groups: Iterable[str], per_label: int
) -> Iterator[tuple[Clip, Recording]]:
    """Labelled clips whose recordings are not in the suite: what a weightless baseline may learn from.

    Args:
        corpora: names; one that is not here is passed over, since a baseline then knows fewer classes and no more.
        excluded_groups: recordings of the suite.
        per_label: at most so many clips of a label, the first by id, for bounded cost.

    Yields:
        Clips with audio of the split ``train``, in order of corpus and id.
    """
    excluded = frozenset(excluded_groups)
    for name in sorted(set(corpora)):
        corpus = open_corpus(name)
        taken: dict[str, int] = {}
        for clip in corpus.clips():
            if not clip.labels or clip.split != "train" or clip.group in excluded:
                continue
            label = clip.labels[0]
            if taken.get(label, 0) < per_label and corpus.has(clip.id):
                taken[label] = taken.get(label, 0) + 1
                yield clip, corpus.read(clip.id)
