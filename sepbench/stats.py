"""Averages and their uncertainty. Pure functions of numbers; seeded where they draw.

Clips cut from one recording are not independent, and one recording makes several items (queries, levels), so intervals
resample recordings, not items (cluster bootstrap; Cameron, Gelbach and Miller 2008, doi 10.1162/rest.90.3.414). The
same draw of recordings serves every model and metric of a suite, so that what the models share cancels in differences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sepbench.suite import Averaging

RESAMPLES = 5000
LEVEL = 0.95
MIN_CLUSTERS = 2
BLOCK_ENTRIES = 1 << 20
"""Draws times recordings that are floats at a time: 8 MB."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """An average of n values: `ci95` is None where fewer than two recordings stand behind it."""

    value: float | None
    ci95: tuple[float, float] | None
    median: float | None
    n: int


@dataclass(frozen=True)
class Resampling:
    """One seeded set of draws of recordings: `counts` ``(resamples, clusters)`` says how often each was drawn."""

    clusters: tuple[str, ...]
    counts: NDArray[np.uint8]

    def totals(self, columns: Values) -> Values:
        """Sums over the recordings of each draw, a recording counted as often as it was drawn.

        Args:
            columns: ``(clusters, columns)``.

        Returns:
            ``(resamples, columns)``. Draws are taken in blocks: as floats all at once they would fill the memory.
        """
        block = max(1, BLOCK_ENTRIES // max(1, len(self.clusters)))
        parts = [
            self.counts[first : first + block].astype(np.float64) @ columns
            for first in range(0, len(self.counts), block)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, columns.shape[1]))


def resampling(clusters: Sequence[str], *, seed: str, resamples: int = RESAMPLES) -> Resampling:
    """Draw recordings with replacement, as many as there are, `resamples` times.

    Args:
        clusters: one name per item; the distinct ones are drawn.
        seed: any text; the suite's hash makes draws reproducible and equal between its models.

    >>> draws = resampling(["a", "b", "b"], seed="x", resamples=3)
    >>> draws.clusters, draws.counts.sum(axis=1).tolist()
    (('a', 'b'), [2, 2, 2])
    """
    names = tuple(sorted(set(clusters)))
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "little")
    rng = np.random.Generator(np.random.PCG64(digest))
    counts = np.zeros((resamples, len(names)), dtype=np.uint8)  # no recording is ever drawn more than 255 times
    for draw in counts if names else ():
        draw[:] = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
    return Resampling(names, counts)


def summarise(
    values: Sequence[float], clusters: Sequence[str], classes: Sequence[str], rule: Averaging, draws: Resampling
) -> Summary:
    """Average, 95 % interval and median.

    Args:
        values: finite numbers, one per item.
        clusters: each item's recording; all must be among `draws`.
        classes: each item's class, for the rules that average over classes.
        rule: ``mean``; ``macro_class_mean``: mean of class means; ``class_median_mean``: mean of class medians.

    >>> draws = resampling(["a", "b"], seed="x")
    >>> summarise([1.0, 3.0], ["a", "b"], ["dog", "dog"], "mean", draws)
    Summary(value=2.0, ci95=(1.0, 3.0), median=2.0, n=2)
    """
    if len(values) == 0:
        return Summary(None, None, None, 0)
    value, resampled = average(values, clusters, classes, rule, draws)
    return Summary(value, interval(resampled, len(set(clusters))), float(np.median(values)), len(values))


def average(
    values: Sequence[float], clusters: Sequence[str], classes: Sequence[str], rule: Averaging, draws: Resampling
) -> tuple[float, Values]:
    """The average of at least one value, and that of every draw, NaN where nothing was drawn; `summarise`'s terms."""
    array = np.asarray(values, dtype=np.float64)
    position = {name: i for i, name in enumerate(draws.clusters)}
    index = np.array([position[name] for name in clusters])
    if rule == "mean":
        return float(array.mean()), _resampled_means(array, index, draws)
    if rule == "macro_class_mean":
        return _macro_means(array, index, classes, draws)
    return _class_medians(array, index, classes, draws)


def interval(resampled: Values, clusters: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Percentiles of draws, as far out as Student's distribution asks for so few recordings; none beyond the draws.

    Args:
        resampled: an average of each draw, NaN where nothing was drawn.
        clusters: recordings; of fewer than two there is no interval.
    """
    return percentiles(resampled, clusters, expanded(level, clusters))


def expanded(level: float, clusters: int) -> float:
    """The level whose percentiles hold the truth as often as `level` says.

    Plain percentiles of few recordings are too narrow, as if the normal curve stood for Student's and n for n - 1
    (Hesterberg 2015, doi 10.1080/00031305.2015.1089789).

    >>> round(expanded(0.95, 10), 4), round(expanded(0.95, 1000), 4)
    (0.9829, 0.9504)
    """
    from scipy.special import ndtr, stdtrit

    if clusters < MIN_CLUSTERS:
        return level
    reach = stdtrit(clusters - 1, (1 + level) / 2) * np.sqrt(clusters / (clusters - 1))
    return float(1 - 2 * ndtr(-reach))


def percentiles(resampled: Values, clusters: int, level: float = LEVEL) -> tuple[float, float] | None:
    """The middle share of the draws in which something was drawn; None for fewer than two recordings."""
    defined = resampled[np.isfinite(resampled)]
    if clusters < MIN_CLUSTERS or defined.size == 0:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled_means(values: Values, index: NDArray[np.int64], draws: Resampling) -> Values:
    """Mean per draw from sums and counts per recording: no item is touched twice."""
    sums = np.bincount(index, weights=values, minlength=len(draws.clusters))
    sizes = np.bincount(index, minlength=len(draws.clusters))
    total, drawn = draws.totals(np.stack([sums, sizes], axis=1)).T
    means: Values = np.divide(total, drawn, out=np.full(len(drawn), np.nan), where=drawn > 0)
    return means


def _macro_means(
    values: Values, index: NDArray[np.int64], classes: Sequence[str], draws: Resampling
) -> tuple[float, Values]:
    masks = _class_masks(classes)
    value = float(np.mean([values[mask].mean() for mask in masks]))
    per_class = np.stack([_resampled_means(values[mask], index[mask], draws) for mask in masks])
    return value, _mean_of_defined(per_class)


def _class_medians(
    values: Values, index: NDArray[np.int64], classes: Sequence[str], draws: Resampling
) -> tuple[float, Values]:
    masks = _class_masks(classes)
    value = float(np.mean([np.median(values[mask]) for mask in masks]))
    per_class = np.full((len(masks), len(draws.counts)), np.nan)
    for row, mask in enumerate(masks):
        inside, where = values[mask], index[mask]
        for draw, counts in enumerate(draws.counts):
            if (repeats := counts[where]).any():
                per_class[row, draw] = np.median(np.repeat(inside, repeats))
    return value, _mean_of_defined(per_class)


def _class_masks(classes: Sequence[str]) -> list[NDArray[np.bool_]]:
    names = np.asarray(classes)
    return [names == name for name in sorted(set(classes))]


def _mean_of_defined(per_class: Values) -> Values:
    """Mean over the classes that the draw reached."""
    defined = np.isfinite(per_class)
    reached = defined.sum(axis=0)
    total = np.where(defined, per_class, 0).sum(axis=0)
    means: Values = np.divide(total, reached, out=np.full(len(reached), np.nan), where=reached > 0)
    return means
