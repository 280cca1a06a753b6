"""Scoring one item: align the estimate, measure it, and measure the untouched mixture beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sepbench.audio import Audio, resample
from sepbench.corpora.texts import query_text
from sepbench.manifest import Mixture, Query
from sepbench.metrics.alignment import align
from sepbench.metrics.measure import measure_sample
from sepbench.metrics.metric import Measurement, Metric, Sample, Signal
from sepbench.metrics.reduction import Arrays
from sepbench.metrics.shared import Shared
from sepbench.mixing import Rendered, reference
from sepbench.results.rows import Score
from sepbench.separators.separator import Estimate


@dataclass(frozen=True)
class ItemAudio:
    """One item at the scoring rate, with the mixture's own measurements: the part that every model shares, and in
    `sample.shared` what metrics made of its reference and mixture."""

    query: Query
    mixture: Audio
    mixture_rate: int
    sample: Sample
    snr_db: float | None
    of_mixture: dict[str, Measurement]


@dataclass(frozen=True)
class Scored:
    """The scores of one estimate, what alignment did to it, and the arrays that metrics of a set keep of it."""

    scores: dict[str, Score]
    notes: tuple[str, ...]
    arrays: Mapping[str, Arrays] = field(default_factory=dict)


@dataclass(frozen=True)
class Beside:
    """What goes with an estimate: the separator's answers to related queries, and its chunk length in seconds."""

    complement: Estimate | None = None
    swapped: Estimate | None = None
    chunk_seconds: float | None = None


class Scorer:
    """Scores with one set of metrics at one rate."""

    def __init__(self, metrics: Sequence[Metric], scoring_rate: int, length_tolerance_ms: float) -> None:
        self._metrics = metrics
        self._rate = scoring_rate
        self._tolerance_ms = length_tolerance_ms

    def item_audio(self, mixture: Mixture, rendered: Rendered, query_index: int) -> ItemAudio:
        """Reference and mixture of one item at the scoring rate."""
        query = mixture.queries[query_index]
        wanted = reference(rendered, query)
        heard, target = (self._scored(signal, mixture.sample_rate) for signal in (rendered.mixture, wanted))
        sample = Sample(
            estimate=heard.view(),  # another object: what is made of it as an estimate is not kept for models
            reference=target,
            mixture=heard,
            sample_rate=self._rate,
            query=query_text(query),
            absent=query.absent and query.mode == "extract",
            removal=query.mode == "remove",
            shared=Shared((target, heard)),
        )
        compared = [metric for metric in self._of(sample) if metric.over_mixture]
        of_mixture = measure_sample(replace(sample, shared=Shared(within=sample.shared)), compared)
        return ItemAudio(
            query, rendered.mixture, mixture.sample_rate, sample, item_snr_db(rendered, wanted), of_mixture
        )

    def score(self, item: ItemAudio, estimate: Estimate, beside: Beside) -> Scored:
        """Every metric that speaks of the item, each with its change over the mixture.

        Args:
            beside: what else the separator gave that a metric may compare with.

        Raises:
            Undefined: ``length_mismatch`` beyond the tolerance.
        """
        aligned = align(
            estimate=estimate.audio,
            sample_rate=estimate.sample_rate,
            length=len(item.sample.reference),
            target_rate=self._rate,
            tolerance=self._tolerance(self._rate),
        )
        length = len(aligned.audio)
        sample = Sample(
            estimate=aligned.audio.astype(np.float64),
            reference=_cut(item.sample.reference, length),
            mixture=None if item.sample.mixture is None else _cut(item.sample.mixture, length),
            sample_rate=self._rate,
            query=item.sample.query,
            absent=item.sample.absent,
            removal=item.sample.removal,
            complement=self._beside(beside.complement, length),
            swapped=self._beside(beside.swapped, length),
            chunk_seconds=beside.chunk_seconds,
            shared=Shared(within=item.sample.shared),
        )
        measured = measure_sample(sample, self._of(sample))
        trimmed = length != len(item.sample.reference)
        return Scored(
            {name: self._score(item, name, value, trimmed) for name, value in measured.items()},
            aligned.notes,
            {name: found.arrays for name, found in measured.items() if found.arrays is not None},
        )

    def score_removal(self, item: ItemAudio, extracted: Estimate, beside: Beside) -> Scored:
        """Score the mixture minus what was extracted: the removal of a separator that can only extract."""
        aligned = align(
            estimate=extracted.audio,
            sample_rate=extracted.sample_rate,
            length=len(item.mixture),
            target_rate=item.mixture_rate,
            tolerance=self._tolerance(item.mixture_rate),
        )
        rest = item.mixture[: len(aligned.audio)] - aligned.audio
        scored = self.score(item, Estimate(extracted.item, rest.astype(np.float32), item.mixture_rate), beside)
        return replace(scored, notes=aligned.notes + scored.notes)

    def _beside(self, estimate: Estimate | None, length: int) -> Signal | None:
        """Another answer at the scoring rate; None where there is none, or one of another length."""
        if estimate is None:
            return None
        audio = resample(estimate.audio.astype(np.float64), estimate.sample_rate, self._rate)
        return audio[:length] if 0 <= len(audio) - length <= self._tolerance(self._rate) else None

    def _tolerance(self, sample_rate: int) -> int:
        return round(self._tolerance_ms / 1000 * sample_rate)

    def _of(self, sample: Sample) -> list[Metric]:
        """The metrics that speak of such an item."""
        return [
            metric for metric in self._metrics if metric.scope == "any" or (metric.scope == "absent") == sample.absent
        ]

    def _score(self, item: ItemAudio, name: str, measured: Measurement, trimmed: bool) -> Score:
        untouched = item.of_mixture.get(name)
        change = None
        if untouched is not None and untouched.value is not None and measured.value is not None:
            change = measured.value - untouched.value
        status = "trimmed" if trimmed and measured.status == "ok" else measured.status
        return Score(measured.value, status, change)

    def _scored(self, signal: Audio, sample_rate: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return resample(signal.astype(np.float64), sample_rate, self._rate)


def _cut(signal: Signal, length: int) -> Signal:
    """The signal itself where nothing is cut, since what was made of it is found by its identity."""
    return signal if len(signal) == length else signal[:length]


def item_snr_db(rendered: Rendered, wanted: Audio) -> float | None:
    """Power of the wanted signal over power of everything else, in dB; None where either is silent.

    >>> import numpy as np
    >>> tone = np.ones(4, np.float32)
    >>> item_snr_db(Rendered(tone * 3, (tone, 2 * tone), 16000, -6.02, (0, 0), 1.0), tone)
    -6.0206
    """
    signal = wanted.astype(np.float64)
    rest = rendered.mixture.astype(np.float64) - signal
    above, below = float(np.mean(signal**2)), float(np.mean(rest**2))
    # Float32 stems leave a remainder some 150 dB down where nothing else is in the mixture.
    if above == 0 or below <= 1e-12 * above:
        return None
    return round(float(10 * np.log10(above / below)), 6)
