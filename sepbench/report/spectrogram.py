"""Small pictures of sounds: time to the right, frequency upwards, level as brightness."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio

WINDOW_SECONDS, HOP_SECONDS = 0.032, 0.016
FLOOR_DB = -120.0
RANGE_DB = 70.0
WIDTH, HEIGHT = 320, 128
SHADES = 32
"""As many as the eye tells apart here; fewer shades make a smaller file."""

Levels = NDArray[np.float64]


def levels_db(audio: Audio, sample_rate: int) -> Levels:
    """``(frequencies, frames)``, dB of a full-scale sine; never below -120. A sound shorter than a window is padded."""
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    size = round(WINDOW_SECONDS * sample_rate)
    window = hann(size, sym=False)
    transform = ShortTimeFFT(window / (window.sum() / 2), round(HOP_SECONDS * sample_rate), sample_rate)
    padded = np.pad(audio.astype(np.float64), (0, max(0, size - len(audio))))
    levels: Levels = 20 * np.log10(np.maximum(np.abs(transform.stft(padded)), 10 ** (FLOOR_DB / 20)))
    return levels


def picture(levels: Levels, ceiling_db: float) -> bytes:
    """A PNG of 320 x 128 pixels; `ceiling_db` is white, 70 dB below it black, so that pictures can be compared."""
    import matplotlib
    from PIL import Image

    shades = np.clip((levels - ceiling_db) / RANGE_DB + 1, 0, 1) * (SHADES - 1)
    small = Image.fromarray(np.flipud(shades).astype(np.float32)).resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    image = Image.fromarray(np.rint(np.asarray(small)).astype(np.uint8))
    image.putpalette(matplotlib.colormaps["magma"](np.linspace(0, 1, SHADES), bytes=True)[:, :3].tobytes())
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return file.getvalue()
