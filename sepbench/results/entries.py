"""The form in which an average stands in ``summary.json``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sepbench.results.columns import Floats
from sepbench.results.row_table import Rows
from sepbench.stats import Resampling, Summary, summarise
from sepbench.suite import Averaging

DIGITS = 6


@dataclass(frozen=True)
class Ground:
    """What all averages of one summary stand on: the rule, and one draw of recordings for every model and metric."""

    averaging: Averaging
    draws: Resampling


@dataclass(frozen=True, slots=True)
class Measured:
    """One value to be averaged, None where there is none, with its recording and its class."""

    value: float | None
    cluster: str
    label: str


def averaged(measured: Sequence[Measured], ground: Ground) -> dict[str, Any]:
    """``value``, ``ci95``, ``median``, ``n`` and ``n_undefined``, which are counted and left out."""
    defined = [(one, one.value) for one in measured if one.value is not None]
    values = [value for _, value in defined]
    clusters, labels = [one.cluster for one, _ in defined], [one.label for one, _ in defined]
    return _averaged(values, clusters, labels, len(measured), ground)


def averaged_rows(rows: Rows, values: Floats, ground: Ground) -> dict[str, Any]:
    """The same of a number per row, NaN where there is none."""
    there = np.isfinite(values)
    defined = rows.take(there)
    return _averaged(values[there].tolist(), defined.coded("cluster"), defined.coded("label"), len(rows), ground)


def _averaged(
    values: Sequence[float], clusters: Sequence[str], labels: Sequence[str], of: int, ground: Ground
) -> dict[str, Any]:
    summary = summarise(values, clusters, labels, ground.averaging, ground.draws)
    return {**rounded(summary), "n_undefined": of - summary.n}


def rounded(summary: Summary) -> dict[str, Any]:
    """A summary as plain data, to six digits.

    >>> rounded(Summary(1 / 3, (-0.0, 1.0), None, 3))
    {'value': 0.333333, 'ci95': [0.0, 1.0], 'median': None, 'n': 3}
    """
    interval = None if summary.ci95 is None else [digits(bound) for bound in summary.ci95]
    return dataclasses.asdict(summary) | {
        "value": digits(summary.value),
        "median": digits(summary.median),
        "ci95": interval,
    }


def digits(value: float | None) -> float | None:
    """To six digits, never as -0.0; None stays."""
    return None if value is None else round(value, DIGITS) + 0.0
