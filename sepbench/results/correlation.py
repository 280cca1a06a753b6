"""Which metrics agree with people: coefficients between a run's metrics and ratings, and their uncertainty.

Over *answers*, every rated item of every system is one observation; over *systems*, every system's average is, over the
same answers for the metric and for the ratings. Intervals draw recordings, as everywhere, and the same draw serves
every metric, so that two metrics can be told apart by the interval of their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.manifest import SCHEMA
from sepbench.results.coefficients import Values, across_answers, across_systems
from sepbench.results.entries import digits
from sepbench.results.ratings import Key, Rating, check_known, unrated
from sepbench.results.rows import Row
from sepbench.results.run_folder import Run
from sepbench.stats import Resampling, percentiles, resampling

COEFFICIENTS = ("pearson", "spearman", "kendall")
LEADING = "spearman"
"""Metrics are ranked by it over answers: no scale of ratings is linear in decibels."""
MIN_OBSERVATIONS = 3
MIN_TRUSTED = 5
"""Recordings; with three, draws of unrelated numbers agree in one case of six."""
SIGN = {"higher": 1.0, "lower": -1.0}


@dataclass(frozen=True)
class Observations:
    """Answers with a metric's value and a rating, and their recordings and systems as places among the names."""

    values: Values
    ratings: Values
    clusters: NDArray[np.intp]
    systems: NDArray[np.intp]
    system_names: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """Coefficients by name: of the data, and of every draw; empty where there is too little to correlate."""

    n: int
    values: Mapping[str, float]
    drawn: Mapping[str, Values]
    recordings: int


def correlate(run: Run, ratings: Mapping[Key, Rating]) -> dict[str, Any]:
    """What ``sepbench correlate --json`` prints.

    Raises:
        SepbenchError: a rating of a model or an item that is not in the run.
    """
    check_known(ratings, run.rows)
    suite = run.summary["suite"]
    rows = sorted((row for row in run.rows if (row.model, row.item) in ratings), key=lambda row: (row.model, row.item))
    draws = resampling([row.cluster for row in rows], seed=suite["hash"])
    answers, systems = {}, {}
    for name in suite["metric_order"]:
        seen = _observations(name, rows, ratings, draws)
        answers[name], systems[name] = _over_answers(seen, draws), _over_systems(seen, draws)
    better = {name: suite["metrics"][name]["better"] for name in suite["metric_order"]}
    agreement = {name: _agreement(better[name], found) for name, found in answers.items()}
    order = sorted(better, key=lambda name: (-_leading(agreement[name]), name))
    return {
        "schema": SCHEMA,
        "suite": suite["name"],
        "ratings": {
            "answers": len(ratings),
            "judgements": sum(rating.judgements for rating in ratings.values()),
            "systems": sorted({model for model, _ in ratings}),
            "unrated": unrated(ratings, run.rows),
        },
        "order": order,
        "metrics": {
            name: {
                "better": better[name],
                "answers": _entry(answers[name]),
                "systems": _entry(systems[name]),
                **_standing(agreement[name], agreement[order[0]]),
            }
            for name in order
        },
    }


def _observations(metric: str, rows: Sequence[Row], ratings: Mapping[Key, Rating], draws: Resampling) -> Observations:
    place = {name: number for number, name in enumerate(draws.clusters)}
    seen = [
        (score.value, ratings[row.model, row.item].value, place[row.cluster], row.model)
        for row in rows
        if (score := row.metrics.get(metric)) is not None and score.value is not None
    ]
    names = tuple(sorted({model for *_, model in seen}))
    return Observations(
        np.array([value for value, *_ in seen], dtype=np.float64),
        np.array([rating for _, rating, *_ in seen], dtype=np.float64),
        np.array([cluster for *_, cluster, _ in seen], dtype=np.intp),
        np.array([names.index(model) for *_, model in seen], dtype=np.intp),
        names,
    )


