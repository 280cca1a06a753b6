"""Weights that follow from their names: two networks with the same keys and shapes compute with the same numbers.

A tensor's values are draws of the standard normal distribution by numpy's PCG64, seeded with the first eight bytes
(little-endian) of the SHA-256 of its key, scaled by the role that the key's last part tells. The original's output for
given inputs is thus a test of ours, without any trained checkpoint. Fixture signals follow from a seed likewise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Draw = NDArray[np.float64]
Values = NDArray[np.float32]

GAINS = frozenset({"weight_g", "original0"})
SNAKE = frozenset({"alpha", "beta"})
FULL_SCALE = 1 << 15


def weight(key: str, shape: tuple[int, ...], *, log_snake: bool = False) -> Values:
    """One tensor.

    Args:
        key: its full name in the original's state dict.
        shape: its shape.
        log_snake: whether the network keeps the slopes of its Snake activations as logarithms.
    """
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    draw = np.random.Generator(np.random.PCG64(seed)).standard_normal(shape)
    return _rule(key.rpartition(".")[2], len(shape), log_snake)(draw).astype(np.float32)


def weights(shapes: Mapping[str, tuple[int, ...]], *, log_snake: bool = False) -> dict[str, Values]:
    """A whole state dict."""
    return {key: weight(key, shape, log_snake=log_snake) for key, shape in shapes.items()}


def _rule(role: str, dimensions: int, log_snake: bool) -> Callable[[Draw], Draw]:
    if role == "num_batches_tracked":
        return np.zeros_like
    if role == "running_mean" or (role in SNAKE and log_snake):
        return lambda draw: 0.1 * draw
    if role == "running_var" or role in GAINS | SNAKE:
        return lambda draw: 1 + 0.1 * np.abs(draw)
    if "bias" in role:
        return lambda draw: 0.05 * draw
    if dimensions <= 1:
        return lambda draw: 1 + 0.1 * draw
    return lambda draw: draw / np.sqrt(np.prod(draw.shape[1:]))


def signal(samples: int, sample_rate: int, seed: int) -> Values:
    """Three tones with vibrato and bursts of coloured noise on the grid of 16-bit audio, ``(samples,)``."""
    time = np.arange(samples) / sample_rate
    tones = np.zeros(samples)
    for level, hz, vibrato_hz in ((0.20, 220.0, 5.0), (0.12, 1330.0, 3.0), (0.06, 5210.0, 1.0)):
        tones += level * np.sin(2 * np.pi * hz * time + 3 * np.sin(2 * np.pi * vibrato_hz * time))
    walk = np.cumsum(np.random.Generator(np.random.PCG64(seed)).standard_normal(samples))
    noise = walk - np.convolve(walk, np.ones(64) / 64, mode="same") if samples >= 64 else walk
    gate = 0.5 * (1 + np.sign(np.sin(2 * np.pi * 2.5 * time)))
    mixed = (tones + 0.1 * noise / (np.std(noise) + 1e-9) * gate).astype(np.float32)
    return on_grid(mixed)


def on_grid(values: Values) -> Values:
    """Rounded to multiples of 2^-15, the largest of 16-bit audio's both ends of the range left out."""
    steps = np.clip(np.round(values * FULL_SCALE), 1 - FULL_SCALE, FULL_SCALE - 1)
    return np.asarray(steps / FULL_SCALE, dtype=np.float32)
