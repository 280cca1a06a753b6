"""STOI and ESTOI: intelligibility of speech by correlating envelopes in third-octave bands.

Meant for speech. On other sounds it is a band-limited envelope correlation (a 1 kHz tone at 37 dB SNR scores 0.006).
Numerically equal to pystoi 0.4.1, less the unseeded noise that it adds against division by zero, and less its answer of
1e-5 where there is too little speech to score. Equation numbers are those of [1]; lengths are samples at 10 kHz.

[1] Taal, Hendriks, Heusdens, Jensen 2011, doi 10.1109/TASL.2011.2114881. [2] Jensen, Taal 2016, doi
10.1109/TASLP.2016.2585878.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.calling import sharing_at_rate
from sepbench.metrics.metric import Metric, Signal, Undefined, check_audible, check_pair, is_silent
from sepbench.metrics.octave_resampling import resample_octave
from sepbench.metrics.shared import Once, directly

RATE = 10000  # Hz
FRAME, HOP, FFT = 256, 128, 512
BANDS, LOWEST_HZ = 15, 150.0
SEGMENT = 30  # frames, 384 ms
CLIP = 1 + 10 ** (15 / 20)  # lower bound of -15 dB on the signal-to-distortion ratio, eq. 3
ACTIVE_RANGE_DB = 40.0
TOO_SHORT_SENTINEL = 1e-5
EPS = float(np.finfo(np.float64).eps)
BLOCK, SEGMENTS = 128, 256
"""Frames and segments at a time: what is made of them stays in the processor's cache."""

Envelopes = NDArray[np.float64]

_SQUARES = {0: "tbs,tbs->bs", 1: "tbs,tbs->ts"}


def stoi(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, once: Once = directly) -> float:
    """Short-time objective intelligibility: mean correlation of clipped band envelopes over segments of 384 ms.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz; both are resampled to 10 kHz.
        once: who keeps envelopes for the other metrics of this family and for other estimates.

    Returns:
        About 0 to 1, higher is better; 1 for an identical estimate; unchanged by gain and polarity.

    Raises:
        Undefined: ``too_short`` below 30 frames within 40 dB of the reference's loudest, ``estimate_silent``, a silent
            reference, NaN, unequal lengths.

    Source: [1].

    >>> rng = np.random.default_rng(0)
    >>> speech_like = rng.standard_normal(16000) * (1.1 + np.sin(2 * np.pi * 4 * np.arange(16000) / 16000))
    >>> round(stoi(estimate=-2 * speech_like, reference=speech_like, sample_rate=16000), 6)
    1.0
    """
    return _stoi(*_envelopes(*_audible(estimate, reference, once), sample_rate, once))


def estoi(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, once: Once = directly) -> float:
    """Extended STOI: segments are normalised over time and over bands, so that fluctuating maskers count.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz; both are resampled to 10 kHz.
        once: as for `stoi`.

    Returns:
        About 0 to 1, higher is better; 1 for an identical estimate.

    Raises:
        Undefined: as `stoi`.

    Source: [2].

    >>> rng = np.random.default_rng(0)
    >>> speech_like = rng.standard_normal(16000) * (1.1 + np.sin(2 * np.pi * 4 * np.arange(16000) / 16000))
    >>> round(estoi(estimate=speech_like, reference=speech_like, sample_rate=16000), 6)
    1.0
    """
    found, wanted = _envelopes(*_audible(estimate, reference, once), sample_rate, once)
    return _estoi(_normalised(found), once(_all_normalised, wanted))


