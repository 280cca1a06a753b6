"""Audio files on disk, found by their stem: copies of one corpus differ in extension, and in which clips they have."""

from __future__ import annotations

from pathlib import Path

from sepbench.audio import Recording
from sepbench.audio import read as read_audio
from sepbench.errors import MissingData

EXTENSIONS = (".wav", ".flac", ".ogg", ".mp3", ".opus", ".m4a")
"""In order of preference; what libsndfile cannot decode fails when read, and says so."""


class AudioFiles:
    """The audio below a corpus's folder. Each folder is listed once: cheaper than a look-up per clip."""

    def __init__(self, corpus: str, root: Path) -> None:
        self._corpus = corpus
        self._root = root
        self._listings: dict[str, dict[str, Path]] = {}

    def find(self, *candidates: str) -> Path | None:
        """The first file there is.

        Args:
            candidates: paths relative to the corpus's folder; an audio extension they carry does not matter.
        """
        for candidate in candidates:
            folder, _, name = candidate.rpartition("/")
            if found := self._listing(folder).get(without_extension(name)):
                return found
        return None

    def read(self, *candidates: str) -> Recording:
        """The first file there is, mono.

        Raises:
            MissingData: none of them is here.
        """
        found = self.find(*candidates)
        if found is None:
            raise MissingData(
                f"{self._corpus} has no {candidates[0]}",
                given=str(self._root / candidates[0]),
                remedy=f"complete the copy (sepbench data status {self._corpus}), or run with --on-missing skip",
            )
        return read_audio(found)

    def _listing(self, folder: str) -> dict[str, Path]:
        if folder not in self._listings:
            found: dict[str, Path] = {}
            for path in (self._root / folder).glob("*"):
                rank = _rank(path)
                held = found.get(path.stem)
                if rank is not None and (held is None or rank < (_rank(held) or 0)):
                    found[path.stem] = path
            self._listings[folder] = found
        return self._listings[folder]


def without_extension(name: str) -> str:
    """A file's name, or its path, without an audio extension; in a fraction of pathlib's time: status looks two million
    names up."""
    stem, dot, extension = name.rpartition(".")
    return stem if stem and dot + extension.lower() in EXTENSIONS else name


def _rank(path: Path) -> int | None:
    extension = path.suffix.lower()
    return EXTENSIONS.index(extension) if extension in EXTENSIONS else None
