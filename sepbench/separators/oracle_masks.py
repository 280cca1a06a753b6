"""Masks made from the answer: the best a mask of each kind can do, and what no system is expected to reach.

S and N are the spectra of the wanted signal and of everything else. Where both are zero the mask is one, so that a
mixture without interference comes back untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sepbench.separators.masking import Mask, Spectrum, Transform, apply_mask
from sepbench.separators.separator import Estimate, Request

OracleMask = Callable[[Spectrum, Spectrum], Mask]


def ratio_mask(wanted: Spectrum, rest: Spectrum) -> Mask:
    """|S| / (|S| + |N|), the ideal ratio mask.

    >>> ratio_mask(np.array([[3 + 4j, 0]]), np.array([[5, 0]])).tolist()
    [[0.5, 1.0]]
    """
    return _share(np.abs(wanted), np.abs(rest))


def binary_mask(wanted: Spectrum, rest: Spectrum) -> Mask:
    """1 where |S| >= |N|, else 0 (Wang 2005, doi 10.1007/0-387-22794-6_12, at 0 dB).

    >>> binary_mask(np.array([[3 + 4j, 1]]), np.array([[4, 2]])).tolist()
    [[1.0, 0.0]]
    """
    return (np.abs(wanted) >= np.abs(rest)).astype(np.float64)


def wiener_mask(wanted: Spectrum, rest: Spectrum) -> Mask:
    """|S|² / (|S|² + |N|²) (Liutkus and Badeau 2015, doi 10.1109/ICASSP.2015.7177973, with exponent 2).

    >>> wiener_mask(np.array([[3 + 4j, 0]]), np.array([[5, 1]])).tolist()
    [[0.5, 0.0]]
    """
    return _share(np.abs(wanted) ** 2, np.abs(rest) ** 2)


def _share(wanted: Mask, rest: Mask) -> Mask:
    total = wanted + rest
    return np.divide(wanted, total, out=np.ones_like(total), where=total > 0)


def separate_with(mask: OracleMask, requests: Sequence[Request]) -> list[Estimate]:
    """Mask each mixture by its own references."""
    return [_separate(mask, request) for request in requests]


def _separate(mask: OracleMask, request: Request) -> Estimate:
    wanted, rest = request.references
    transform = Transform.at(request.sample_rate)
    weights = mask(transform.forward(wanted), transform.forward(rest))
    return Estimate(request.item, apply_mask(request.mixture, weights, transform), request.sample_rate)
