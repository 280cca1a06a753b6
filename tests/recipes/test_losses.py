"""What training lowers, against closed forms."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from recipes.codecsep.losses import (  # noqa: E402
    WaveWeights,
    contrastive_loss,
    loss_over_mixture,
    power_share,
    si_sdr_loss,
    snr_loss,
    wave_loss,
)
from sepbench.errors import SepbenchError  # noqa: E402
from sepbench.metrics.waveform import si_sdr  # noqa: E402


def signals(seed: int, count: int = 2, samples: int = 4000) -> torch.Tensor:
    return 0.1 * torch.randn(count, samples, generator=torch.Generator().manual_seed(seed))


def test_si_sdr_is_the_metric_s_but_for_its_sign() -> None:
    estimate, reference = signals(0), signals(1)
    estimate += reference
    for number in range(2):
        one, other = (each[number] - each[number].mean() for each in (estimate, reference))
        measured = si_sdr(estimate=one.double().numpy(), reference=other.double().numpy())
        assert float(si_sdr_loss(estimate, reference)[number]) == pytest.approx(-measured, abs=1e-3)


def test_an_estimate_at_half_the_size_has_an_snr_of_six_decibels() -> None:
    reference = signals(1)
    found = snr_loss(reference / 2, reference, reference, most_db=200.0)
    assert found.tolist() == pytest.approx([-20 * math.log10(2)] * 2, abs=1e-4)


def test_no_snr_beyond_the_highest_counts() -> None:
    reference = signals(1)
    assert snr_loss(reference, reference, reference, most_db=30.0).tolist() == pytest.approx([-30.0] * 2, abs=1e-4)


def test_silence_is_measured_by_the_mixture() -> None:
    mixture = signals(1)
    silence = torch.zeros_like(mixture)
    assert snr_loss(0.1 * mixture, silence, mixture, most_db=200.0).tolist() == pytest.approx([-20.0] * 2, abs=1e-4)


def test_a_silent_reference_leaves_the_scale_invariant_term_out() -> None:
    reference = torch.cat([signals(1, 1), torch.zeros(1, 4000)])
    estimate = reference + signals(2)
    loss = wave_loss(estimate, reference, reference, WaveWeights())
    assert float(loss) == pytest.approx(float(si_sdr_loss(estimate[:1], reference[:1])), rel=1e-5)


@pytest.mark.parametrize("weights", [{"si_sdr": 0.5}, {"si_sdr": 1.5, "snr": -0.5}])
def test_weights_that_make_no_mean_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(SepbenchError, match="no mean"):
        WaveWeights(**weights)


@pytest.mark.parametrize("weights", [WaveWeights(), WaveWeights(0.0, 1.0), WaveWeights(0.5, 0.5)])
def test_the_untouched_mixture_has_all_of_its_error_and_a_tenth_of_the_interference_a_hundredth(
    weights: WaveWeights,
) -> None:
    reference, rest = signals(1), signals(2)
    rest -= (rest * reference).sum(-1, keepdim=True) / reference.square().sum(-1, keepdim=True) * reference
    mixture = reference + rest
    untouched = power_share(loss_over_mixture(mixture, reference, mixture, weights))
    tenth = power_share(loss_over_mixture(reference + rest / 10, reference, mixture, weights))
    assert float(untouched) == pytest.approx(1.0, rel=1e-5)
    assert float(tenth) == pytest.approx(0.01, rel=0.15)  # no SNR beyond 30 dB counts; means are taken out


def test_the_share_of_a_mean_in_decibels_is_the_geometric_mean_of_shares() -> None:
    shares = torch.tensor([0.5, 0.02])
    assert float(power_share((10 * shares.log10()).mean())) == pytest.approx(0.1, rel=1e-5)


def test_pairs_that_are_all_alike_are_told_apart_by_chance() -> None:
    same = torch.nn.functional.normalize(torch.ones(8, 4), dim=1)
    assert float(contrastive_loss(same, same, temperature=0.1)) == pytest.approx(math.log(8), rel=1e-5)
