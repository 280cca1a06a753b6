"""Log-spectral distance: ours, and the two recipes that papers report under the same three letters.

All take the logarithm to base 10 of a power ratio, so 1.0 is 10 dB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sepbench.metrics.calling import sharing_at_rate
from sepbench.metrics.mel import Magnitudes, power_blocks
from sepbench.metrics.metric import Metric, Signal, Status, Undefined, check_audible, check_pair, is_silent
from sepbench.metrics.shared import Once, directly

WINDOW_SECONDS, HOP_SECONDS = 0.032, 0.008
FLOOR_DB = -80.0
SSR_EVAL_WINDOW_AT_44100 = 2048
SSR_EVAL_EPS = 1e-12
VOCODER_DELAY = 1120


def lsd(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, once: Once = directly) -> float:
    """Log-spectral distance with a floor: mean over frames of sqrt(mean over bins of (log10(max(R, f) / max(E, f)))²).

    R and E are power spectra of 32 ms Hann windows every 8 ms, f is 80 dB below the loudest bin of the whole reference.
    Frames in which the reference has nothing above f are left out: their distance would be a property of f. Windows are
    given in seconds, so that the number means the same at every rate; 32 ms tells harmonics 60 Hz apart and still
    follows onsets.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length, at least one window.
        sample_rate: Hz.
        once: who keeps the reference's spectrum for other estimates.

    Returns:
        0 for an identical estimate, lower is better; a gain of 0.5 gives log10(4) = 0.602 wherever nothing touches the
        floor. A silent estimate has a finite distance.

    Raises:
        Undefined: ``too_short`` below one window, a silent reference, NaN, unequal lengths.

    Source: Gray and Markel 1976, doi 10.1109/TASSP.1976.1162849; floor and masking are ours.

    >>> noise = np.random.default_rng(0).standard_normal(16000)
    >>> round(lsd(estimate=0.5 * noise, reference=noise, sample_rate=16000), 3)
    0.602
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    window, hop = round(WINDOW_SECONDS * sample_rate), round(HOP_SECONDS * sample_rate)
    if len(reference) < window:
        raise Undefined("too_short", f"{len(reference)} samples are less than a window of {window}")
    check_audible(reference, once)
    floor, audible, *wanted = once(_floored, reference, window, hop)

    def log_ratio(wanted: Magnitudes, found: Magnitudes) -> Magnitudes:
        powers = np.maximum(found, floor, out=found)
        return np.log10(np.divide(wanted, powers, out=powers), out=powers)

    return float(np.mean(_distances(wanted, _powers(estimate, window, hop), log_ratio)[audible]))


def lsd_ssr_eval(*, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, once: Once = directly) -> float:
    """ssr_eval's distance: mean over frames of sqrt(mean over bins of log10(R² / (E + 1e-12)² + 1e-12)²), magnitudes.

    Windows of int(2048 rate / 44100) samples every rate // 100, zeros beyond the ends. A frame in which the reference
    is digital silence costs 12, also where the estimate is silent too: padding is measured, not sound.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz.
        once: who keeps spectra for other metrics and estimates.

    Returns:
        Lower is better; about 20 for a silent estimate.

    Raises:
        Undefined: a silent reference, NaN, unequal lengths.

    Source: haoheliu/ssr_eval@7129ee8 AudioMetrics.lsd.

    >>> noise = np.random.default_rng(0).standard_normal(16000)
    >>> round(lsd_ssr_eval(estimate=0.5 * noise, reference=noise, sample_rate=16000), 3)
    0.602
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    window, hop = int(SSR_EVAL_WINDOW_AT_44100 * sample_rate / 44100), sample_rate // 100
    wanted = once(_all_powers, reference, window, hop)

    def log_ratio(wanted: Magnitudes, found: Magnitudes) -> Magnitudes:
        magnitudes = np.add(np.sqrt(found, out=found), SSR_EVAL_EPS, out=found)
        ratio = np.divide(wanted, np.square(magnitudes, out=found), out=found)
        return np.log10(np.add(ratio, SSR_EVAL_EPS, out=ratio), out=ratio)

    return float(np.mean(_distances(wanted, _powers(estimate, window, hop), log_ratio)))


def lsd_audioldm(
    *, estimate: np.ndarray, reference: np.ndarray, sample_rate: int, offset: int, once: Once = directly
) -> float:
    """audioldm_eval's distance: the first `offset` samples of the estimate are dropped, both signals lose their mean
    and are brought to peak 1, the longer is cut, then ssr_eval's distance.

    Args:
        estimate: ``(time,)``, floating point.
        reference: ``(time,)``, floating point, the same length.
        sample_rate: Hz.
        offset: 1120 in the published tool, the delay of one vocoder: an identical estimate then scores 0.8
            (steady noise) to 3.8 (typing) of synthesised sounds; 0 without that correction.
        once: who keeps spectra for other estimates.

    Returns:
        Lower is better; unchanged by gain.

    Raises:
        Undefined: ``estimate_silent`` (the original divides by its peak and stops), ``too_short``, a silent reference,
            NaN, unequal lengths.

    Source: haoheliu/audioldm_eval@8dc07ee eval.calculate_lsd.

    >>> noise = np.random.default_rng(0).standard_normal(16000)
    >>> round(lsd_audioldm(estimate=0.5 * noise, reference=noise, sample_rate=16000, offset=0), 3)
    0.0
    """
    estimate, reference = check_pair(estimate=estimate, reference=reference, once=once)
    check_audible(reference, once)
    if len(estimate) <= offset:
        raise Undefined("too_short", f"nothing is left of {len(estimate)} samples after dropping {offset}")
    if is_silent(estimate, once) or (offset > 0 and is_silent(estimate[offset:])):
        raise Undefined("estimate_silent", "a silent estimate cannot be brought to peak 1")
    found = _peak_one(estimate[offset:], "estimate_silent", len(reference))
    wanted = once(_peak_one, reference, "reference_silent", len(found))
    return lsd_ssr_eval(estimate=found, reference=wanted, sample_rate=sample_rate, once=once)


def _floored(signal: Signal, window: int, hop: int) -> tuple[float, NDArray[np.bool_], *tuple[Magnitudes, ...]]:
    """A reference's floor, the frames with something above it, and its powers over it as `_all_powers` has them."""
    blocks = _all_powers(signal, window, hop)
    loudest = np.concatenate([powers.max(axis=1) for powers in blocks])
    floor = float(loudest.max() * 10 ** (FLOOR_DB / 10))
    return floor, loudest > floor, *(np.maximum(powers, floor, out=powers) for powers in blocks)


