"""What metrics of a set kept of each item: arrays, each in a file named by the hash of its bytes.

Equal arrays are one file: those of references and mixtures serve every model, and those of one embedder every metric. A
row names its arrays and is written after them, so a process killed in between leaves files that no row names, and
nothing else; ``--fresh`` clears them away. A file appears whole or not at all, and is checked when it is read.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import InvalidRecord, MissingData
from sepbench.paths import whole
from sepbench.results.writing import writing

Array = NDArray[np.float32]
Keys = Mapping[str, str]
"""The hash of each of an item's arrays, by its name."""
KEY_DIGITS = 32
SUFFIX = ".npy"


class StatisticsStore:
    """The arrays of one run folder; several processes may write at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, array: np.ndarray) -> str:
        """Keep an array as float32; returns its key.

        Raises:
            RunFolderError: the disk is full or the folder not writable.
        """
        content = io.BytesIO()
        np.save(content, np.ascontiguousarray(array, dtype=np.float32), allow_pickle=False)
        key = _key(content.getvalue())
        path = self._path(key)
        if not path.exists():
            _write(path, content.getvalue())
        return key

    def get(self, key: str) -> Array:
        """The array of that key.

        Raises:
            MissingData: its file is gone.
            InvalidRecord: the file was damaged.
        """
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise MissingData(
                "a statistic of the run is gone",
                given=str(path),
                wanted="the file, in a folder that every process of the run writes to",
                remedy="run the same command again: only items without their statistics are done anew",
            ) from error
        if _key(content) != key:
            raise InvalidRecord(
                f"{path}: damaged", remedy="delete it and run the same command again: only its items are done anew"
            )
        array: Array = np.load(io.BytesIO(content), allow_pickle=False)
        return array

    def keys(self) -> frozenset[str]:
        """Every key whose file is there."""
        return frozenset(path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"??/*{SUFFIX}"))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{SUFFIX}"


def _key(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:KEY_DIGITS]


def _write(path: Path, content: bytes) -> None:
    with writing("a statistic", path), whole(path) as partial:
        partial.write_bytes(content)
