"""One fixture file: inputs and expected outputs of an original, under names that say which is which.

An output ``y`` larger than a file should hold is stored as every k-th value, with its shape, k, sum and sum of squares
in ``y__shape``, ``y__stride``, ``y__sum`` and ``y__sumsq``. A long input is stored as the recipe of its signal
(``a_signal_samples`` or ``a_signal_seconds``, ``a_signal_sample_rate``, ``a_signal_seed``) with some of its samples.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from tests.parity import name_seeded

Array = NDArray[Any]
PARTS = ("__shape", "__stride", "__sum", "__sumsq")


@dataclass
class Fixture:
    """The arrays of a file; which of them were asked for as inputs is remembered."""

    name: str
    arrays: dict[str, Array]
    inputs: set[str] = field(default_factory=set)
    rebuilt: dict[str, Array] = field(default_factory=dict)
    """Signals made from their recipe, to be compared with the samples in the file."""

    @classmethod
    def read(cls, path: Path) -> Fixture:
        """The file's name up to the first dot is the fixture's."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as content:
                return cls(path.name.partition(".")[0], dict(content))
        except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise SepbenchError("not a readable fixture", given=str(path), wanted="an .npz file of arrays") from error

    def __getitem__(self, name: str) -> Array:
        """An input."""
        if name not in self.arrays:
            raise SepbenchError("an input is missing in the fixture", given=self.name, wanted=name)
        self.inputs.add(name)
        return self.arrays[name]

    def named(self, pattern: str) -> list[re.Match[str]]:
        """Names of this form, in the file's order."""
        return [found for name in self.arrays if (found := re.fullmatch(pattern, name))]

    def cases(self) -> list[str]:
        """Prefixes of separate cases: ``a_``, ``b_`` ..."""
        return sorted({found[1] for found in self.named(r"([a-z]_).*")})

    def waveform(self, prefix: str, name: str, *, dimensions: int) -> Array:
        """An input waveform as stored or by recipe, with leading axes of length 1."""
        if prefix + name in self.arrays:
            return self[prefix + name]
        rate, seed = (int(self[f"{prefix}signal_{part}"]) for part in ("sample_rate", "seed"))
        if f"{prefix}signal_samples" in self.arrays:
            samples = int(self[f"{prefix}signal_samples"])
        else:
            samples = round(float(self[f"{prefix}signal_seconds"]) * rate)
        signal = name_seeded.signal(samples, rate, seed).reshape((1,) * (dimensions - 1) + (-1,))
        self.rebuilt[f"{prefix}{name}_check"] = signal
        return signal

    def unexplained(self, outputs: set[str]) -> list[str]:
        """Arrays that are neither inputs nor outputs nor parts of an output nor remarks."""
        parts = {name + part for name in outputs for part in PARTS}
        remarks = {name for name, array in self.arrays.items() if array.dtype.kind == "U" and array.ndim == 0}
        return [name for name in self.arrays if name not in outputs | parts | remarks | self.inputs]
