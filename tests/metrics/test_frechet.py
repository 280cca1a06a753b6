"""Distances of sets: scipy's matrix root, closed forms, audioldm_eval's values, and what few vectors do to them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import sqrtm

from sepbench.errors import SepbenchError
from sepbench.metrics.frechet import frechet_distance, frechet_infinity, weighted_distances
from sepbench.metrics.mmd import mmd, weighted_mmd
from tests.golden.sets import embeddings

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "sets.json").read_text())["embeddings"]


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(shape)


def with_mean_and_std(vectors: np.ndarray, mean: float, std: float) -> np.ndarray:
    """One-dimensional vectors with exactly these moments."""
    return mean + std * (vectors - vectors.mean()) / vectors.std(ddof=1)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden['n']}x{golden['dim']}")
@pytest.mark.filterwarnings("ignore:Fréchet distance of sets of")
def test_values_agree_with_audioldm_eval(golden: dict[str, float]) -> None:
    n, dim = int(golden["n"]), int(golden["dim"])
    first, second = embeddings(n, dim)
    tolerance = 1e-2 if n < dim else 1e-3  # scipy's root of a singular matrix
    found = frechet_distance(estimate=second, reference=first)
    assert found == pytest.approx(golden["frechet"], abs=tolerance)
    assert frechet_distance(estimate=first, reference=second) == pytest.approx(found, rel=1e-9)
    assert frechet_distance(estimate=first, reference=first) == pytest.approx(0, abs=1e-4)


def test_two_gaussians_in_one_dimension() -> None:
    one, other = with_mean_and_std(normal(1, 50, 1), 3.0, 2.0), with_mean_and_std(normal(2, 50, 1), -1.0, 0.5)
    assert frechet_distance(estimate=one, reference=other) == pytest.approx(4.0**2 + 1.5**2, rel=1e-12)


@pytest.mark.parametrize(("n", "dim"), [(200, 12), (9, 12)])
def test_scipys_matrix_root_gives_the_same(n: int, dim: int) -> None:
    one, other = normal(3, n, dim) @ normal(4, dim, dim), normal(5, n, dim) @ normal(6, dim, dim) + 1
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    # The root of S1^½ S2 S1^½ has the trace of the root of S1 S2 and exists where S1 is singular.
    values, axes = np.linalg.eigh(first)
    half = axes @ np.diag(np.sqrt(np.maximum(values, 0))) @ axes.T
    crossed = np.real(np.trace(sqrtm(half @ second @ half + 1e-12 * np.eye(dim))))
    wanted = np.sum((one.mean(0) - other.mean(0)) ** 2) + np.trace(first + second) - 2 * crossed
    assert frechet_distance(estimate=one, reference=other) == pytest.approx(wanted, rel=1e-5)


def test_a_shift_adds_its_square_and_a_rotation_of_both_nothing() -> None:
    one, other = normal(7, 300, 6), 2 * normal(8, 300, 6)
    distance = frechet_distance(estimate=one, reference=other)
    centred = [vectors - vectors.mean(0) for vectors in (one, other)]
    apart = frechet_distance(estimate=centred[0] + 5, reference=centred[1])
    assert apart == pytest.approx(frechet_distance(estimate=centred[0], reference=centred[1]) + 6 * 25, rel=1e-9)
    turn, _ = np.linalg.qr(normal(9, 6, 6))
    assert frechet_distance(estimate=one @ turn, reference=other @ turn) == pytest.approx(distance, rel=1e-9)


@pytest.mark.parametrize(("n", "tolerance"), [(500, 0.04), (2000, 0.03)])
def test_one_distribution_against_itself_is_as_far_as_theory_says(n: int, tolerance: float) -> None:
    # Of two samples of N(0, 1)^d: 2d / n from the means and d (d + 1) / 2n from the covariances, for large n.
    distances = [
        frechet_distance(estimate=normal(10 + seed, n, 128), reference=normal(20 + seed, n, 128)) for seed in range(4)
    ]
    assert np.mean(distances) == pytest.approx((2 * 128 + 128 * 129 / 2) / n, rel=tolerance)


def test_ten_times_fewer_vectors_are_ten_times_as_far() -> None:
    # The published measurements, up to their unknown seed: 472, 264, 129, 53, 13 for n = 50, 100, 200, 500, 2000.
    correlation = 0.2 * normal(30, 128, 128)
    for n, measured in ((50, 472.3), (100, 263.9), (200, 129.4), (500, 53.2), (2000, 13.2)):
        found = frechet_distance(estimate=normal(31, n, 128) @ correlation, reference=normal(32, n, 128) @ correlation)
        assert found == pytest.approx(measured, rel=0.15)


def test_extrapolation_takes_the_bias_away_and_leaves_the_distance() -> None:
    one, other = normal(40, 3000, 16), normal(41, 3000, 16)
    biased = frechet_distance(estimate=one, reference=other)
    assert abs(frechet_infinity(estimate=one, reference=other)) < biased / 3
    # N(0, 1) against N(1, 1.5) in each of 16 dimensions: 16 (1 + 0.25).
    assert frechet_infinity(estimate=1.5 * one + 1, reference=other) == pytest.approx(20, rel=0.03)
    assert frechet_infinity(estimate=one, reference=other) == frechet_infinity(estimate=one, reference=other)


def test_what_has_no_covariance_or_no_line_is_refused() -> None:
    with pytest.raises(SepbenchError, match=r"estimate: not a set of vectors .*: given shape \(1, 4\); wanted two"):
        frechet_distance(estimate=np.zeros((1, 4)), reference=np.zeros((5, 4)))
    with pytest.raises(SepbenchError, match=r"given shape \(5, 3\); wanted two vectors or more, of 4 dimensions"):
        frechet_distance(estimate=np.zeros((5, 3)), reference=np.zeros((5, 4)))
    with pytest.raises(SepbenchError, match="reference: NaN or infinity"):
        frechet_distance(estimate=np.zeros((2, 1)), reference=np.array([[0.0], [np.nan]]))
    with pytest.raises(SepbenchError, match="given 999 and 999 vectors; wanted as many of each, 1000 at least"):
        frechet_infinity(estimate=np.zeros((999, 2)), reference=np.zeros((999, 2)))
    with pytest.warns(UserWarning, match="sets of 3 and 4 vectors: its bias depends on n"):
        frechet_distance(estimate=normal(1, 3, 2), reference=normal(2, 4, 2))


@pytest.mark.parametrize(("n", "dim"), [(30, 4), (6, 9)])
def test_counting_a_vector_twice_is_having_it_twice(n: int, dim: int) -> None:
    one, other = normal(50, n, dim), normal(51, n, dim) + 1
    times = np.random.Generator(np.random.PCG64(52)).integers(0, 3, (2, n))
    for row, distance, discrepancy in zip(
        times, weighted_distances(one, other, times), weighted_mmd(one, other, times), strict=True
    ):
        repeated = {"estimate": np.repeat(one, row, axis=0), "reference": np.repeat(other, row, axis=0)}
        assert distance == pytest.approx(frechet_distance(**repeated), rel=1e-6)
        assert discrepancy == pytest.approx(mmd(**repeated), rel=1e-9)
    none = np.zeros((1, n), dtype=np.int64)
    assert np.isnan([*weighted_distances(one, other, none), *weighted_mmd(one, other, none)]).all()


def test_mmd_is_the_mean_over_pairs() -> None:
    one, other = normal(60, 7, 3), normal(61, 7, 3)

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float((x @ y / 3 + 1) ** 3)

    pairs = [(i, j) for i in range(7) for j in range(7) if i != j]
    terms = [
        kernel(one[i], one[j]) + kernel(other[i], other[j]) - kernel(one[i], other[j]) - kernel(other[i], one[j])
        for i, j in pairs
    ]
    assert mmd(estimate=one, reference=other) == pytest.approx(np.mean(terms), rel=1e-12)
    assert mmd(estimate=one, reference=one) == pytest.approx(0, abs=1e-12)
    with pytest.raises(SepbenchError, match=r"not two sets of paired vectors: given shapes \(1, 3\) and \(7, 3\)"):
        mmd(estimate=one[:1], reference=other)


def test_mmd_of_one_distribution_is_zero_on_average_at_any_n() -> None:
    for n in (10, 600):  # the larger one needs two blocks
        found = [mmd(estimate=normal(seed, n, 8), reference=normal(1000 + seed, n, 8)) for seed in range(100)]
        assert min(found) < 0 < max(found)
        assert abs(np.mean(found)) < 3 * np.std(found) / 10
