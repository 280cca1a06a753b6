"""Measuring: from aligned signals to a value or a status for each metric. Also the way in from Python, `measure`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np

from sepbench.audio import resample
from sepbench.errors import SepbenchError
from sepbench.metrics.alignment import TOLERANCE_SECONDS
from sepbench.metrics.metric import Measurement, Metric, Need, Sample, Signal, Status, Undefined, energy, is_silent
from sepbench.metrics.registry import select
from sepbench.metrics.shared import Once, directly

LOUDEST = 1e15
"""Full scale is 1: samples beyond this come from a diverged model, and their powers leave the range of float32."""


def measure(
    *,
    estimate: np.ndarray,
    reference: np.ndarray,
    mixture: np.ndarray | None = None,
    sample_rate: int,
    metrics: Sequence[str],
    query: str | None = None,
) -> dict[str, Measurement]:
    """Score one pair of arrays.

    Args:
        estimate: what the separator gave, floating point ``(time,)``.
        reference: what was wanted, floating point ``(time,)``; silence for a sound that is not there.
        mixture: what the separator was given, ``(time,)``; the improvement and presence metrics need it.
        sample_rate: of all three, in Hz.
        metrics: names, see ``sepbench list metrics``.
        query: the text that was asked.

    Returns:
        Per name a `Measurement`: a finite value, or None and the status that says why. Lengths that differ by at most
        20 ms are cut to the shortest and give the status ``trimmed``; beyond that every metric is ``length_mismatch``.
        Metrics of a set of items are ``not_applicable`` to one pair.

    Raises:
        SepbenchError: an unknown metric, integer or two-dimensional arrays, a rate that is not positive.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> scores = measure(estimate=0.5 * tone, reference=tone, sample_rate=16000, metrics=["sdr", "si_sdr"])
    >>> round(scores["sdr"].value, 2), scores["si_sdr"].status
    (6.02, 'perfect')
    """
    chosen = select(metrics)
    signals = {"estimate": estimate, "reference": reference} | ({} if mixture is None else {"mixture": mixture})
    _check_types(signals, sample_rate)
    lengths = [len(signal) for signal in signals.values()]
    if max(lengths) - min(lengths) > round(TOLERANCE_SECONDS * sample_rate):
        return {metric.name: Measurement(None, "length_mismatch") for metric in chosen}
    cut = {name: signal[: min(lengths)].astype(np.float64) for name, signal in signals.items()}
    wanted = cut["reference"]
    sample = Sample(
        cut["estimate"],
        wanted,
        sample_rate,
        cut.get("mixture"),
        query,
        _usable(wanted) and is_silent(wanted),
    )
    measured = {name: _of_one(found) for name, found in measure_sample(sample, chosen).items()}
    if max(lengths) == min(lengths):
        return measured
    return {n: replace(m, status="trimmed") if m.status == "ok" else m for n, m in measured.items()}


def measure_sample(sample: Sample, metrics: Sequence[Metric]) -> dict[str, Measurement]:
    """Measure one aligned sample; signals are resampled once for all metrics of a rate."""
    signals = (sample.estimate, sample.reference, sample.mixture, sample.complement, sample.swapped)
    if not all(_usable(signal, sample.shared) for signal in signals if signal is not None):
        return {metric.name: Measurement(None, "not_finite") for metric in metrics}
    at_rate: dict[int, Sample] = {sample.sample_rate: sample}
    measured = {}
    for metric in metrics:
        rate = metric.rate or sample.sample_rate
        if rate > sample.sample_rate and not metric.upsample:  # it would score bins that hold nothing
            measured[metric.name] = Measurement(None, "not_applicable")
            continue
        if rate not in at_rate:
            at_rate[rate] = _resampled(
                sample, rate, {need for one in metrics if one.rate == rate for need in one.needs}
            )
        measured[metric.name] = _measure_one(metric, at_rate[rate])
    return measured


def _of_one(measured: Measurement) -> Measurement:
    """What is left of a measurement where there is no set that its arrays could belong to."""
    return measured if measured.arrays is None else Measurement(None, "not_applicable")


def _usable(signal: Signal, once: Once = directly) -> bool:
    """No NaN, no infinity, nothing beyond `LOUDEST`; a comparison with NaN is false."""
    # Every metric asks for the energy, and no sample is beyond its root.
    return once(energy, signal) <= LOUDEST**2 or bool(signal.max() <= LOUDEST and signal.min() >= -LOUDEST)


def _measure_one(metric: Metric, sample: Sample) -> Measurement:
    if sample.reference.size == 0:
        return Measurement(None, "too_short")
    if metric.scope == "absent" and not sample.absent:
        return Measurement(None, "not_applicable")
    silent = sample.absent or ("reference" in metric.needs and is_silent(sample.reference, sample.shared))
    if metric.scope == "present" and silent:
        return Measurement(None, "reference_silent")
    if ("mixture" in metric.needs and sample.mixture is None) or ("query" in metric.needs and sample.query is None):
        return Measurement(None, "missing_input")
    if any(need in metric.needs and getattr(sample, need) is None for need in ("complement", "swapped")):
        return Measurement(None, "not_applicable")
    try:
        measured = metric.measure(sample)
    except Undefined as undefined:
        return Measurement(None, undefined.status)
    if isinstance(measured, Mapping):
        return Measurement(None, "ok", measured)
    value = float(measured)
    if math.isfinite(value):
        return Measurement(value, "ok")
    if math.isnan(value):
        raise SepbenchError(
            f"metric {metric.name} gave NaN", wanted="a number, a limit or Undefined", remedy="report it"
        )
    return Measurement(None, _status_of_limit(metric, value, sample))


def _status_of_limit(metric: Metric, value: float, sample: Sample) -> Status:
    """What an infinite value means. Only the good end is perfect: an audible estimate that holds nothing of its target
    (sound where the target pauses, none where it sounds) has an SI-SDR of minus infinity."""
    if value == (math.inf if metric.better == "higher" else -math.inf):
        return "perfect"
    return "estimate_silent" if is_silent(sample.estimate) else "not_finite"


def _resampled(sample: Sample, rate: int, needs: Set[Need]) -> Sample:
    """The sample at another rate, with those of its other signals that are needed there."""

    def at(signal: Signal) -> Signal:
        return sample.shared(_at_rate, signal, sample.sample_rate, rate)

    def at_if_needed(name: Need, signal: Signal | None) -> Signal | None:
        return None if signal is None or name not in needs else at(signal)

    return replace(
        sample,
        estimate=at(sample.estimate),
        reference=at(sample.reference),
        mixture=at_if_needed("mixture", sample.mixture),
        complement=at_if_needed("complement", sample.complement),
        swapped=at_if_needed("swapped", sample.swapped),
        sample_rate=rate,
    )


def _at_rate(signal: Signal, sample_rate: int, rate: int) -> Signal:
    return resample(signal, sample_rate, rate)


def _check_types(signals: dict[str, np.ndarray], sample_rate: int) -> None:
    if not isinstance(sample_rate, int | np.integer) or sample_rate <= 0:
        raise SepbenchError(
            "sample rate", given=repr(sample_rate), wanted="a positive whole number of Hz", remedy="correct it"
        )
    for name, signal in signals.items():
        if not isinstance(signal, np.ndarray):
            raise SepbenchError(
                f"{name} is not an array",
                given=type(signal).__name__,
                wanted="a numpy array of shape (time,)",
                remedy="convert it with numpy.asarray",
            )
        if signal.ndim != 1 or not np.issubdtype(signal.dtype, np.floating):
            raise SepbenchError(
                f"{name} is not a mono floating-point signal",
                given=f"shape {signal.shape}, dtype {signal.dtype}",
                wanted="shape (time,), float32 or float64",
                remedy="average the channels and scale integers to [-1, 1] first",
            )
