"""ESC-50: 2,000 five-second environmental recordings of 50 classes (Piczak, ACM Multimedia 2015, doi
10.1145/2733373.2806390).

Layout: ``meta/esc50.csv`` (filename, fold, target, category, esc10, src_file, take) and ``audio/<fold>-<freesound
id>-<take>-<target>.wav``. Any audio extension under the same stem is accepted, and a partial copy is one whose `has`
says no for what is missing. All takes of one Freesound recording are one `group`. Folds 1 to 3 are ``train`` and folds
4 and 5 ``test``; four recordings (131943, 134049, 209698, 234879) have takes in several folds, so a fold alone does
not keep a recording out: exclusion goes by group.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.manifest import Clip
from sepbench.paths import is_inside
from sepbench.tables import Line, index_version, read_table, unlike

COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
TRAIN_FOLDS = ("1", "2", "3")
SOURCE = "the meta/esc50.csv of the official release"
ABOUT = About(
    name="esc50",
    title="ESC-50",
    licence="CC BY-NC 3.0 (as a whole; single clips CC0, CC BY, CC BY-NC or Sampling+)",
    homepage="https://github.com/karolpiczak/ESC-50",
    remote=(
        RemoteFile(
            url="https://github.com/karolpiczak/ESC-50/archive/master.zip",
            checksum=None,  # GitHub makes the archive anew: its hash is not stable
            file="ESC-50-master.zip",
            unpack="zip",
            strip=1,
        ),
    ),
)


class Esc50:
    """ESC-50 at a folder of the published layout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _rows(self) -> list[Line]:
        path = self.root / "meta" / "esc50.csv"
        rows = read_table(path, COLUMNS, header=COLUMNS, source=SOURCE)
        for row in rows:
            if not is_inside(row["filename"]):
                raise unlike(path, row.number, list(row.values.values()), "a plain file name", SOURCE)
        return sorted(rows, key=lambda row: row["filename"])

    @cached_property
    def version(self) -> str:
        """Hash of the index in a form that line ends and row order do not change."""
        return index_version(",".join(row[column] for column in COLUMNS) for row in self._rows)

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the index; labels with blanks ("chirping birds")."""
        return tuple(
            Clip(
                corpus=ABOUT.name,
                id=f"audio/{row['filename']}",
                labels=(row["category"].replace("_", " "),),
                group=f"freesound:{row['src_file']}",
                split="train" if row["fold"] in TRAIN_FOLDS else "test",
            )
            for row in self._rows
        )

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here."""
        return self._audio.find(clip) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(clip)


def corpus() -> Esc50:
    """ESC-50 where the environment says it is."""
    return Esc50(corpus_root(ABOUT.name))
