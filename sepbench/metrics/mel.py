"""Short-time spectra and mel filter banks: the front end that the spectral metrics share.

Conventions: magnitudes of shape ``(bins, frames)``, frames centred on multiples of the hop, periodic Hann window; numpy
float64. The filter bank is that of `sepbench.mel_bank`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.mel_bank import mel_bank
from sepbench.metrics import prime_spectra
from sepbench.metrics.metric import Signal, Undefined

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Magnitudes = NDArray[np.float64]
Padding = Literal["reflect", "constant"]

BLOCK_SAMPLES = 1 << 16
"""Frames are transformed in blocks that stay in the processor's cache: twice as fast as all at once."""


@lru_cache(maxsize=32)
def hann(length: int) -> Signal:
    """Periodic Hann window, ``(length,)``, read-only."""
    # The angles run from -pi as in scipy's get_window, which librosa calls: equal to the last bit. Where a recipe
    # divides what rounding leaves of a constant (LSD of digital silence), another last bit is another score (by 0.02).
    window: Signal = 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, length + 1)[:-1])
    window.setflags(write=False)  # one array serves every caller
    return window


def stft_magnitude(signal: Signal, *, window: int, hop: int, padding: Padding) -> Magnitudes:
    """Magnitudes of the centred short-time Fourier transform.

    Args:
        signal: ``(time,)``.
        window: samples of window and transform.
        hop: samples between frames.
        padding: what half a window of padding on each side holds: zeros, or the signal mirrored.

    Returns:
        ``(window // 2 + 1, frames)``, 1 + time // hop frames for an even window.

    Raises:
        Undefined: ``too_short`` where mirroring needs more samples than there are; ``not_applicable`` for a hop below
            one sample, which is a window in seconds at too low a rate.

    >>> stft_magnitude(np.ones(1000), window=256, hop=100, padding="reflect").shape
    (129, 11)
    """
    frames = _windows(signal, window, hop, padding)
    magnitudes = np.empty((window // 2 + 1, len(frames)))
    for chosen in _blocks(frames):
        np.abs(np.fft.rfft(frames[chosen] * hann(window), axis=1), out=magnitudes[:, chosen].T)
    return magnitudes


def power_blocks(signal: Signal, *, window: int, hop: int, padding: Padding) -> Iterator[Magnitudes]:
    """The squared columns of `stft_magnitude` a block of frames at a time, for distances that need no more: powers
    ``(frames, bins)``, the caller's to overwrite.

    Raises:
        Undefined: as `stft_magnitude`.
    """
    frames = _windows(signal, window, hop, padding)
    for chosen in _blocks(frames):
        yield _powers(frames[chosen])


def _powers(frames: Signal) -> Magnitudes:
    weighted = frames * hann(frames.shape[1])
    if not prime_spectra.fits(frames.shape[1]):
        return _plain_powers(weighted)
    powers = prime_spectra.powers(weighted)
    # Of digital silence less its mean a constant is left, whose spectrum is rounding beyond two bins, and recipes that
    # take its logarithm have scored the rounding of the usual transform: 0.3 of LSD where half a clip is silent.
    constant = frames[:, 0] == frames[:, -1]
    constant[constant] = np.all(frames[constant] == frames[constant, :1], axis=1)
    if constant.any():
        powers[constant] = _plain_powers(weighted[constant])
    return powers


def _plain_powers(weighted: Signal) -> Magnitudes:
    spectra = np.fft.rfft(weighted, axis=1)
    return np.square(spectra.real) + np.square(spectra.imag)


def _windows(signal: Signal, window: int, hop: int, padding: Padding) -> Signal:
    """Frames before they are weighted: a view ``(frames, window)``."""
    if hop < 1:
        raise Undefined("not_applicable", "less than a sample between frames: the rate is too low for this window")
    half = window // 2
    if padding == "reflect" and len(signal) <= half:
        raise Undefined("too_short", f"{len(signal)} samples are less than half a window of {window}")
    padded = np.pad(signal, half, mode=padding)
    return np.lib.stride_tricks.sliding_window_view(padded, window)[: 1 + len(signal) // hop * hop : hop]


def _blocks(frames: Signal) -> Iterator[slice]:
    """Runs of frames that stay in the processor's cache."""
    block = max(1, BLOCK_SAMPLES // frames.shape[1])
    yield from (slice(start, start + block) for start in range(0, len(frames), block))


def mel_magnitudes(
    signal: Signal,
    *,
    sample_rate: int,
    window: int,
    hop: int,
    bands: int,
    low_hz: float = 0.0,
    high_hz: float | None = None,
) -> Magnitudes:
    """Slaney's filters over magnitudes with mirrored ends, ``(bands, frames)``.

    Args:
        signal: ``(time,)``.
        sample_rate: Hz.
        window: samples of window and transform.
        hop: samples between frames.
        bands: number of filters.
        low_hz: lower edge of the first filter.
        high_hz: upper edge of the last; half the rate by default.

    Raises:
        Undefined: as `stft_magnitude`.
    """
    magnitudes = stft_magnitude(signal, window=window, hop=hop, padding="reflect")
    return np.asarray(_sparse_bank(sample_rate, window, bands, low_hz, high_hz) @ magnitudes)


@lru_cache(maxsize=64)
def _sparse_bank(
    sample_rate: int, window: int, bands: int, low_hz: float, high_hz: float | None
) -> csr_array[np.float64]:
    """The bank without its zeros, nine tenths of it and more."""
    from scipy.sparse import csr_array

    return csr_array(mel_bank(sample_rate, window, bands, low_hz, high_hz))
