"""Which systems a metric tells apart: paired differences on the items both have, over the same draws of recordings.

Differences and intervals are those of `sepbench.paired`, for all pairs at once. The difference of a pair over its
standard error in the draws is taken as Student's t with one degree of freedom less than there are recordings; p values
are corrected over all pairs of a metric. A p value counted from draws could not be smaller than one over their number,
and with twenty systems no correction would leave it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sepbench.paired import holm, restricted, students_interval, students_p
from sepbench.stats import LEVEL, Resampling, Values, resampling

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """One metric of several systems on the same items.

    Attributes:
        values: ``(items, models)``, NaN where a system has none.
        clusters, classes: each item's recording and class.
        by_class: whether averages are means of class means.
    """

    models: tuple[str, ...]
    values: Values
    clusters: tuple[str, ...]
    classes: tuple[str, ...]
    by_class: bool


@dataclass(frozen=True)
class Pair:
    """`one` minus `other` over `n` common items; `p` is corrected, and 1 where nothing can be tested."""

    one: str
    other: str
    difference: float
    ci95: tuple[float, float] | None
    p: float
    n: int

    @property
    def apart(self) -> bool:
        """Whether the two are told apart."""
        return self.p < 1 - LEVEL


@dataclass(frozen=True)
class Ties:
    """All pairs of a metric's systems."""

    pairs: tuple[Pair, ...]

    def places(self, better: str) -> dict[str, int]:
        """One more than how many systems are better and told apart; those of one place are tied.

        >>> apart = Pair("a", "b", 2.0, None, 0.01, 9), Pair("a", "c", 2.1, None, 0.02, 9)
        >>> pairs = (*apart, Pair("b", "c", 0.1, None, 1, 9))
        >>> Ties(pairs).places("higher"), Ties(pairs).places("lower")
        ({'a': 1, 'b': 2, 'c': 2}, {'a': 3, 'b': 1, 'c': 1})
        """
        sign = 1 if better == "higher" else -1
        ahead = {name: 1 for pair in self.pairs for name in (pair.one, pair.other)}
        for pair in self.pairs:
            if pair.apart:
                ahead[pair.other if sign * pair.difference > 0 else pair.one] += 1
        return ahead

    def tied(self, one: str, other: str) -> bool:
        """Whether two systems were tested and not told apart."""
        return any({pair.one, pair.other} == {one, other} and not pair.apart for pair in self.pairs)


def paired_ties(answers: Answers, *, seed: str) -> Ties:
    """Test every pair of systems.

    Args:
        seed: the suite's hash: the draws are then the suite's own.
    """
    chosen = list(combinations(range(len(answers.models)), 2))
    if not chosen or not answers.clusters:
        return Ties(())
    draws = resampling(answers.clusters, seed=seed)
    differences = np.stack([answers.values[:, i] - answers.values[:, j] for i, j in chosen], axis=1)
    means, resampled = _means(differences, answers, draws)
    found = [_tested(differences[:, k], means[k], resampled[:, k], answers.clusters) for k in range(len(chosen))]
    corrected = holm([p for _, p, _ in found])
    named = [(answers.models[i], answers.models[j]) for i, j in chosen]
    return Ties(
        tuple(
            Pair(one, other, float(mean), bounds, 1.0 if p is None else p, n)
            for (one, other), mean, (bounds, _, n), p in zip(named, means, found, corrected, strict=True)
            if n
        )
    )


def _means(differences: Values, answers: Answers, draws: Resampling) -> tuple[Values, Values]:
    """``(pairs,)`` and ``(resamples, pairs)``: averages by the suite's rule, of all items and of each draw's."""
    place = {name: i for i, name in enumerate(draws.clusters)}
    index = np.array([place[name] for name in answers.clusters])
    names = np.asarray(answers.classes if answers.by_class else [""] * len(index))
    parts = [_class_means(differences[names == name], index[names == name], draws) for name in sorted(set(names))]
    return _mean_of_defined([whole for whole, _ in parts]), _mean_of_defined([drawn for _, drawn in parts])


def _class_means(differences: Values, index: Places, draws: Resampling) -> tuple[Values, Values]:
    inside, local = np.unique(index, return_inverse=True)
    defined = np.isfinite(differences)
    sums, sizes = np.zeros((2, len(inside), differences.shape[1]))
    np.add.at(sums, local, np.where(defined, differences, 0.0))
    np.add.at(sizes, local, defined)
    drawn = restricted(draws, [draws.clusters[one] for one in inside])
    return _ratio(sums.sum(axis=0), sizes.sum(axis=0)), _ratio(drawn.totals(sums), drawn.totals(sizes))


def _ratio(sums: Values, sizes: Values) -> Values:
    ratios: Values = np.divide(sums, sizes, out=np.full(sums.shape, np.nan), where=sizes > 0)
    return ratios


def _mean_of_defined(parts: Sequence[Values]) -> Values:
    stacked = np.stack(parts)
    defined = np.isfinite(stacked)
    return _ratio(np.where(defined, stacked, 0.0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def _tested(
    differences: Values, mean: float, resampled: Values, clusters: Sequence[str]
) -> tuple[tuple[float, float] | None, float, int]:
    """Interval, uncorrected p-value and number of common items of one pair."""
    common = np.isfinite(differences)
    recordings = len({name for name, here in zip(clusters, common, strict=True) if here})
    p = students_p(mean, resampled, recordings)
    return students_interval(mean, resampled, recordings), 1.0 if p is None else p, int(common.sum())


def table(values: Mapping[str, Mapping[str, float | None]], items: Sequence[str]) -> Values:
    """``(items, models)`` of values by model and item; NaN where there is none."""
    rows = [[values[model].get(item) for model in values] for item in items]
    return np.array([[np.nan if one is None else one for one in row] for row in rows], dtype=np.float64)
