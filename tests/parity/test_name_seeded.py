"""The weight recipe, against its definition spelt out for each role."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tests.parity.name_seeded import signal, weight


def draw(key: str, *shape: int) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(shape)


@pytest.mark.parametrize(
    ("key", "shape", "wanted"),
    [
        ("a.conv.weight", (4, 3, 5), lambda x: x / np.sqrt(15)),
        ("a.norm.weight", (4,), lambda x: 1 + 0.1 * x),
        ("a.scale", (), lambda x: 1 + 0.1 * x),
        ("a.norm.bias", (4,), lambda x: 0.05 * x),
        ("a.in_proj_bias", (4,), lambda x: 0.05 * x),
        ("a.running_var", (4,), lambda x: 1 + 0.1 * np.abs(x)),
        ("a.running_mean", (4,), lambda x: 0.1 * x),
        ("a.alpha", (1, 4, 1), lambda x: 1 + 0.1 * np.abs(x)),
        ("a.weight_g", (4, 1, 1), lambda x: 1 + 0.1 * np.abs(x)),
        ("a.parametrizations.weight.original0", (4, 1, 1), lambda x: 1 + 0.1 * np.abs(x)),
        ("a.parametrizations.weight.original1", (4, 2), lambda x: x / np.sqrt(2)),
        ("a.num_batches_tracked", (), lambda x: 0 * x),
        ("film.block->beta1.weight", (4, 2), lambda x: x / np.sqrt(2)),
    ],
)
def test_each_role_has_its_scale(key: str, shape: tuple[int, ...], wanted: object) -> None:
    assert callable(wanted)
    np.testing.assert_array_equal(weight(key, shape), np.float32(wanted(draw(key, *shape))))


def test_slopes_in_log_scale_are_centred_on_zero() -> None:
    np.testing.assert_array_equal(weight("a.beta", (4,), log_snake=True), np.float32(0.1 * draw("a.beta", 4)))


def test_signals_lie_on_the_grid_of_16_bit_audio() -> None:
    samples = signal(16000, 16000, 3)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples * 32768, np.round(samples * 32768))
    assert 0.5 < np.abs(samples).max() < 1.0
