"""Ready waveforms in the place of a model: ``<item>.wav`` (or .flac, .ogg) in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sepbench import audio
from sepbench.errors import MissingData, SepbenchError
from sepbench.paths import is_name
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import AdapterFile, Model

EXTENSIONS = (".wav", ".flac", ".ogg")


class FileRunner:
    """Reads each item's estimate from the folder."""

    seconds: None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def separate(self, requests: Sequence[Request], following: Sequence[Request] = ()) -> Sequence[Estimate]:
        """The files' audio at the files' own rates."""
        found = [(request.item, audio.read(self._path(request.item))) for request in requests]
        return [Estimate(item, recording.audio, recording.sample_rate) for item, recording in found]

    def _path(self, item: str) -> Path:
        for extension in EXTENSIONS:
            if (path := self._folder / f"{item}{extension}").is_file():
                return path
        raise MissingData("no estimate for this item", given=str(self._folder / f"{item}.wav"), remedy="add the file")

    def close(self) -> None:
        """Nothing is held open."""


def model_of_files(name: str, folder: Path) -> Model:
    """What tables call the folder's system; its revision is the hash of its files' names, sizes and times.

    Times as well: hashing gigabytes of audio before every resume would cost more than scoring them.

    Raises:
        SepbenchError: a name that can be no folder's, where estimates are kept.
    """
    if not is_name(name.replace(":", "+")):
        raise SepbenchError(
            "a system's name",
            given=repr(name),
            wanted="printed characters that may name a folder, without =",
            remedy="choose another --name",
        )
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in EXTENSIONS:
            digest.update(f"{path.name}\n{path.stat().st_size}\n{path.stat().st_mtime_ns}\n".encode())
    file = AdapterFile(
        title=name, paradigm="files", licence="not stated", runtime="inline", modes=("extract", "remove")
    )
    return Model(name, folder, file, {}, digest.hexdigest()[:16])
