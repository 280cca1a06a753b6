"""Levels of estimates, by what each way promises."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sepbench.errors import SepbenchError
from sepbench.separators.levels import RESTORES, restored


def noise(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(4000).astype(np.float32)


def test_rms_makes_it_as_loud_as_the_mixture() -> None:
    found = restored(noise(0), 0.1 * noise(1), how="rms")
    assert np.mean(found**2) == pytest.approx(np.mean((0.1 * noise(1)) ** 2), rel=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_least_squares_leaves_a_rest_at_right_angles(sign: int) -> None:
    estimate = np.float32(sign) * (3 * noise(0) + noise(1))
    found = restored(estimate, noise(0), how="least-squares")
    assert abs(np.dot(noise(0) - found, found)) < 1e-3
    assert np.sign(np.dot(found, estimate)) == sign


def test_least_squares_undoes_a_gain() -> None:
    np.testing.assert_allclose(restored(-8 * noise(0), noise(0), how="least-squares"), noise(0), rtol=1e-6)


def test_none_leaves_it() -> None:
    np.testing.assert_array_equal(restored(noise(0), noise(1), how="none"), noise(0))


@pytest.mark.parametrize("how", RESTORES)
def test_silence_stays_silence(how: str) -> None:
    assert not restored(np.zeros(10, np.float32), noise(0)[:10], how=how).any()


def test_another_word_is_refused() -> None:
    with pytest.raises(SepbenchError, match="unknown way to restore a level: given loudness; wanted none, rms"):
        restored(noise(0), noise(1), how="loudness")
