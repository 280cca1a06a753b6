"""What a metric is: one frozen record around one plain function.

Conventions for every metric function in this package: keyword-only arguments; mono signals of shape ``(time,)``,
floating point, finite and of one length; computed in float64; nothing is cropped, padded, resampled or normalised
(that is `sepbench.metrics.alignment`'s work, done once and recorded). A value that the formula does not define raises
`Undefined` with a status, so it can never be mistaken for a number; a formula's own limit may be returned as ``inf``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from sepbench.metrics.reduction import Arrays, Reduce
from sepbench.metrics.shared import Once, Shared, directly

Signal = NDArray[np.float64]
Need = Literal["reference", "mixture", "query", "complement", "swapped"]
Companion = Literal["complement", "swapped"]
"""Needs that are answers to other queries about the same mixture."""
Scope = Literal["present", "absent", "any"]

Status = Literal[
    "ok",
    "trimmed",  # a value, after both signals were cut to the shorter (within the tolerance)
    "perfect",  # the error is exactly zero, the ratio has no finite value
    "reference_silent",
    "estimate_silent",
    "not_finite",  # NaN or infinity in a signal, or a ratio of minus infinity: nothing of the target is there
    "too_short",
    "length_mismatch",
    "not_applicable",  # the metric does not speak of such an item, or not at this rate
    "missing_input",  # the metric needs the mixture or the query and was not given it
    "unavailable",  # a checkpoint or an optional package is not here
]

SILENCE_RMS = 1e-5
"""Root mean square (full scale 1) below which a signal counts as silent: -100 dBFS, under the floor of 16-bit audio."""


class Undefined(SepbenchError):
    """The metric has no value for this input; `status` says why.

    >>> raise_it = Undefined("reference_silent", "the reference is silent")
    >>> raise_it.status
    'reference_silent'
    """

    def __init__(self, status: Status, why: str) -> None:
        super().__init__(why)
        self.status: Status = status


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One metric's outcome for one item: a finite value, or None with the status that says why there is none.

    A metric of a set that keeps `arrays` of each item has no value for one, though its status is ``ok``.
    """

    value: float | None
    status: Status
    arrays: Arrays | None = dataclasses.field(default=None, compare=False, repr=False)


@dataclasses.dataclass(frozen=True)
class Sample:
    """Everything a metric may look at, already aligned: equal lengths, one rate, float64 ``(time,)``.

    `reference` is silence for a query whose sound is not in the mixture (`absent`). For a `removal` the query names
    what the estimate should no longer hold. `complement` is what the separator gave when told to extract what it was
    here told to remove, `swapped` what it gave when asked for another sound of the mixture. `chunk_seconds` is the
    longest stretch the separator hears at once, where it has such a limit. `shared` keeps what several metrics compute
    of these signals.
    """

    estimate: Signal
    reference: Signal
    sample_rate: int
    mixture: Signal | None = None
    query: str | None = None
    absent: bool = False
    removal: bool = False
    complement: Signal | None = None
    swapped: Signal | None = None
    chunk_seconds: float | None = None
    shared: Shared = dataclasses.field(default_factory=Shared, compare=False, repr=False)


@dataclasses.dataclass(frozen=True)
class Metric:
    """A named recipe.

    Args:
        name: the column's name; ``@`` marks a paper's variant.
        version: raised whenever a value may change.
        unit: of the value, e.g. ``dB``; empty for a plain number.
        better: which direction is better; neither for what only describes, and is never ranked.
        measure: `Sample` -> float, or the arrays that `reduce` is to be given; may raise `Undefined`.
        needs: what of the sample it reads beside the estimate.
        rate: the rate in Hz it is defined at, or None for the suite's scoring rate.
        scope: items it speaks of: queries whose sound is there, absent queries, or any.
        parameters: what pins the recipe, printed in the signature.
        over_mixture: whether the change against the untouched mixture is a meaningful second number.
        upsample: whether signals of a lower rate may be brought up to `rate`, as for networks that know one rate only;
            elsewhere bins would be scored that hold nothing.
        embedder: the embedder whose vectors it compares; what they depend on stands in the signature.
        reduce: what makes one value of all items, where that is not an average of theirs. Such a metric has no value
            for one item alone unless `measure` gives a number, and no change over the mixture.
        resamples: how many of the bootstrap's draws `reduce` is asked for; 0 for no interval.
        source: the paper or code that defines it.
        label: a short human title for tables.
    """

    name: str
    version: int
    unit: str
    better: Literal["higher", "lower", "neither"]
    measure: Callable[[Sample], float | Arrays]
    source: str
    label: str
    needs: frozenset[Need] = frozenset({"reference"})
    rate: int | None = None
    scope: Scope = "present"
    parameters: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)
    over_mixture: bool = True
    upsample: bool = False
    embedder: str = ""
    reduce: Reduce | None = None
    resamples: int = 0

    @property
    def signature(self) -> str:
        """Name, version and parameters on one line, sacrebleu's manner.

        >>> Metric(name="sdr", version=1, unit="dB", better="higher", measure=lambda s: 0.0, source="", label="SDR",
        ...        parameters={"eps": 0}).signature
        'sdr|v1|rate:native|eps:0'
        """
        rate = "native" if self.rate is None else str(self.rate)
        extra = [f"{key}:{value}" for key, value in sorted(self.parameters.items())]
        extra += ["upsampled:yes"] if self.upsample else []
        extra += [f"embedder:{_identity(self.embedder)}"] if self.embedder else []
        return "|".join([self.name, f"v{self.version}", f"rate:{rate}", *extra])


