"""From a mixture's row and its clips to audio. Pure: the same row and clips give the same samples.

Order: mono (done on reading) -> resample -> crop and place -> gains -> sum -> clip rule. One gain serves the mixture
and every stem, so the stems always sum to the mixture. Ratios are computed in float64, audio is float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import RESAMPLER, Audio, Recording, resample
from sepbench.errors import SepbenchError
from sepbench.manifest import Mixture, Query, SnrMode, Source

MAX_GAIN_DB = 40.0
PEAK_AFTER_CLIP_RULE = 0.9
SILENT_RMS = 1e-3
"""A source below -60 dBFS RMS is refused: its level, and every ratio against it, would be that of a noise floor."""
SNR_TOLERANCE_DB = 0.01
GAIN_TOLERANCE = 1e-4
FRAME_SECONDS = 0.02
ACTIVE_RANGE_DB = 40.0
OTHER_CLIP = "a clip is not the one the list was made with: sepbench manifest verify names it"

Signal = NDArray[np.float64]


class UnrenderableMixture(SepbenchError):
    """The row's clips do not give the mixture it describes."""


class OtherAudio(UnrenderableMixture):
    """Nor can they be the clips that it was made with, since it was heard then."""


@dataclass(frozen=True)
class Rendered:
    """A mixture made audible.

    Attributes:
        mixture: float32 ``(time,)``.
        stems: one float32 ``(time,)`` per source (and the remainder of a premixed row), summing to `mixture`.
        snr_db: realised ratio of the target to the sum of the others, by the row's mode; None where there is none.
        gains_db: the gain each source got before the common gain.
        common_gain: linear factor of the clip rule.
    """

    mixture: Audio
    stems: tuple[Audio, ...]
    sample_rate: int
    snr_db: float | None
    gains_db: tuple[float, ...]
    common_gain: float


def render(mixture: Mixture, recordings: Sequence[Recording]) -> Rendered:
    """Render one row.

    Args:
        mixture: the row.
        recordings: the clips of `mixture.sources`, in order; for a premixed row, then the mixture's file.

    Raises:
        UnrenderableMixture: a silent source, a gain beyond 40 dB, or an SNR or common gain other than the row states;
            OtherAudio where the row was heard when it was made.
        SepbenchError: the row wants another resampler, or a clip holds samples that are no numbers.
    """
    try:
        return _render(mixture, recordings)
    except UnrenderableMixture as error:
        if mixture.common_gain is None and (mixture.premixed is None or mixture.samples is None):
            raise
        raise OtherAudio(error.what, given=error.given, wanted=error.wanted, remedy=OTHER_CLIP) from error


def _render(mixture: Mixture, recordings: Sequence[Recording]) -> Rendered:
    if mixture.resampler != RESAMPLER:
        raise SepbenchError(
            f"mixture {mixture.id} was made with another resampler",
            given=mixture.resampler,
            wanted=RESAMPLER,
            remedy="use the sepbench version that built the manifest",
        )
    if mixture.premixed is not None:
        return _premixed(mixture, recordings)
    length = mixture.samples
    assert length is not None  # the manifest's reader sees to it: only premixed rows leave it to their files
    placed = [_place(mixture, source, clip, length) for source, clip in zip(mixture.sources, recordings, strict=True)]
    signals = [one.signal for one in placed]
    gains = solve_gains(mixture, signals)
    for one, gain in zip(placed, gains, strict=True):
        one.signal[one.window] *= 10 ** (gain / 20)
    snr_db = realised_snr_db(mixture, signals)
    _check_snr(mixture, snr_db)
    common_gain = clip_gain(mixture, total(signals))
    stems = tuple(_stem(one, common_gain) for one in placed)
    return Rendered(_sum(stems), stems, mixture.sample_rate, snr_db, tuple(gains), common_gain)


def reference(rendered: Rendered, query: Query) -> Audio:
    """The signal a perfect separator returns: the sum of the query's sources, or of all others when it says remove."""
    wanted = set(query.sources)
    kept = [stem for index, stem in enumerate(rendered.stems) if (index in wanted) == (query.mode == "extract")]
    return _sum(kept) if kept else np.zeros_like(rendered.mixture)


def _sum(stems: Sequence[Audio]) -> Audio:
    return total(stems).astype(np.float32)


