"""Power spectra of frames of 743 samples and of twice as many: the windows of ssr_eval's and audioldm_eval's LSD.

743 is a prime, which a transform library reaches by two complex transforms of twice the length. Here sums and
differences of x[n] and x[-n] leave 371 cosines and 371 sines. In the order of the powers of a primitive root each of
both is a cyclic correlation [1]; 371 is 7 * 53 without a common divisor, so that a transform over the 7 leaves, of 371²
multiplications, 13 * 53² [2]. All of it is matrix products over many frames: two and a half times as fast, in float64
and as accurate. No frame reaches another's numbers: digital silence stays zero beside whatever is loud.

[1] Rader 1968, doi 10.1109/PROC.1968.6477. [2] Good 1958, doi 10.1111/j.2517-6161.1958.tb00300.x.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.metric import Signal

Matrix = NDArray[np.float64]
Indices = NDArray[np.intp]

SHORT = {743: 7}
"""By prime p: a factor of (p - 1) / 2 without a common divisor with the other one. Both are odd."""


@dataclass(frozen=True)
class Correlation:
    """Correlation with one sequence, after the transform over the short factor."""

    constant: Matrix
    """``(long, long)``: what the constant part is multiplied by."""

    others: Matrix
    """``(short // 2, 2 * long, 2 * long)``: the same for real and imaginary parts of the others."""


@dataclass(frozen=True)
class Plan:
    """What one prime p needs; rows are in the order of a grid ``(short, long)``."""

    samples: Indices
    """``((p - 1) / 2,)``: which x[n] stands in which row, x[-n] being its partner. In every other row of the sequence
    they change places: sines come back negated after half a turn, and cyclic so."""

    bins: Indices
    """``((p - 1) / 2,)``: which bin of the spectrum comes out in which row."""

    short: Matrix
    """``(short, short)``: orthonormal transform in real numbers."""

    cosines: Correlation
    sines: Correlation


def fits(window: int) -> bool:
    """Whether `powers` knows frames of so many samples.

    >>> fits(743), fits(1486), fits(512)
    (True, True, False)
    """
    return window in SHORT or (window % 2 == 0 and window // 2 in SHORT)


def powers(frames: Signal) -> Matrix:
    """Squared magnitudes of the frames' Fourier transforms.

    Args:
        frames: ``(frames, window)`` of a window that `fits`, already weighted.

    Returns:
        ``(frames, window // 2 + 1)``; bins within 1e-14 of the frame's strongest, relative to it.

    >>> powers(np.ones((2, 743)))[:, :2].round(6).tolist()
    [[552049.0, 0.0], [552049.0, 0.0]]
    """
    columns = np.ascontiguousarray(frames.T)
    if frames.shape[1] in SHORT:
        return _of_prime(columns, _plan(frames.shape[1])).T
    # Even bins are the transform of both halves' sum. Odd ones are that of their difference with alternating signs, in
    # reverse: bin k of 2 p lies at (k + p) / 2 of p, or as far from the other end.
    prime, count = frames.shape[1] // 2, len(frames)
    halves = np.empty((prime, 2 * count))
    np.add(columns[:prime], columns[prime:], out=halves[:, :count])
    np.subtract(columns[:prime], columns[prime:], out=halves[:, count:])
    halves[1::2, count:] *= -1
    found = _of_prime(halves, _plan(prime))
    both = np.empty((prime + 1, count))
    both[::2], both[1::2] = found[:, :count], found[::-1, count:]
    return both.T


def _of_prime(columns: Matrix, plan: Plan) -> Matrix:
    """``(p, frames)`` -> powers ``(p // 2 + 1, frames)``."""
    even, odd = columns[plan.samples], columns[len(columns) - plan.samples]
    odd, even = even - odd, np.add(even, odd, out=even)
    found = np.empty((1 + len(even), columns.shape[1]))
    found[0] = np.square(columns[0] + even.sum(axis=0))
    real = _correlated(even, plan.short, plan.cosines)
    real += columns[0]
    imaginary = _correlated(odd, plan.short, plan.sines)
    np.square(real, out=real)
    real += np.square(imaginary, out=imaginary)
    found[plan.bins] = real
    return found


def _correlated(rows: Matrix, short: Matrix, correlation: Correlation) -> Matrix:
    """``(short * long, frames)``, of both."""
    long, size = len(correlation.constant), rows.shape[1]
    parts = (short @ rows.reshape(len(short), -1)).reshape(rows.shape)
    product = np.empty_like(parts)
    np.matmul(correlation.constant, parts[:long], out=product[:long])
    pairs = (len(correlation.others), 2 * long, size)
    np.matmul(correlation.others, parts[long:].reshape(pairs), out=product[long:].reshape(pairs))
    return (short.T @ product.reshape(len(short), -1)).reshape(rows.shape)


@lru_cache(maxsize=2)
def _plan(prime: int) -> Plan:
    half = prime // 2
    short, long = SHORT[prime], half // SHORT[prime]
    # By the Chinese remainder theorem every exponent below `half` has one place in the grid.
    place = np.arange(half)
    grid = np.empty((short, long), dtype=np.intp)
    grid[place % short, place % long] = place
    power_of = _root_powers(prime)
    samples, bins = power_of[grid.ravel()], power_of[-grid.ravel()]
    angles = 2 * np.pi * power_of[:half] / prime
    return Plan(
        samples=np.where(grid.ravel() % 2, prime - samples, samples),
        bins=np.minimum(bins, prime - bins),
        short=_real_transform(short),
        cosines=_correlation(np.cos(angles)[grid]),
        sines=_correlation((np.sin(angles) * (-1.0) ** place)[grid]),
    )


def _root_powers(prime: int) -> Indices:
    """``(p - 1,)``: the powers of the smallest number whose powers are all of 1 to p - 1."""
    for root in range(2, prime):
        powers_of = [1]
        while (following := powers_of[-1] * root % prime) != 1:
            powers_of.append(following)
        if len(powers_of) == prime - 1:
            break
    return np.array(powers_of, dtype=np.intp)


def _real_transform(length: int) -> Matrix:
    """Rows: the constant, then all real parts and imaginary parts in turn."""
    turns = 2 * np.pi * np.arange(1, length // 2 + 1)[:, None] * np.arange(length) / length
    pairs = np.stack([np.cos(turns), -np.sin(turns)], axis=1).reshape(-1, length)
    return np.concatenate([np.full((1, length), np.sqrt(1 / length)), np.sqrt(2 / length) * pairs])


def _correlation(sequence: Matrix) -> Correlation:
    """What correlates with a sequence ``(short, long)`` on the grid."""
    short, long = sequence.shape
    spectra = np.fft.fft(sequence, axis=0)
    later = (np.arange(long) - np.arange(long)[:, None]) % long
    parts = [spectra[-number][later] for number in range(1, short // 2 + 1)]
    return Correlation(
        spectra[0].real[later], np.array([np.block([[one.real, -one.imag], [one.imag, one.real]]) for one in parts])
    )
