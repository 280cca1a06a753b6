"""STOI and ESTOI: intelligibility of speech by correlating band envelopes, through pystoi.

Meant for speech. On other sounds it is a band-limited envelope correlation (a 1 kHz tone at 37 dB SNR scores 0.006).
Both need 30 frames (384 ms) in which the reference is within 40 dB of its loudest; fewer have no score, where the
original answers 1e-5.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sepbench.metrics.calling import plain_at_rate
from sepbench.metrics.metric import Metric, Undefined, check_audible, check_pair, is_silent

TOO_SHORT_SENTINEL = 1e-5
MIN_SECONDS = 0.0256
"""One frame of pystoi's (256 samples at 10 kHz); with less it fails before it can say that there is too little."""


def stoi(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """Short-time objective intelligibility.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz; pystoi resamples to 10 kHz.

    Returns:
        About 0 to 1, higher is better; 1 for an identical estimate; unchanged by gain and polarity.

    Raises:
        Undefined: ``too_short`` below 30 active frames, ``estimate_silent``, a silent reference, NaN, unequal lengths.

    Source: Taal et al. 2011, doi 10.1109/TASL.2011.2114881; pystoi 0.4.1.

    >>> rng = np.random.default_rng(0)
    >>> speech_like = rng.standard_normal(16000) * (1.1 + np.sin(2 * np.pi * 4 * np.arange(16000) / 16000))
    >>> round(stoi(estimate=-2 * speech_like, reference=speech_like, sample_rate=16000), 6)
    1.0
    """
    return _checked(estimate, reference, sample_rate, extended=False)


def estoi(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """Extended STOI: spectral correlations of row- and column-normalised segments, for fluctuating maskers.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz; pystoi resamples to 10 kHz.

    Returns:
        About 0 to 1, higher is better; 1 for an identical estimate.

    Raises:
        Undefined: as `stoi`.

    Source: Jensen and Taal 2016, doi 10.1109/TASLP.2016.2585878; pystoi 0.4.1.

    >>> rng = np.random.default_rng(0)
    >>> speech_like = rng.standard_normal(16000) * (1.1 + np.sin(2 * np.pi * 4 * np.arange(16000) / 16000))
    >>> round(estoi(estimate=speech_like, reference=speech_like, sample_rate=16000), 6)
    1.0
    """
    return _checked(estimate, reference, sample_rate, extended=True)


def stoi_eventsep(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int) -> float:
    """EventSep's STOI: pystoi's answer as it is, 1e-5 for too little speech included.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length (the original trims; here alignment does).
        sample_rate: Hz, 32000 in EventSep.

    Returns:
        As `stoi`; 1e-5 below 30 active frames; 0 for a silent estimate.

    Raises:
        Undefined: ``too_short`` where pystoi fails, which EventSep makes NaN; a silent reference, NaN, unequal lengths.

    Source: overjoy1008/EventSep@c329038 utils/metric_utils.compute_stoi.

    >>> noise = np.random.default_rng(0).standard_normal(4800)
    >>> stoi_eventsep(estimate=noise, reference=noise, sample_rate=16000)
    1e-05
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    check_audible(reference)
    return _pystoi(estimate, reference, sample_rate, extended=False)


def _checked(estimate: np.ndarray, reference: np.ndarray, sample_rate: int, *, extended: bool) -> float:
    estimate, reference = check_pair(estimate=estimate, reference=reference)
    check_audible(reference)
    if is_silent(estimate):
        raise Undefined("estimate_silent", "silence has no envelope to correlate")
    value = _pystoi(estimate, reference, sample_rate, extended=extended)
    if value == TOO_SHORT_SENTINEL:
        raise Undefined("too_short", "fewer than 30 frames in which the reference is active")
    return value


def _pystoi(estimate: np.ndarray, reference: np.ndarray, sample_rate: int, *, extended: bool) -> float:
    from pystoi import stoi as original

    if len(reference) < MIN_SECONDS * sample_rate:
        raise Undefined("too_short", f"{len(reference)} samples are less than one frame")
    with warnings.catch_warnings(), _seeded():
        warnings.simplefilter("ignore", RuntimeWarning)  # it warns of what its sentinel tells us
        return float(original(reference, estimate, sample_rate, extended=extended))


@contextmanager
def _seeded() -> Iterator[None]:
    """pystoi adds noise of rounding size from numpy's global generator; seeded, its answer is the same every time."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)


METRICS = (
    Metric(
        "stoi", 1, "", "higher", plain_at_rate(stoi), "Taal et al. 2011, doi 10.1109/TASL.2011.2114881", "STOI (speech)"
    ),
    Metric(
        "estoi",
        1,
        "",
        "higher",
        plain_at_rate(estoi),
        "Jensen and Taal 2016, doi 10.1109/TASLP.2016.2585878",
        "ESTOI (speech)",
    ),
    Metric(
        "stoi@eventsep",
        1,
        "",
        "higher",
        plain_at_rate(stoi_eventsep),
        "overjoy1008/EventSep@c329038 utils/metric_utils.compute_stoi",
        "STOI (EventSep)",
    ),
)
