"""Windows and cross-fades: exact where they can be, without seams, at any length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from sepbench.networks.overlap_add import Overlap, overlap_add

Windows = NDArray[np.float32]
OVERLAP = Overlap(window=1000, margin=60, fade=80)
LENGTHS = [1, 60, 999, 1000, 1001, 1799, 1800, 1801, 5000, 12345]


def filtered(reach: int) -> Windows:
    """A linear filter that hears `reach` samples to either side."""
    return np.random.default_rng(3).standard_normal(2 * reach + 1).astype(np.float32) / np.float32(np.sqrt(2 * reach))


def apply(taps: Windows, windows: Windows) -> Windows:
    reach = len(taps) // 2
    padded = np.pad(windows, ((0, 0), (reach, reach)))
    return np.stack([np.convolve(row, taps, mode="valid") for row in padded]).astype(np.float32)


def noise(samples: int) -> Windows:
    return np.random.default_rng(1).standard_normal(samples).astype(np.float32)


@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_filter_within_the_margin_is_exact(samples: int, batch: int) -> None:
    taps, mixture = filtered(60), noise(samples)
    whole = apply(taps, mixture[None])[0]
    pieces = overlap_add(lambda windows: apply(taps, windows), mixture, OVERLAP, batch=batch)
    assert pieces.shape == (samples,)
    assert pieces.dtype == np.float32
    assert np.abs(pieces - whole).max() < 1e-5 * np.abs(whole).max()


def test_a_filter_beyond_the_margin_leaves_no_seam_above_minus_60_db() -> None:
    decay = np.exp(-np.abs(np.arange(-400, 401)) / 12).astype(np.float32)  # -43 dB at the margin
    taps, mixture = filtered(400) * decay, noise(20000)
    whole = apply(taps, mixture[None])[0]
    difference = overlap_add(lambda windows: apply(taps, windows), mixture, OVERLAP) - whole
    assert 20 * np.log10(np.sqrt(np.mean(difference**2)) / np.sqrt(np.mean(whole**2))) < -60


def test_windows_that_disagree_are_faded_not_switched() -> None:
    calls: list[int] = []

    def louder_every_time(windows: Windows) -> Windows:
        calls.append(len(windows))
        return np.full_like(windows, len(calls))

    output = overlap_add(louder_every_time, np.zeros(3000, np.float32), OVERLAP)
    assert (output[0], output[-1]) == (1, len(calls))
    assert np.abs(np.diff(output)).max() < np.pi / 2 / OVERLAP.fade * 1.01


@pytest.mark.parametrize("samples", LENGTHS)
def test_every_window_but_the_last_is_whole(samples: int) -> None:
    lengths: list[int] = []

    def listen(windows: Windows) -> Windows:
        lengths.extend(windows.shape[1] for _ in windows)
        return windows

    overlap_add(listen, noise(samples), OVERLAP, batch=2)
    assert all(length == OVERLAP.window for length in lengths[:-1])
    assert min(samples, OVERLAP.window - OVERLAP.hop + 1) <= lengths[-1] <= OVERLAP.window
    starts = OVERLAP.starts(samples)
    assert all(later - earlier == OVERLAP.hop for earlier, later in pairwise(starts))


@pytest.mark.parametrize(("window", "margin", "fade"), [(10, 4, 2), (10, 2, 0), (10, -1, 2)])
def test_windows_that_do_not_fit_are_refused(window: int, margin: int, fade: int) -> None:
    with pytest.raises(SepbenchError, match="windows that do not fit together"):
        Overlap(window, margin, fade)
