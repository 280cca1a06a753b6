"""``snr_curve``: the same pairs at several ratios: a curve, its area, and the ratio at which an improvement ends.

The ratio is the one the list states (a mixture's variant ``snr -5``), not the realised one, so that a point is one
ratio. Area and crossing are of pairs that have a value at every ratio. The area is divided by the range's width: the
mean height of the curve, in the metric's unit. The crossing is of the plain mean, whatever the suite's averaging rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.results.analyses.scored import Scored, by_pair, recordings_of
from sepbench.results.entries import Ground, Measured, averaged, digits
from sepbench.results.rows import Row
from sepbench.stats import Resampling, interval

NOMINAL = re.compile(r"snr (-?\d+(?:\.\d+)?)(?: |$)")
IMPROVEMENTS = ("si_sdri", "sdri")
"""Metrics that are 0 for the untouched mixture: above it, listening to the separator is worth it."""
MOST_UNDEFINED = 0.05
"""An interval needs a crossing in nearly all draws; percentiles of the others would be those of a chosen few."""

Curve = NDArray[np.float64]


def snr_curve(scored: Sequence[Scored], ground: Ground) -> dict[str, Any]:
    """Per metric: ``snr_db``, ``points``, ``area`` and, for improvements, ``crossing``."""
    found = {one.metric.name: _of_metric(one, ground) for one in scored}
    return {name: part for name, part in found.items() if part is not None}


def nominal_snr_db(row: Row) -> float | None:
    """The ratio a row's variant states; None where it states none.

    >>> from types import SimpleNamespace
    >>> [nominal_snr_db(SimpleNamespace(variant=text)) for text in ("snr -5", "snr 2.5 caption", "level 0")]
    [-5.0, 2.5, None]
    """
    match = NOMINAL.match(row.variant)
    return float(match[1]) if match else None


def _of_metric(scored: Scored, ground: Ground) -> dict[str, Any] | None:
    rows = [(snr, row) for row in scored.rows if (snr := nominal_snr_db(row)) is not None]
    ratios = sorted({snr for snr, _ in rows})
    if len(ratios) < 2:
        return None
    points = [
        averaged([Measured(scored.value(row), row.cluster, row.label) for at, row in rows if at == snr], ground)
        for snr in ratios
    ]
    pairs = [(group[0], _curve(scored, group, ratios)) for group in by_pair([row for _, row in rows])]
    found: dict[str, Any] = {
        "snr_db": ratios,
        "points": points,
        "area": averaged(
            [Measured(None if curve is None else area(ratios, curve), row.cluster, row.label) for row, curve in pairs],
            ground,
        ),
    }
    if scored.metric.name.split("@")[0] in IMPROVEMENTS:
        whole = [(row, curve) for row, curve in pairs if curve is not None]
        found["crossing"] = _crossing(whole, ratios, ground) | {"n_undefined": len(pairs) - len(whole)}
    return found


def _curve(scored: Scored, group: Sequence[Row], ratios: Sequence[float]) -> Curve | None:
    """A pair's value at every ratio, None where one is missing."""
    values: Mapping[float | None, float | None] = {nominal_snr_db(row): scored.value(row) for row in group}
    found = [value for snr in ratios if (value := values.get(snr)) is not None]
    return np.array(found) if len(found) == len(ratios) else None


def area(ratios: Sequence[float], curve: Curve) -> float:
    """Area under a curve by trapezoids, over the width of its range.

    >>> area([-10.0, 0.0, 10.0], np.array([10.0, 5.0, 0.0]))
    5.0
    """
    return float(np.trapezoid(curve, ratios) / (ratios[-1] - ratios[0]))


def last_crossing(ratios: Sequence[float], curve: Curve) -> float | None:
    """The ratio beyond which a curve stays at or below zero, between points on the straight line.

    Returns:
        None where the curve ends above zero, or never is above it.

    >>> last_crossing([0.0, 5.0, 10.0], np.array([3.0, 1.0, -1.0]))
    7.5
    """
    above = np.flatnonzero(curve > 0)
    if len(above) == 0 or above[-1] == len(curve) - 1:
        return None
    left = int(above[-1])
    share = curve[left] / (curve[left] - curve[left + 1])
    return float(ratios[left] + share * (ratios[left + 1] - ratios[left]))


def _crossing(pairs: Sequence[tuple[Row, Curve]], ratios: Sequence[float], ground: Ground) -> dict[str, Any]:
    """Where the mean curve of the pairs crosses zero, with the interval over draws of recordings."""
    if not pairs:
        return {"snr_db": None, "ci95": None, "reason": "no pair has a value at every ratio", "n": 0}
    curves = np.stack([curve for _, curve in pairs])
    mean = curves.mean(axis=0)
    value = last_crossing(ratios, mean)
    reason = ""
    if value is None:
        reason = f"still above 0 at {ratios[-1]:g} dB" if mean[-1] > 0 else "never above 0"
    rows = [row for row, _ in pairs]
    drawn = [last_crossing(ratios, curve) for curve in _resampled(curves, rows, ground.draws)]
    defined = np.array([found for found in drawn if found is not None])
    settled = value is not None and len(defined) >= (1 - MOST_UNDEFINED) * len(drawn)
    bounds = interval(defined, len({row.cluster for row in rows})) if settled else None
    return {
        "snr_db": digits(value),
        "ci95": None if bounds is None else [digits(bound) for bound in bounds],
        "reason": reason,
        "n": len(pairs),
    }


def _resampled(curves: Curve, rows: Sequence[Row], draws: Resampling) -> Curve:
    """The mean curve of every draw that reaches a pair, ``(draws, ratios)``."""
    sums = np.zeros((len(draws.clusters), curves.shape[1] + 1))
    np.add.at(sums, recordings_of(rows, draws), np.column_stack([curves, np.ones(len(curves))]))
    totals = draws.totals(sums)
    reached = totals[:, -1] > 0
    means: Curve = totals[reached, :-1] / totals[reached, -1:]
    return means