def stoi_eventsep(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, once: Once = directly) -> float:
    """EventSep's STOI: pystoi's answers, so 1e-5 for too little speech and 0 for a silent estimate.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length (the original trims; here alignment does).
        sample_rate: Hz, 32000 in EventSep.
        once: as for `stoi`.

    Returns:
        As `stoi` elsewhere.

    Raises:
        Undefined: ``too_short`` up to one frame, where pystoi fails and EventSep writes NaN; a silent reference, NaN,
            unequal lengths.

    Source: overjoy1008/EventSep@c329038 utils/metric_utils.compute_stoi.

    >>> noise = np.random.default_rng(0).standard_normal(4800)
    >>> stoi_eventsep(estimate=noise, reference=noise, sample_rate=16000)
    1e-05
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    if len(reference) * RATE <= FRAME * sample_rate:
        raise Undefined("too_short", f"{len(reference)} samples are no more than a frame")
    try:
        return _stoi(*_envelopes(estimate, reference, sample_rate, once))
    except Undefined:
        return TOO_SHORT_SENTINEL


def _audible(estimate: np.ndarray, reference: np.ndarray, once: Once) -> tuple[Signal, Signal]:
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    if is_silent(estimate, once):
        raise Undefined("estimate_silent", "silence has no envelope to correlate")
    return estimate, reference


def _stoi(found: Envelopes, wanted: Envelopes) -> float:
    """Eqs. 2 to 6."""
    gain = np.sqrt(_sums(np.square(wanted))) / (np.sqrt(_sums(np.square(found))) + EPS)
    mean = _sums(wanted) / SEGMENT
    x, y, highest = (_segments(one) for one in (wanted, found, wanted * CLIP))
    correlations = []
    for chosen in _blocks(gain):
        one = y[..., chosen] * gain[:, chosen]
        one = _centred(np.minimum(one, highest[..., chosen], out=one), 0)
        other = x[..., chosen] - mean[:, chosen]
        lengths = (_norm(one, 0) + EPS) * (_norm(other, 0) + EPS)
        correlations.append(np.einsum("tbs,tbs->bs", one, other) / lengths[0])
    return float(np.mean(np.concatenate(correlations, axis=1)))


def _estoi(found: Iterable[Envelopes], wanted: Iterable[Envelopes]) -> float:
    """[2], eqs. 3 to 6."""
    correlations = [np.einsum("tbs,tbs->s", *pair) / SEGMENT for pair in zip(found, wanted, strict=True)]
    return float(np.mean(np.concatenate(correlations)))


def _all_normalised(envelopes: Envelopes) -> tuple[Envelopes, ...]:
    return tuple(_normalised(envelopes))


def _normalised(envelopes: Envelopes) -> Iterator[Envelopes]:
    """Segments whose rows, then columns have zero mean and unit norm; [2], eqs. 1 and 2."""
    segments, mean = _segments(envelopes), _sums(envelopes) / SEGMENT
    for chosen in _blocks(mean):
        rows = _scaled(segments[..., chosen] - mean[:, chosen], 0)
        yield _scaled(_centred(rows, 1), 1)


def _centred(segments: Envelopes, axis: int) -> Envelopes:
    """Brought to zero mean over an axis, in place."""
    centred: Envelopes = np.subtract(segments, segments.mean(axis=axis, keepdims=True), out=segments)
    return centred


def _scaled(centred: Envelopes, axis: int) -> Envelopes:
    """Brought to unit norm over an axis, in place; a flat row stays zero, where pystoi adds random noise."""
    norm = _norm(centred, axis)
    return np.multiply(centred, np.divide(1, norm, out=np.zeros_like(norm), where=norm > EPS), out=centred)


def _norm(segments: Envelopes, axis: int) -> Envelopes:
    norm: Envelopes = np.sqrt(np.einsum(_SQUARES[axis], segments, segments))
    return norm[:, None] if axis else norm[None]


def _segments(envelopes: Envelopes) -> Envelopes:
    """A view ``(30, bands, segments)``, one segment per frame from the thirtieth on."""
    return np.lib.stride_tricks.sliding_window_view(envelopes, SEGMENT, axis=1).transpose(2, 0, 1)


def _sums(rows: Envelopes) -> Envelopes:
    """Of every segment's 30 frames, ``(bands, segments)``: two by two, three and five of those, and no difference."""
    of_2 = rows[:, 1:] + rows[:, :-1]
    of_6 = of_2[:, 4:] + of_2[:, 2:-2] + of_2[:, :-4]
    return of_6[:, 24:] + of_6[:, 18:-6] + of_6[:, 12:-12] + of_6[:, 6:-18] + of_6[:, :-24]


def _blocks(of_segments: Envelopes) -> Iterator[slice]:
    """A few segments at a time, that fit the cache."""
    yield from (slice(start, start + SEGMENTS) for start in range(0, of_segments.shape[1], SEGMENTS))


