"""ESC-50: 2,000 five-second environmental recordings of 50 classes (Piczak, ACM Multimedia 2015, doi
10.1145/2733373.2806390).

Layout: ``meta/esc50.csv`` (filename, fold, target, category, esc10, src_file, take) and ``audio/<fold>-<freesound
id>-<take>-<target>.wav``. Any audio extension under the same stem is accepted, and a partial copy is one whose `has`
says no for what is missing. All takes of one Freesound recording are one `group`. Folds 1 to 3 are ``train`` and folds
4 and 5 ``test``; four recordings (131943, 134049, 209698, 234879) have takes in several folds, so a fold alone does
not keep a recording out: exclusion goes by group.
"""

from __future__ import annotations

import csv
import hashlib
import io
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.audio import read as read_audio
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import InvalidRecord, MissingData
from sepbench.manifest import Clip, is_inside
from sepbench.records import read_text

COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
TRAIN_FOLDS = ("1", "2", "3")
EXTENSIONS = (".wav", ".flac", ".ogg", ".mp3", ".opus")


class Esc50:
    """ESC-50 at a folder of the published layout."""

    name = "esc50"
    title = "ESC-50"
    licence = "CC BY-NC 3.0 (as a whole; single clips CC0, CC BY, CC BY-NC or Sampling+)"

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _rows(self) -> list[dict[str, str]]:
        path = self.root / "meta" / "esc50.csv"
        reader = csv.DictReader(io.StringIO(read_text(path)), restkey="surplus", restval="")
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InvalidRecord(
                f"{path}, line 1: header",
                given=",".join(reader.fieldnames or ()),
                wanted=",".join(COLUMNS),
                remedy="use the meta/esc50.csv of the official release",
            )
        rows = []
        for row in reader:
            if "surplus" in row or not all(row.values()) or not is_inside(row["filename"]):
                raise InvalidRecord(
                    f"{path}, line {reader.line_num}",
                    given=str(list(row.values()))[:120],
                    wanted=f"{len(COLUMNS)} values and a plain file name",
                    remedy="use the meta/esc50.csv of the official release",
                )
            rows.append(row)
        return sorted(rows, key=lambda row: row["filename"])

    @cached_property
    def version(self) -> str:
        """Hash of the index in a form that line ends and row order do not change."""
        lines = [",".join(row[column] for column in COLUMNS) for row in self._rows]
        return "index-sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the index; labels with blanks ("chirping birds")."""
        return tuple(
            Clip(
                corpus=self.name,
                id=f"audio/{row['filename']}",
                labels=(row["category"].replace("_", " "),),
                group=f"freesound:{row['src_file']}",
                split="train" if row["fold"] in TRAIN_FOLDS else "test",
            )
            for row in self._rows
        )

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Stem -> file, preferring the published extension; one listing is cheaper than a look-up per clip."""
        found: dict[str, Path] = {}
        for path in (self.root / "audio").glob("*"):
            rank = EXTENSIONS.index(path.suffix.lower()) if path.suffix.lower() in EXTENSIONS else None
            held = found.get(path.stem)
            if rank is not None and (held is None or rank < EXTENSIONS.index(held.suffix.lower())):
                found[path.stem] = path
        return found

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here."""
        return Path(clip).stem in self._files

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        if not self.has(clip):
            raise MissingData(
                f"esc50 has no {clip}",
                given=str(self.root / clip),
                remedy="complete the copy of ESC-50, or run with --on-missing skip",
            )
        return read_audio(self._files[Path(clip).stem])


def corpus() -> Esc50:
    """ESC-50 where the environment says it is."""
    return Esc50(corpus_root("esc50"))
