"""Distances between the set of all estimates and the set of all references, in the space of an embedder.

They say whether estimates as a whole sound like the sounds that were wanted, and nothing about which estimate belongs
to which item: every dog may be another dog. Each item keeps the vectors of estimate, reference and mixture. Columns
without ``@``, and those with a network of one's own, take signals as they are; the others hear what audioldm_eval would
hear. Silence is a sound with a vector like any other, so a separator that says nothing is not spared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sepbench.embeddings import panns, vggish_front_end
from sepbench.embeddings.embedder import Vector
from sepbench.metrics.audioldm_input import as_audioldm_eval_hears
from sepbench.metrics.embedding import embedded
from sepbench.metrics.frechet import FEWEST, STEPS, Vectors, frechet_infinity, weighted_distances
from sepbench.metrics.metric import Metric, Sample, Undefined, check_audible, mixture_of
from sepbench.metrics.mmd import weighted_mmd
from sepbench.metrics.reduction import Arrays, ItemStatistic, Reduce, Times

LARGEST_RANK = 1024
"""Beyond it one Fréchet distance takes seconds, and a bootstrap's hundreds are left out."""
RESAMPLES = 200
KILGOUR = "Kilgour et al. 2019, arXiv 1812.08466"
AUDIOLDM = "haoheliu/audioldm_eval@8dc07ee"
GUI = "Gui et al. 2024, arXiv 2311.01616"
BINKOWSKI = "Bińkowski et al. 2018, arXiv 1801.01401"


class Pairs(NamedTuple):
    """Vectors of all items, ``(n, dim)`` each, and how often each pair counts, ``(ways, n)``."""

    estimate: Vectors
    reference: Vectors
    weights: Times


@dataclass(frozen=True)
class Space:
    """An embedder, the part of its vectors that is meant, and the shortest signal it takes, in samples."""

    embedder: str
    title: str
    rate: int
    shortest: int
    part: Callable[[Vector], Vector] = np.asarray


VGGISH = Space("vggish:torchvggish", "VGGish", vggish_front_end.RATE, vggish_front_end.SHORTEST_SAMPLES)
OWN_VGGISH = Space("vggish:own", "a VGGish of one's own", vggish_front_end.RATE, vggish_front_end.SHORTEST_SAMPLES)


def _cnn14(name: str, title: str, rate: int) -> Space:
    return Space(f"panns:{name}", title, rate, round(panns.SHORTEST_SECONDS * rate), panns.embedding_of)


CNN14_16K, CNN14_32K = _cnn14("cnn14-16k", "Cnn14, 16 kHz", 16000), _cnn14("cnn14-32k", "Cnn14, 32 kHz", 32000)
OWN_CNN14 = _cnn14("own", "a Cnn14 of one's own", 16000)


def frechet(kept: Sequence[ItemStatistic], times: Times) -> NDArray[np.float64]:
    """Fréchet distance; of more than `LARGEST_RANK` vectors of as many dimensions only that of the whole set."""
    pairs = _pairs(kept, times)
    affordable = pairs.weights[: None if min(pairs.estimate.shape) <= LARGEST_RANK else 1]
    values = np.full(len(times), np.nan)
    values[: len(affordable)] = list(weighted_distances(pairs.estimate, pairs.reference, affordable))
    return values


def frechet_without_bias(kept: Sequence[ItemStatistic], times: Times) -> NDArray[np.float64]:
    """Fréchet distance extrapolated to infinitely many vectors; only that of the whole set, since each takes 25."""
    pairs = _pairs(kept, times)
    if len(pairs.estimate) < 2 * FEWEST:
        why = f"{len(pairs.estimate)} vectors of each set; an extrapolation needs {2 * FEWEST}"
        raise Undefined("not_applicable", why)
    values = np.full(len(times), np.nan)
    values[0] = frechet_infinity(estimate=pairs.estimate, reference=pairs.reference)
    return values


def discrepancy(kept: Sequence[ItemStatistic], times: Times) -> NDArray[np.float64]:
    """Maximum mean discrepancy."""
    return weighted_mmd(*_pairs(kept, times))


def _pairs(kept: Sequence[ItemStatistic], times: Times) -> Pairs:
    """The items' vectors under one another; all of an item count as often as it does."""
    estimate, reference = (np.concatenate([one.arrays[name] for one in kept]) for name in ("estimate", "reference"))
    if len(estimate) < 2:
        raise Undefined("not_applicable", "one vector of each set has no spread")
    return Pairs(estimate, reference, np.repeat(times, [len(one.arrays["estimate"]) for one in kept], axis=1))


def _measure(space: Space, *, as_audioldm: bool) -> Callable[[Sample], Arrays]:
    def measure(sample: Sample) -> Arrays:
        signals = {"estimate": sample.estimate, "reference": sample.reference, "mixture": mixture_of(sample)}
        check_audible(sample.reference)
        if as_audioldm:
            signals = {name: as_audioldm_eval_hears(signal) for name, signal in signals.items()}
        if len(signals["reference"]) < space.shortest:
            raise Undefined("too_short", f"under {space.shortest} samples {space.title} hears nothing")
        vectors = {name: embedded(space.embedder, one, sample.sample_rate) for name, one in signals.items()}
        return {name: np.atleast_2d(space.part(vector)) for name, vector in vectors.items()}

    return measure


def _metric(
    name: str, reduce: Reduce, space: Space, title: str, source: str, parameters: dict[str, str | int] | None = None
) -> Metric:
    as_audioldm = "@" in name and not name.endswith("@own")
    return Metric(
        name=name,
        version=1,
        unit="",
        better="lower",
        measure=_measure(space, as_audioldm=as_audioldm),
        source=source,
        label=f"{title} ({space.title})",
        needs=frozenset({"reference", "mixture"}),
        rate=space.rate,
        parameters={"input": "audioldm_eval" if as_audioldm else "as-is", **(parameters or {})},
        over_mixture=False,
        upsample=True,
        embedder=space.embedder,
        reduce=reduce,
        resamples=0 if reduce is frechet_without_bias else RESAMPLES,
    )


_LINE: dict[str, str | int] = {"steps": STEPS, "from": FEWEST, "shrunk": "both"}
_CUBIC: dict[str, str | int] = {"kernel": "cubic"}

METRICS = (
    _metric("fad", frechet, VGGISH, "FAD", KILGOUR),
    _metric("fad@vggish", frechet, VGGISH, "FAD, audioldm_eval", AUDIOLDM),
    _metric("fad@own", frechet, OWN_VGGISH, "FAD", KILGOUR),
    _metric("fad_inf@vggish", frechet_without_bias, VGGISH, "FAD for infinite n", GUI, _LINE),
    _metric("fd", frechet, CNN14_16K, "Fréchet distance", KILGOUR),
    _metric("fd@cnn14-16k", frechet, CNN14_16K, "Fréchet distance, audioldm_eval", AUDIOLDM),
    _metric("fd@cnn14-32k", frechet, CNN14_32K, "Fréchet distance, audioldm_eval", AUDIOLDM),
    _metric("fd@own", frechet, OWN_CNN14, "Fréchet distance", KILGOUR),
    _metric("mmd@vggish", discrepancy, VGGISH, "MMD", BINKOWSKI, _CUBIC),
    _metric("mmd@cnn14-16k", discrepancy, CNN14_16K, "MMD", BINKOWSKI, _CUBIC),
)