def _identity(embedder: str) -> str:
    """Late, since other weights may have come to this machine since the metric was defined."""
    from sepbench.embeddings.registry import printed_identity

    return printed_identity(embedder)


def is_silent(signal: np.ndarray, once: Once = directly) -> bool:
    """Whether the root mean square is below `SILENCE_RMS`; an empty signal is silent.

    >>> is_silent(np.full(100, 1e-6)), is_silent(np.full(100, 1e-3))
    (True, False)
    """
    return signal.size == 0 or math.sqrt(once(energy, signal) / signal.size) < SILENCE_RMS


def is_finite(signal: np.ndarray, once: Once = directly) -> bool:
    """Whether no sample is NaN or infinite.

    >>> is_finite(np.array([1.0, 1e300])), is_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    # One pass, ten times as fast as looking at every sample, and every metric asks.
    return math.isfinite(once(energy, signal)) or bool(np.isfinite(signal).all())


def energy(signal: np.ndarray) -> float:
    """Sum of squares, in float64; infinite or NaN where a sample is, or where it overflows.

    >>> energy(np.array([3.0, 4.0]))
    25.0
    """
    exact = signal.astype(np.float64, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        return float(exact @ exact)


def check_pair(*, estimate: np.ndarray, reference: np.ndarray, once: Once = directly) -> tuple[Signal, Signal]:
    """Both signals as float64, or the reason why they cannot be compared.

    Args:
        estimate: ``(time,)`` floating point.
        reference: ``(time,)`` floating point, the same length.
        once: who keeps their energies for other metrics.

    Returns:
        (estimate, reference), float64.

    Raises:
        SepbenchError: not one-dimensional, not floating point (integers overflow silently in power sums).
        Undefined: ``length_mismatch`` for unequal lengths, ``too_short`` for empty signals, ``not_finite`` for NaN
            or infinity in either.
    """
    for name, signal in (("estimate", estimate), ("reference", reference)):
        if signal.ndim != 1 or not np.issubdtype(signal.dtype, np.floating):
            raise SepbenchError(
                f"{name} is not a mono floating-point signal",
                given=f"shape {signal.shape}, dtype {signal.dtype}",
                wanted="shape (time,), float32 or float64",
                remedy="average the channels and scale integers to [-1, 1] first",
            )
    if len(estimate) != len(reference):
        raise Undefined("length_mismatch", f"estimate has {len(estimate)} samples, reference {len(reference)}")
    if len(reference) == 0:
        raise Undefined("too_short", "the signals are empty")
    if not (is_finite(estimate, once) and is_finite(reference, once)):
        raise Undefined("not_finite", "NaN or infinity in the estimate or the reference")
    return estimate.astype(np.float64, copy=False), reference.astype(np.float64, copy=False)


def check_audible(reference: np.ndarray, once: Once = directly) -> None:
    """Raise `Undefined` ``reference_silent`` where there is nothing to compare with."""
    if is_silent(reference, once):
        raise Undefined("reference_silent", "the reference is silent: its score would be a property of an epsilon")


def mixture_of(sample: Sample) -> Signal:
    """The sample's mixture; raises `Undefined` ``missing_input`` where it was not given."""
    if sample.mixture is None:
        raise Undefined("missing_input", "this metric compares with the mixture: give it")
    return sample.mixture