def total(signals: Sequence[Audio] | Sequence[Signal]) -> Signal:
    """The sum, one signal after the other: stacked, the sources of a long mixture would fill the memory."""
    summed = np.zeros(len(signals[0]))
    for signal in signals:
        summed += signal
    return summed


@dataclass(frozen=True)
class _Placed:
    """A clip in its mixture, and the samples it covers. Elsewhere are zeros, which take no memory until written to."""

    signal: Signal
    window: slice


def _stem(placed: _Placed, gain: float) -> Audio:
    stem = np.zeros(len(placed.signal), dtype=np.float32)
    stem[placed.window] = placed.signal[placed.window] * gain
    return stem


def _place(mixture: Mixture, source: Source, clip: Recording, length: int) -> _Placed:
    """Crop the clip and put it where the row says; what it does not reach stays silent."""
    whole = resample(clip.audio, clip.sample_rate, mixture.sample_rate)
    audio = whole[source.start :][: source.samples] * np.float32(source.polarity or 1)
    _check_numbers(mixture, f"source {source.corpus}/{source.clip}", audio)
    if len(audio) == 0 or float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) < SILENT_RMS:
        raise UnrenderableMixture(
            f"mixture {mixture.id}: source {source.corpus}/{source.clip} is silent in its window",
            wanted="an RMS of at least -60 dBFS",
            remedy="draw another clip",
        )
    window = slice(source.offset, source.offset + len(audio))
    placed = np.zeros(length)
    placed[window] = audio
    return _Placed(placed, window)


def _check_numbers(mixture: Mixture, what: str, audio: Audio) -> None:
    if not np.isfinite(audio).all():
        raise SepbenchError(
            f"mixture {mixture.id}: {what} holds samples that are no numbers", remedy="the file is damaged: replace it"
        )


def solve_gains(mixture: Mixture, dry: Sequence[Signal]) -> list[float]:
    """The gains in dB the row states, or those that bring its SNR about.

    With several noises and no stated gains each is first brought to the target's level, so that none hides another, and
    their sum then to the SNR.
    """
    stated = [source.gain_db for source in mixture.sources]
    noises = [i for i, source in enumerate(mixture.sources) if source.role == "noise"]
    gains = [0.0 if gain is None else gain for gain in stated]
    if mixture.snr_db is not None and any(stated[i] is None for i in noises):
        target = mixture.sources.index(mixture.target)
        mode, rate = mixture.snr_mode, mixture.sample_rate
        target_level = level_db(dry[target], rate, mode) + gains[target]
        equal = {i: target_level - level_db(dry[i], rate, mode) for i in noises}
        together = total([dry[i] * 10 ** (equal[i] / 20) for i in noises])
        rest = target_level - mixture.snr_db - level_db(together, rate, mode)
        gains = [equal[i] + rest if i in equal else gain for i, gain in enumerate(gains)]
    for source, gain in zip(mixture.sources, gains, strict=True):
        if abs(gain) > MAX_GAIN_DB:
            raise UnrenderableMixture(
                f"mixture {mixture.id}: gain of {source.corpus}/{source.clip}",
                given=f"{gain:.1f} dB",
                wanted=f"within +-{MAX_GAIN_DB:.0f} dB",
                remedy="draw another clip or a smaller SNR range",
            )
    return gains


def realised_snr_db(mixture: Mixture, wet: Sequence[Signal]) -> float | None:
    """Level of the target over that of all noises together, in dB by the row's mode (plain power for mode none)."""
    target = mixture.sources.index(mixture.target)
    others = [signal for i, signal in enumerate(wet) if i != target]
    if not others:
        return None
    mode: SnrMode = "power" if mixture.snr_mode == "none" else mixture.snr_mode
    rate = mixture.sample_rate
    return level_db(wet[target], rate, mode) - level_db(total(others), rate, mode)


def _check_snr(mixture: Mixture, realised: float | None) -> None:
    if mixture.snr_db is None:
        return
    if realised is None or abs(realised - mixture.snr_db) > SNR_TOLERANCE_DB:
        raise UnrenderableMixture(
            f"mixture {mixture.id}: realised SNR differs from the row",
            given="none" if realised is None else f"{realised:.3f} dB",
            wanted=f"{mixture.snr_db:.3f} dB",
            remedy=OTHER_CLIP,
        )


