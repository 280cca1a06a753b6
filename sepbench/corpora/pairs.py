"""Anybody's own mixtures and targets, ready-mixed: what ``sepbench manifest import premixed`` makes lists of.

A clip is ``<list>/<path>``: a path below the folder that the list was imported with. The list's meta file holds that
folder relative to itself, so that list and audio can move together. ``SEPBENCH_DATA_PAIRS_<LIST>`` (capital letters,
``_`` for ``-``) names another folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from sepbench.audio import Recording
from sepbench.audio import read as read_audio
from sepbench.corpora.about import About
from sepbench.corpora.corpus import corpus_root, corpus_variable
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import Clip, Manifest, meta_path
from sepbench.paths import is_short

FOLDER = "pairs_folder"
"""Key of a list's recipe: the folder with its audio, relative to the list's own."""
ABOUT = About(
    name="pairs",
    title="Mixtures and targets of your own",
    licence="yours to state",
    homepage="",
    instructions=(
        "sepbench manifest import premixed makes a list of your own mixtures and targets and remembers their folder. "
        "Where it is another one, set SEPBENCH_DATA_PAIRS_<LIST> to it: capital letters, _ for -."
    ),
)


class Pairs:
    """The audio of lists of ready-mixed pairs, each list in a folder of its own."""

    version = "by file name"

    def clips(self) -> tuple[Clip, ...]:
        """None to draw from: the lists name their files themselves."""
        return ()

    def has(self, clip: str) -> bool:
        """Whether the file is here."""
        try:
            return _path(clip).is_file()
        except MissingData:
            return False

    def read(self, clip: str) -> Recording:
        """The file, mono."""
        return read_audio(_path(clip))


def _path(clip: str) -> Path:
    name, _, path = clip.partition("/")
    return corpus_root(_folder_name(name)) / path


def _folder_name(list_name: str) -> str:
    return f"{ABOUT.name}_{list_name.replace('-', '_')}"


def tell_folder(manifest: Manifest) -> None:
    """Note where a list's audio is, for this process and those it starts; what the user's environment says comes first.

    Lists of other corpora are passed over.
    """
    folder = manifest.meta.recipe.get(FOLDER)
    if isinstance(folder, str):
        if not is_short(folder):
            raise InvalidRecord(
                f"{meta_path(manifest.path)}: field recipe.{FOLDER}",
                given=folder[:120],
                wanted="the path of a folder",
                remedy="restore the file, or import the list again",
            )
        variable = corpus_variable(_folder_name(manifest.meta.name))
        os.environ.setdefault(variable, str((manifest.path.parent / folder).resolve()))


def corpus() -> Pairs:
    """The audio of all such lists."""
    return Pairs()
