"""Paired differences and what chance alone may make of them. Pure functions of numbers.

Both sides answered the same items, so items are compared one by one and what makes them easy or hard cancels. Clips of
one recording are not independent: intervals draw recordings, and the signed-rank test ranks recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepbench.stats import LEVEL, MIN_CLUSTERS, Resampling, Values, average, expanded, percentiles
from sepbench.suite import Averaging

ROUNDING_DIGITS = 9
"""Differences smaller than that are of another order of summing; their ranks would be ranks of nothing."""
SAME = 1e-9
"""Differences and spreads within that are of another order of summing."""
DRAWS_BEYOND = 10
"""With fewer draws beyond a bound, it is an extreme of the draws, which few recordings keep within their own range."""


@dataclass(frozen=True)
class Difference:
    """Of `n` items of `recordings` recordings.

    Attributes:
        mean: the average of after less before.
        interval: of that average; None where fewer than two recordings stand behind it.
        risen, fallen: items whose value is larger, or smaller, after than before.
    """

    mean: float
    interval: tuple[float, float] | None
    n: int
    recordings: int
    risen: int
    fallen: int


def difference(
    changes: Sequence[float],
    clusters: Sequence[str],
    classes: Sequence[str],
    rule: Averaging,
    draws: Resampling,
    level: float = LEVEL,
) -> Difference:
    """Average and interval of at least one paired change.

    Args:
        changes: after less before, finite, one per item.
        clusters: each item's recording; all must be among `draws`.
        classes: each item's class, for the rules that average over classes.
        rule: the suite's. Medians of changes are no change of medians: ``class_median_mean`` takes class means.
        level: of the interval.

    >>> from sepbench.stats import resampling
    >>> draws = resampling(["a", "b", "c"], seed="x")
    >>> found = difference([-1.0, -2.0, -3.0], ["a", "b", "c"], ["", "", ""], "mean", draws)
    >>> found.mean, tuple(round(bound, 1) for bound in found.interval), found.fallen
    (-2.0, (-4.5, 0.5), 3)
    """
    linear: Averaging = "mean" if rule == "mean" else "macro_class_mean"
    names = sorted(set(clusters))
    mean, resampled = average(changes, clusters, classes, linear, restricted(draws, names))
    rounded = np.round(changes, ROUNDING_DIGITS)
    return Difference(
        mean=mean,
        interval=students_interval(mean, resampled, len(names), level),
        n=len(changes),
        recordings=len(names),
        risen=int((rounded > 0).sum()),
        fallen=int((rounded < 0).sum()),
    )


def restricted(draws: Resampling, clusters: Sequence[str]) -> Resampling:
    """The same draws, as far as some of the recordings are concerned: those of one slice, say."""
    if draws.clusters == tuple(clusters):
        return draws
    place = {name: number for number, name in enumerate(draws.clusters)}
    return Resampling(tuple(clusters), draws.counts[:, [place[name] for name in clusters]])


def students_interval(
    value: float, resampled: Values, clusters: int, level: float = LEVEL
) -> tuple[float, float] | None:
    """Percentiles as far out as Student's distribution asks; Student's own interval where too few draws are out there.

    Args:
        value: what the draws are draws of.
        resampled: of each draw, NaN where nothing was drawn.
        clusters: recordings; of fewer than two there is no interval.

    >>> students_interval(0.0, np.array([-0.5, 0.5] * 5000), 2, 0.9)  # Student's 95 % point of one degree is 6.314
    (-4.46..., 4.46...)
    """
    from scipy.special import stdtrit

    defined = resampled[np.isfinite(resampled)]
    wide = expanded(level, clusters)
    if clusters < MIN_CLUSTERS or not defined.size or (1 - wide) / 2 * defined.size >= DRAWS_BEYOND:
        return percentiles(defined, clusters, wide)
    reach = float(stdtrit(clusters - 1, (1 + level) / 2)) * standard_error(defined, clusters)
    return value - reach, value + reach


def standard_error(resampled: Values, clusters: int) -> float:
    """Of an average, from its finite draws; drawn from n recordings they spread as if n stood for n - 1.

    >>> standard_error(np.array([-0.5, 0.5] * 5000), 2)
    0.707...
    """
    defined = resampled[np.isfinite(resampled)]
    return float(np.std(defined) * np.sqrt(clusters / (clusters - 1)))


def students_p(value: float, resampled: Values, clusters: int) -> float | None:
    """Two-sided p of a value over its standard error in the draws, as Student's t with one degree less than recordings.

    A p counted from draws could not be smaller than one over their number. Where the draws do not spread, it is how
    often all recordings have one sign by chance, and 1 for no difference.

    Args:
        value: a difference, and `resampled` its draws.
        clusters: recordings; None comes back for fewer than two.

    >>> students_p(1.0, np.array([0.5, 1.5] * 5000), 2), students_p(1.0, np.ones(9), 3)  # t is sqrt 2
    (0.391..., 0.25)
    """
    from scipy.special import stdtr

    if clusters < MIN_CLUSTERS or not np.isfinite(resampled).any():
        return None
    error = standard_error(resampled, clusters)
    if error <= SAME * max(1.0, abs(value)):
        return 1.0 if abs(value) <= SAME else 2.0 ** (1 - clusters)
    return float(2 * stdtr(clusters - 1, -abs(value) / error))


def signed_rank(changes: Sequence[float], clusters: Sequence[str]) -> float | None:
    """p of Wilcoxon's signed-rank test over recordings' mean changes, two-sided; those that did not change count not.

    Returns:
        1 where nothing changed; None for fewer than two recordings.

    >>> signed_rank([-1.0, -2.0, -3.0], ["a", "b", "c"])
    0.25
    """
    from scipy.stats import wilcoxon

    names, index = np.unique(np.asarray(clusters), return_inverse=True)
    if len(names) < MIN_CLUSTERS:
        return None
    means: Values = np.bincount(index, weights=np.asarray(changes, dtype=np.float64)) / np.bincount(index)
    changed = np.round(means, ROUNDING_DIGITS)
    changed = changed[changed != 0]
    return float(wilcoxon(changed).pvalue) if changed.size else 1.0


def holm(values: Sequence[float | None]) -> list[float | None]:
    """p values corrected for their number by Holm's steps (1979): family-wise, of whatever dependence; None stays None.

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    largest = 0.0
    for step, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - step)))
        corrected[place] = largest
    return corrected