def clip_gain(mixture: Mixture, summed: Signal) -> float:
    """The clip rule's one gain; checked against the row where the row states it.

    Raises:
        UnrenderableMixture: the row states another gain.
    """
    peak = float(np.max(np.abs(summed)))
    gain = PEAK_AFTER_CLIP_RULE / peak if mixture.clip_rule == "peak_0.9_if_gt_1" and peak > 1 else 1.0
    if mixture.common_gain is not None:
        if abs(gain / mixture.common_gain - 1) > GAIN_TOLERANCE:
            raise UnrenderableMixture(
                f"mixture {mixture.id}: common gain differs from the row",
                given=f"{gain:.6f}",
                wanted=f"{mixture.common_gain:.6f}",
                remedy=OTHER_CLIP,
            )
        gain = mixture.common_gain
    return gain


def _premixed(mixture: Mixture, recordings: Sequence[Recording]) -> Rendered:
    """A published pair as it is: nothing re-scaled, the interference is what the target leaves of the mixture."""
    target, mixed = (resample(clip.audio, clip.sample_rate, mixture.sample_rate) for clip in recordings)
    length = len(mixed) if mixture.samples is None else mixture.samples
    if len(target) != length or len(mixed) != length or length == 0:
        raise UnrenderableMixture(
            f"mixture {mixture.id}: length of the published pair",
            given=f"target {len(target)}, mixture {len(mixed)} samples",
            wanted="the same length" if mixture.samples is None else f"{length} samples each",
            remedy="import the pair again",
        )
    _check_numbers(mixture, "its target's file", target)
    _check_numbers(mixture, "its own file", mixed)
    rest = (mixed.astype(np.float64) - target).astype(np.float32)
    wet = [target.astype(np.float64), rest.astype(np.float64)]
    snr_db = None if not rest.any() or not target.any() else level_db(wet[0], 0, "power") - level_db(wet[1], 0, "power")
    return Rendered(mixed, (target, rest), mixture.sample_rate, snr_db, (0.0, 0.0), 1.0)


def level_db(signal: Signal, sample_rate: int, mode: SnrMode) -> float:
    """A signal's level, up to a constant that cancels in ratios.

    ``power``: mean square over the whole window. ``active``: mean square over the 20 ms frames within 40 dB of the
    loudest one, so that padding does not count. ``lufs``: integrated loudness of ITU-R BS.1770-4.

    Raises:
        UnrenderableMixture: silence has no level; loudness needs 0.4 s.

    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    >>> [round(level_db(np.r_[tone, 0 * tone], 48000, mode), 2) for mode in ("power", "active", "lufs")]
    [-6.02, -3.01, -3.72]
    """
    if mode == "lufs":
        return _loudness(signal, sample_rate)
    power = float(np.mean(signal**2))
    if mode == "active":
        frame = max(1, round(FRAME_SECONDS * sample_rate))
        frames = len(signal) // frame
        powers = np.mean(signal[: frames * frame].reshape(frames, frame) ** 2, axis=1) if frames else np.array([power])
        power = float(np.mean(powers[powers >= powers.max() * 10 ** (-ACTIVE_RANGE_DB / 10)]))
    if power <= 0:
        raise UnrenderableMixture("a silent signal has no level", remedy="draw another clip")
    return float(10 * np.log10(power))


def _loudness(signal: Signal, sample_rate: int) -> float:
    import pyloudnorm

    # "DeMan" are the standard's filters at any rate; the default ones read a 997 Hz tone 0.04 dB low.
    meter = pyloudnorm.Meter(sample_rate, filter_class="DeMan")
    if len(signal) < meter.block_size * sample_rate:
        raise UnrenderableMixture(
            "loudness is not defined for so short a signal",
            given=f"{len(signal) / sample_rate:.3f} s",
            wanted=f"at least {meter.block_size} s",
            remedy="use snr_mode power or active",
        )
    loudness = float(meter.integrated_loudness(signal))
    if not np.isfinite(loudness):
        raise UnrenderableMixture("loudness below the gate of BS.1770 (-70 LUFS)", remedy="use snr_mode power")
    return loudness
