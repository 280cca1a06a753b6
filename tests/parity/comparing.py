"""Got against wanted: the largest difference, what may be, and one line that says both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.parity.fixture import Array, Fixture


@dataclass(frozen=True)
class Tolerance:
    """What an array may differ by: `absolute` plus `of_peak` times its largest value; `rms` also on average."""

    absolute: float = 0.0
    of_peak: float = 0.0
    rms: float = float("inf")

    def limit(self, wanted: Array) -> float:
        """For any one value."""
        return self.absolute + self.of_peak * float(np.max(np.abs(wanted), initial=0.0))


EXACT = Tolerance()


@dataclass(frozen=True)
class Line:
    """One comparison; `what` is given and wanted in words where numbers cannot tell."""

    name: str
    difference: float
    limit: float
    what: str = ""

    @property
    def holds(self) -> bool:
        """Whether the difference is within the limit; that of NaN never is."""
        return self.difference <= self.limit

    def __str__(self) -> str:
        verdict = "ok  " if self.holds else "MISS"
        return f"{verdict} {self.name}: " + (
            self.what or f"largest difference {self.difference:.2g} of {self.limit:.2g}"
        )


def compare(fixture: Fixture, name: str, got: Array, tolerance: Tolerance) -> list[Line]:
    """An output with all that the file says of it: values, shape, sum and sum of squares."""
    wanted = fixture.arrays[name]
    shape = tuple(fixture.arrays.get(f"{name}__shape", np.array(wanted.shape)))
    if got.shape != shape:
        return [Line(name, float("inf"), 0.0, f"shape {got.shape} for {tuple(map(int, shape))}")]
    if wanted.dtype.kind in "US":
        return [_words(name, got, wanted)]
    stride = int(fixture.arrays.get(f"{name}__stride", np.array(1)))
    kept = got.ravel()[::stride].astype(np.float64)
    differences = np.abs(kept - wanted.ravel())
    lines = [Line(name, _largest(differences), tolerance.limit(wanted))]
    if np.isfinite(tolerance.rms):
        lines.append(Line(f"{name} (rms)", float(np.sqrt(np.mean(differences**2))), tolerance.rms))
    if f"{name}__sum" in fixture.arrays:
        lines += _sums(fixture, name, got.astype(np.float64), tolerance)
    return lines


def _sums(fixture: Fixture, name: str, got: Array, tolerance: Tolerance) -> list[Line]:
    """Over the whole output, at what single values may differ by; they also cover what the file leaves out."""
    total, squares = (float(fixture.arrays[f"{name}__{part}"]) for part in ("sum", "sumsq"))
    magnitude = float(np.sqrt(got.size * squares))  # at least the sum of magnitudes
    limit = tolerance.limit(fixture.arrays[name])
    return [
        Line(f"{name}__sum", abs(got.sum() - total), tolerance.absolute * got.size + tolerance.of_peak * magnitude),
        Line(f"{name}__sumsq", abs((got**2).sum() - squares), 2 * limit * magnitude + limit**2 * got.size),
    ]


def _words(name: str, got: Array, wanted: Array) -> Line:
    unlike = np.flatnonzero(got.ravel() != wanted.ravel())
    first = f"{got.ravel()[unlike[0]]!r} for {wanted.ravel()[unlike[0]]!r} at {unlike[0]}" if len(unlike) else ""
    return Line(name, float(len(unlike)), 0.0, f"{len(unlike)} of {wanted.size} differ{first and ', first ' + first}")


def _largest(differences: Array) -> float:
    return float(differences.max(initial=0.0))  # numpy's maximum of anything and NaN is NaN
