"""Two estimates of one sound into one: magnitudes are mixed, the first estimate's phase is kept.

The first is a whole clip at 32 kHz (AudioSep's), the second a segment of it at 16 kHz (FlowSep's). They meet at 16 kHz,
so nothing above 8 kHz is left anywhere in the clip. `WEIGHTS` tells how much of the first each of the five ensembles
keeps at each frequency:

- ``A`` 1 - rate everywhere; ``B`` all up to the cutoff and nothing above; ``C`` the reverse;
- ``D`` 1 at 0 Hz falling to 1 - rate at 8 kHz; ``E`` the reverse.

The paper gives the second estimate the first one's level before all five, the published code before A only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio, resample
from sepbench.errors import SepbenchError
from sepbench.search_path import closest

FIRST_RATE = 32000
SECOND_RATE = 16000
WINDOW = 1024
HOP = 256
POWER_FLOOR = 1e-12
RMS_MATCHES = {"all": "ABCDE", "a-only": "A"}

Signal = NDArray[np.float64]
Spectrum = NDArray[np.complex128]


@dataclass(frozen=True)
class Ensemble:
    """How to merge.

    Attributes:
        kind: ``A`` to ``E``.
        rate: share of the second estimate in A, D and E, cut to 0 to 1.
        cutoff_hz: where B and C change over; at 0 both are the second estimate alone, as in the published code.
        rms_match: before which kinds the second estimate is given the first one's level: ``all`` (the paper) or
            ``a-only`` (its code).
    """

    kind: str
    rate: float = 0.3
    cutoff_hz: float = 4000.0
    rms_match: str = "all"

    def __post_init__(self) -> None:
        if self.kind not in WEIGHTS:
            raise SepbenchError("unknown ensemble", given=self.kind, remedy=closest(self.kind, list(WEIGHTS)))
        if self.rms_match not in RMS_MATCHES:
            raise SepbenchError(
                "unknown level match", given=self.rms_match, remedy=closest(self.rms_match, list(RMS_MATCHES))
            )


def merge(first: Audio, second: Audio, *, start: int, ensemble: Ensemble) -> Audio:
    """Merge the second estimate into the first.

    Args:
        first: ``(time,)`` at 32 kHz.
        second: ``(time,)`` at 16 kHz.
        start: sample at 16 kHz of the first estimate at which the second begins.
        ensemble: how.

    Returns:
        ``(time,)`` at 32 kHz, cut to -1 to 1; longer than the first where the second reaches beyond its end.

    Raises:
        SepbenchError: a start below 0 or an empty second estimate.
    """
    if start < 0 or not len(second):
        raise SepbenchError(
            "nothing to merge",
            given=f"{len(second)} samples from {start}",
            wanted="one sample or more, from 0 or later",
        )
    whole = _at_rate(np.asarray(first, dtype=np.float64), FIRST_RATE, SECOND_RATE)
    end = start + len(second)
    whole = np.pad(whole, (0, max(0, end - len(whole))))
    whole[start:end] = _mix(whole[start:end], np.asarray(second, dtype=np.float64), ensemble)
    return np.asarray(np.clip(_at_rate(whole, SECOND_RATE, FIRST_RATE), -1, 1), dtype=np.float32)


def _mix(first: Signal, second: Signal, ensemble: Ensemble) -> Signal:
    if ensemble.kind in RMS_MATCHES[ensemble.rms_match]:
        second = second * _level(first) / (_level(second) + POWER_FLOOR)
    kept, magnitudes = _stft(first), np.abs(_stft(second))
    hz = np.linspace(0.0, SECOND_RATE / 2, WINDOW // 2 + 1, dtype=np.float64)
    share = WEIGHTS[ensemble.kind](hz, ensemble)
    mixed = share * np.abs(kept) + (1 - share) * magnitudes
    return _istft(mixed * np.exp(1j * np.angle(kept)), len(first))


def _level(signal: Signal) -> float:
    return float(np.sqrt(np.mean(signal**2) + POWER_FLOOR))


def _at_rate(signal: Signal, source: int, target: int) -> Signal:
    """Resampled, and as long as librosa makes it: rounded up, where soxr rounds to the nearest."""
    wanted = -(-len(signal) * target // source)
    resampled = resample(signal, source, target)[:wanted]
    return np.pad(resampled, (0, wanted - len(resampled)))


def _hann() -> Signal:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def _stft(signal: Signal) -> Spectrum:
    """``(time,)`` -> ``(1 + time // hop, bins)``: frames centred on multiples of the hop, zeros around the signal."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, WINDOW // 2), WINDOW)
    return np.fft.rfft(frames[: 1 + len(signal) // HOP * HOP : HOP] * _hann(), axis=1)


def _istft(spectrum: Spectrum, samples: int) -> Signal:
    """``(frames, bins)`` -> ``(samples,)`` by weighted overlap-add; at the ends fewer frames overlap."""
    frames = np.fft.irfft(spectrum, WINDOW, axis=1) * _hann()
    parts = WINDOW // HOP
    total, weight = (np.zeros((len(frames) + parts - 1, HOP)) for _ in range(2))
    for part in range(parts):
        here = slice(part, part + len(frames))
        total[here] += frames[:, part * HOP : (part + 1) * HOP]
        weight[here] += _hann()[part * HOP : (part + 1) * HOP] ** 2
    inside = slice(WINDOW // 2, WINDOW // 2 + samples)
    return total.ravel()[inside] / weight.ravel()[inside]


def _weighted(hz: Signal, ensemble: Ensemble) -> Signal:
    return np.full_like(hz, 1 - _share(ensemble))


def _low_kept(hz: Signal, ensemble: Ensemble) -> Signal:
    return (hz <= ensemble.cutoff_hz).astype(np.float64) * (ensemble.cutoff_hz > 0)


def _high_kept(hz: Signal, ensemble: Ensemble) -> Signal:
    return (hz > ensemble.cutoff_hz).astype(np.float64) * (ensemble.cutoff_hz > 0)


def _falling(hz: Signal, ensemble: Ensemble) -> Signal:
    kept: Signal = 1 - _share(ensemble) * hz / hz[-1]
    return kept


def _rising(hz: Signal, ensemble: Ensemble) -> Signal:
    kept: Signal = 1 - _share(ensemble) * (1 - hz / hz[-1])
    return kept


def _share(ensemble: Ensemble) -> float:
    return min(max(ensemble.rate, 0.0), 1.0)


WEIGHTS: dict[str, Callable[[Signal, Ensemble], Signal]] = {
    "A": _weighted,
    "B": _low_kept,
    "C": _high_kept,
    "D": _falling,
    "E": _rising,
}
