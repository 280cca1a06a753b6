"""ViSQOL: a prediction of how listeners would rate the estimate beside the reference, 1 (bad) to 5 (excellent).

By the package visqol-python, whose models come with it. It was made for codecs and calls, where errors are small: on
separation errors it saturates, and it is not monotonic (audio mode can rate noise at 0 dB above noise at 10 dB). It
matches levels and delays, so neither counts. The three variants are three scales, and no two of them compare.

The package answers its maximum for a silent reference and NaN for a silent estimate, takes a wrong rate and unequal
lengths without a word, and puts the polynomial in place of a lattice that is not installed. None of that gets through.
Speech mode rates speech; it answers for other sounds too, and then means nothing that listeners were asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Literal

import numpy as np

from sepbench.errors import SepbenchError
from sepbench.metrics.calling import plain_at_rate
from sepbench.metrics.metric import Metric, Undefined, check_audible, check_pair, is_silent
from sepbench.metrics.packages import not_installed, package

ONE_AT_A_TIME = Lock()
"""The models' runtimes are not made for several threads, and mixtures are measured while estimates are."""


@dataclass(frozen=True)
class Recipe:
    """One way of rating: its rate in Hz, the shortest signal that fills a first patch of windows, and its mapping."""

    rate: int
    shortest_seconds: float
    mode: Literal["audio", "speech"]
    lattice: bool


AUDIO = Recipe(48000, 0.96, "audio", lattice=False)
LATTICE, POLYNOMIAL = (Recipe(16000, 0.64, "speech", lattice) for lattice in (True, False))


def visqol_audio48(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """ViSQOL's audio mode: a support vector regression on similarities in 32 bands up to 24 kHz.

    Args:
        estimate: ``(time,)``, floating point, at least 0.96 s.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: 48000.

    Returns:
        1 to 5, higher is better; 4.732 for an identical estimate. Signals that were brought up from a lower rate are
        alike in all bands above it, namely empty: speech under noise at 20 dB rates 3.1 at 48 kHz and 4.0 with both
        brought up from 16 kHz. Suites of different rates do not compare.

    Raises:
        Undefined: ``estimate_silent``, ``too_short``, ``unavailable`` where the package is not installed, a silent
            reference, NaN, unequal lengths.
        SepbenchError: another rate.

    Source: Chinen et al. 2020, arXiv 2004.09584; visqol-python.
    """
    return _rating(AUDIO, estimate, reference, sample_rate)


def visqol_speech16_lattice(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """ViSQOL's speech mode with the lattice network, its default since version 3.3, and CodecSep's default.

    Args:
        estimate: ``(time,)``, floating point, at least 0.64 s.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: 16000.

    Returns:
        1 to 5, higher is better; 3.6 to 4.7 for an identical estimate, depending on the signal and its level.

    Raises:
        Undefined: as `visqol_audio48`.
        SepbenchError: another rate.

    Source: as `visqol_audio48`; adhiraj69/CodecSep@e026440.
    """
    return _rating(LATTICE, estimate, reference, sample_rate)


def visqol_speech16_poly(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """ViSQOL's speech mode with the older polynomial, scaled to end at 5: 1 or 2 above the lattice under noise.

    Args:
        estimate: ``(time,)``, floating point, at least 0.64 s.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: 16000.

    Returns:
        1 to 5, higher is better; 5 for an identical estimate.

    Raises:
        Undefined: as `visqol_audio48`.
        SepbenchError: another rate.

    Source: as `visqol_audio48`.
    """
    return _rating(POLYNOMIAL, estimate, reference, sample_rate)


def _rating(recipe: Recipe, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    if sample_rate != recipe.rate:
        raise SepbenchError(
            f"ViSQOL's {recipe.mode} mode was given another rate",
            given=f"{sample_rate} Hz",
            wanted=f"{recipe.rate} Hz",
            remedy="resample both signals",
        )
    if len(reference) < round(recipe.shortest_seconds * recipe.rate):
        raise Undefined("too_short", f"ViSQOL's {recipe.mode} mode needs {recipe.shortest_seconds} s")
    check_audible(reference)
    if is_silent(estimate):
        raise Undefined("estimate_silent", "silence cannot be brought to the reference's level")
    with ONE_AT_A_TIME:
        rating = float(_opened(recipe).measure_from_arrays(reference, estimate, sample_rate).moslqo)
    if not math.isfinite(rating):
        raise Undefined("not_finite", "ViSQOL has no rating for this pair")
    return rating


@cache
def _opened(recipe: Recipe) -> Any:
    """The package with its models loaded, once per process."""
    api = package("visqol", "visqol").VisqolApi()
    try:
        # Which mapping is always said: left to choose, the package takes the polynomial where the lattice is missing.
        api.create(mode=recipe.mode, use_lattice_model=recipe.lattice)
    except ImportError as missing:
        raise not_installed("ai-edge-litert" if recipe.lattice else "libsvm-official", "visqol") from missing
    return api


def _metric(function: Callable[..., float], recipe: Recipe, label: str) -> Metric:
    mapping = "svr" if recipe.mode == "audio" else "lattice" if recipe.lattice else "polynomial"
    return Metric(
        name=function.__name__,
        version=1,
        unit="MOS",
        better="higher",
        measure=plain_at_rate(function),
        source="Chinen et al. 2020, arXiv 2004.09584; visqol-python",
        label=label,
        rate=recipe.rate,
        parameters={"mapping": mapping},
        upsample=recipe.mode == "audio",
    )


METRICS = (
    _metric(visqol_audio48, AUDIO, "ViSQOL (audio)"),
    _metric(visqol_speech16_lattice, LATTICE, "ViSQOL (speech, lattice)"),
    _metric(visqol_speech16_poly, POLYNOMIAL, "ViSQOL (speech, polynomial)"),
)