def _all_powers(signal: Signal, window: int, hop: int) -> tuple[Magnitudes, ...]:
    """Kept in blocks, as they are gone through again: each in its own order of memory."""
    return tuple(_powers(signal, window, hop))


def _powers(signal: Signal, window: int, hop: int) -> Iterator[Magnitudes]:
    """Power spectrum in blocks ``(frames, bins)``, zeros beyond the ends."""
    return power_blocks(signal, window=window, hop=hop, padding="constant")


def _distances(
    wanted: Iterable[Magnitudes],
    found: Iterable[Magnitudes],
    log_ratio: Callable[[Magnitudes, Magnitudes], Magnitudes],
) -> Magnitudes:
    """Per frame, the root mean square over bins of what `log_ratio` makes of a reference's and an estimate's powers."""
    ratios = (log_ratio(*blocks) for blocks in zip(wanted, found, strict=True))
    distances: Magnitudes = np.sqrt(np.concatenate([np.mean(np.square(one, out=one), axis=1) for one in ratios]))
    return distances


def _peak_one(signal: Signal, if_constant: Status, length: int) -> Signal:
    """Zero mean, peak 1, then cut to `length`."""
    # In float32 like the original: where the signal is silent what stays of its mean is rounding, and the logarithm
    # makes that rounding part of the score (0.015 on a delayed copy at 32 kHz).
    single = signal.astype(np.float32)
    centred = np.subtract(single, np.mean(single), out=single)
    peak = max(np.max(centred), -np.min(centred))
    if peak == 0:
        raise Undefined(if_constant, "nothing is left of a constant signal when its mean is removed")
    return np.asarray(centred[:length] / peak, dtype=np.float64)


_SSR_EVAL = "haoheliu/ssr_eval@7129ee8 AudioMetrics.lsd"
_AUDIOLDM = "haoheliu/audioldm_eval@8dc07ee eval.calculate_lsd"
_RATES: tuple[tuple[str, int | None], ...] = (("", None), ("-16k", 16000), ("-32k", 32000))
"""Each paper recipe at the suite's rate, and pinned to the rates its authors report."""

METRICS = (
    Metric(
        "lsd",
        1,
        "",
        "lower",
        sharing_at_rate(lsd),
        "Gray and Markel 1976, doi 10.1109/TASSP.1976.1162849; floor and masking are ours",
        "LSD",
        parameters={"window_s": WINDOW_SECONDS, "hop_s": HOP_SECONDS, "floor_db": FLOOR_DB},
    ),
    *(
        Metric(
            f"lsd@ssr_eval{suffix}",
            1,
            "",
            "lower",
            sharing_at_rate(lsd_ssr_eval),
            _SSR_EVAL,
            f"LSD (ssr_eval{suffix})",
            rate=rate,
        )
        for suffix, rate in _RATES
    ),
    *(
        Metric(
            f"lsd@audioldm-o{offset}{suffix}",
            1,
            "",
            "lower",
            sharing_at_rate(partial(lsd_audioldm, offset=offset)),
            _AUDIOLDM,
            f"LSD (audioldm_eval, offset {offset}{suffix})",
            rate=rate,
            parameters={"offset": offset},
        )
        for offset in (0, VOCODER_DELAY)
        for suffix, rate in _RATES
    ),
)
