"""What VGGish hears: 0.96 s at 16 kHz as 96 frames of 64 log-mel bands, in numpy.

Frames of 25 ms every 10 ms are not centred, and what does not fill a frame or an example is left out. Filters are
triangles over mel, not over Hz as in most banks, weigh magnitudes, and leave the constant part out. Source: the front
end of tensorflow/models research/audioset/vggish, settings of its vggish_params.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio
from sepbench.errors import SepbenchError

RATE = 16000
WINDOW, HOP, TRANSFORM = 400, 160, 512
BANDS, LOW_HZ, HIGH_HZ = 64, 125.0, 7500.0
OFFSET = 0.01
FRAMES = 96
SHORTEST_SAMPLES = WINDOW + (FRAMES - 1) * HOP
"""Of one example: 0.975 s, since its last frame is whole."""

Examples = NDArray[np.float32]
Bank = NDArray[np.float64]


def log_mel_examples(clip: Audio) -> Examples:
    """Examples that follow one another without overlap.

    Args:
        clip: ``(time,)`` at 16 kHz.

    Returns:
        ``(examples, 96, 64)`` float32; ten for ten seconds.

    Raises:
        SepbenchError: fewer than 15600 samples, which leave no example.

    >>> examples = log_mel_examples(np.zeros(160000, np.float32))
    >>> examples.shape, round(float(examples.max()), 4)
    ((10, 96, 64), -4.6052)
    """
    if len(clip) < SHORTEST_SAMPLES:
        raise SepbenchError(
            "clip too short for VGGish",
            given=f"{len(clip)} samples",
            wanted=f"{SHORTEST_SAMPLES} or more at {RATE} Hz",
            remedy="leave it out, or pad it with zeros",
        )
    frames = np.lib.stride_tricks.sliding_window_view(clip.astype(np.float64), WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    magnitudes = np.abs(np.fft.rfft(frames * hann, TRANSFORM))
    log_mel = np.log(magnitudes @ vggish_bank().T + OFFSET)
    count = len(log_mel) // FRAMES
    return log_mel[: count * FRAMES].reshape(count, FRAMES, BANDS).astype(np.float32)


@cache
def vggish_bank() -> Bank:
    """The filter bank, ``(64, 257)``, read-only; the first column is zero.

    >>> bank = vggish_bank()
    >>> bank.shape, round(float(bank.max()), 4)
    ((64, 257), 0.9962)
    """
    mel = np.log1p(np.linspace(0, RATE / 2, TRANSFORM // 2 + 1) / 700)
    edges = np.linspace(np.log1p(LOW_HZ / 700), np.log1p(HIGH_HZ / 700), BANDS + 2)[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    bank = np.maximum(0, np.minimum(rising, falling))
    bank[:, 0] = 0
    bank.setflags(write=False)  # one array serves every caller
    return bank