def _over_answers(seen: Observations, draws: Resampling) -> Found:
    n, recordings = len(seen.values), len(set(seen.clusters.tolist()))
    if n < MIN_OBSERVATIONS:
        return Found(n, {}, {}, recordings)
    of_data, drawn = (
        across_answers(seen.values, seen.ratings, seen.clusters, which) for which in (_everything(draws), draws)
    )
    return Found(n, {name: float(one[0]) for name, one in of_data.items()}, drawn, recordings)


def _over_systems(seen: Observations, draws: Resampling) -> Found:
    n, recordings = len(seen.system_names), len(set(seen.clusters.tolist()))
    if n < MIN_OBSERVATIONS:
        return Found(n, {}, {}, recordings)
    of_data, drawn = (across_systems(*_averages(seen, which)) for which in (_everything(draws), draws))
    return Found(n, {name: float(one[0]) for name, one in of_data.items()}, drawn, recordings)


def _everything(draws: Resampling) -> Resampling:
    """The one draw that is the data themselves."""
    return Resampling(draws.clusters, np.ones((1, len(draws.clusters)), dtype=np.uint8))


def _averages(seen: Observations, draws: Resampling) -> tuple[Values, Values]:
    """Each system's mean value and mean rating, ``(draws, systems)``; NaN where a draw has none of its answers."""
    shape = len(draws.clusters), len(seen.system_names)
    sums = [np.zeros(shape) for _ in range(3)]
    for total, parts in zip(sums, (seen.values, seen.ratings, np.ones(len(seen.values))), strict=True):
        np.add.at(total, (seen.clusters, seen.systems), parts)
    values, ratings, counts = np.split(draws.totals(np.concatenate(sums, axis=1)), 3, axis=1)
    sizes = np.where(counts > 0, counts, np.nan)
    return values / sizes, ratings / sizes


def _agreement(better: str, found: Found) -> Found | None:
    """The leading coefficient, positive where the metric's better end is people's; None for a metric without one."""
    if better not in SIGN or not np.isfinite(found.values.get(LEADING, np.nan)):
        return None
    sign = SIGN[better]
    return Found(
        found.n, {LEADING: sign * found.values[LEADING]}, {LEADING: sign * found.drawn[LEADING]}, found.recordings
    )


def _leading(agreement: Found | None) -> float:
    return -np.inf if agreement is None else agreement.values[LEADING]


def _standing(agreement: Found | None, best: Found | None) -> dict[str, Any]:
    """How a metric agrees with people, how far it is behind the best, and whether it may be trusted: of recordings
    enough, the interval of its agreement is above 0, and that of its distance from the best reaches 0."""
    if agreement is None or best is None:
        return {"agreement": None, "behind_best": None, "trust": False}
    bounds = percentiles(agreement.drawn[LEADING], agreement.recordings)
    behind = _bounded(
        best.values[LEADING] - agreement.values[LEADING],
        percentiles(best.drawn[LEADING] - agreement.drawn[LEADING], agreement.recordings),
    )
    agrees = bounds is not None and bounds[0] > 0 and agreement.recordings >= MIN_TRUSTED
    return {
        "agreement": _bounded(agreement.values[LEADING], bounds),
        "behind_best": behind,
        "trust": agrees and behind["ci95"] is not None and behind["ci95"][0] <= 0,
    }


def _entry(found: Found) -> dict[str, Any]:
    entry: dict[str, Any] = {"n": found.n}
    for name in COEFFICIENTS:
        value = found.values.get(name, np.nan)
        defined = bool(np.isfinite(value))
        entry[name] = (
            _bounded(value, percentiles(found.drawn[name], found.recordings)) if defined else _bounded(None, None)
        )
    return entry


def _bounded(value: float | None, bounds: tuple[float, float] | None) -> dict[str, Any]:
    return {"value": digits(value), "ci95": None if bounds is None else [digits(bound) for bound in bounds]}