def _envelopes(estimate: Signal, reference: Signal, sample_rate: int, once: Once) -> tuple[Envelopes, Envelopes]:
    """Band envelopes ``(15, frames)`` of estimate and reference at 10 kHz, frames of silent reference removed."""
    wanted, active = once(_of_reference, reference, sample_rate)
    if wanted.shape[1] < SEGMENT:
        raise Undefined("too_short", f"{wanted.shape[1]} active frames of {SEGMENT} that a segment needs")
    return once(_where, estimate, active, sample_rate), wanted


def _of_reference(reference: Signal, sample_rate: int) -> tuple[Envelopes, NDArray[np.bool_]]:
    """The reference's envelopes, and which of its frames are within 40 dB of its loudest."""
    frames = _frames(resample_octave(reference, sample_rate, RATE)) * _window()
    level = 20 * np.log10(np.sqrt(np.einsum("ft,ft->f", frames, frames)) + EPS)
    active = level > level.max(initial=-np.inf) - ACTIVE_RANGE_DB
    return _bands(frames[active]), active


def _where(estimate: Signal, active: NDArray[np.bool_], sample_rate: int) -> Envelopes:
    """An estimate's envelopes where the reference is active."""
    return _bands(_frames(resample_octave(estimate, sample_rate, RATE))[active] * _window())


def _bands(active: Signal) -> Envelopes:
    """Envelopes of frames that were put together again without what lay between them."""
    frames = _frames(_overlap_add(active))
    envelopes = np.empty((BANDS, len(frames)))
    for start in range(0, len(frames), BLOCK):
        chosen = slice(start, start + BLOCK)
        spectra = np.fft.rfft(frames[chosen] * _window(), FFT, axis=1)
        envelopes[:, chosen] = _third_octaves() @ (np.square(spectra.real) + np.square(spectra.imag)).T
    return np.sqrt(envelopes, out=envelopes)


def _frames(signal: Signal) -> Signal:
    """Frames before they are weighted: a view ``(frames, 256)``; a last one that ends exactly with the signal is left
    out, as in pystoi."""
    if len(signal) <= FRAME:
        return np.zeros((0, FRAME))
    return np.lib.stride_tricks.sliding_window_view(signal, FRAME)[: len(signal) - FRAME : HOP]


@lru_cache(maxsize=1)
def _window() -> Signal:
    window: Signal = np.hanning(FRAME + 2)[1:-1]
    window.setflags(write=False)  # one array serves every caller
    return window


def _overlap_add(frames: Signal) -> Signal:
    """The signal that half-overlapping frames sum to."""
    halves = frames.reshape(len(frames), 2, HOP)
    total = np.zeros((len(frames) + 1, HOP))
    total[:-1] += halves[:, 0]
    total[1:] += halves[:, 1]
    return total.ravel()


@lru_cache(maxsize=1)
def _third_octaves() -> Envelopes:
    """``(15, 257)``: which bins belong to which band; edges go to the nearest bin."""
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    centres = LOWEST_HZ * 2 ** (np.arange(BANDS) / 3)
    half_band = 2 ** (1 / 6)
    low, high = (np.abs(bins - edges[:, None]).argmin(axis=1) for edges in (centres / half_band, centres * half_band))
    index = np.arange(len(bins))
    inside: Envelopes = ((index >= low[:, None]) & (index < high[:, None])).astype(np.float64)
    return inside


_TAAL = "Taal et al. 2011, doi 10.1109/TASL.2011.2114881"
_JENSEN = "Jensen and Taal 2016, doi 10.1109/TASLP.2016.2585878"
_EVENTSEP = "overjoy1008/EventSep@c329038 utils/metric_utils.compute_stoi"

METRICS = (
    Metric("stoi", 1, "", "higher", sharing_at_rate(stoi), _TAAL, "STOI (speech)"),
    Metric("estoi", 1, "", "higher", sharing_at_rate(estoi), _JENSEN, "ESTOI (speech)"),
    Metric("stoi@eventsep", 1, "", "higher", sharing_at_rate(stoi_eventsep), _EVENTSEP, "STOI (EventSep)"),
)
