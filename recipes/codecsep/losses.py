"""What training lowers: ratios of signal to error, in dB or as shares of power. Batches are ``(..., time)``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sepbench.errors import SepbenchError

EPSILON = 1e-8


@dataclass(frozen=True)
class WaveWeights:
    """How much each ratio counts; together one.

    Attributes:
        si_sdr: negative scale-invariant ratio in dB, means taken out: the only one of CodecSep's paper.
        snr: negative ratio in dB with scale, which removal as mixture minus estimate needs; defined for silence too.

    Raises:
        SepbenchError: a weight below zero, or weights that do not add to one.
    """

    si_sdr: float = 1.0
    snr: float = 0.0

    def __post_init__(self) -> None:
        if min(self.si_sdr, self.snr) < 0 or not math.isclose(self.si_sdr + self.snr, 1.0):
            raise SepbenchError(
                "weights that make no mean of ratios",
                given=f"si_sdr {self.si_sdr}, snr {self.snr}",
                wanted="two numbers from 0 to 1 that add to 1",
                remedy="correct the recipe's settings",
            )


def si_sdr_loss(estimate: Tensor, reference: Tensor) -> Tensor:
    """Negative SI-SDR in dB ``(...)``, of signals less their means (Le Roux et al., arXiv 1811.02508).

    >>> reference = torch.tensor([[3.0, -3.0, 1.0, -1.0]])
    >>> bool(si_sdr_loss(2 * reference, reference) < -60)
    True
    """
    estimate, reference = (one - one.mean(-1, keepdim=True) for one in (estimate, reference))
    scale = (estimate * reference).sum(-1, keepdim=True) / (reference.square().sum(-1, keepdim=True) + EPSILON)
    return -_decibels((scale * reference).square().sum(-1), (estimate - scale * reference).square().sum(-1))


def snr_loss(estimate: Tensor, reference: Tensor, mixture: Tensor, *, most_db: float) -> Tensor:
    """Negative SNR in dB ``(...)``, no better than `most_db` counts; a silent reference is measured by the mixture.

    Source: the thresholded loss for sounds that are not there of Wisdom et al., arXiv 2011.00803, section 2.
    """
    share = 10 ** (-most_db / 10)
    silent = reference.square().sum(-1) == 0
    level = torch.where(silent, mixture.square().sum(-1), reference.square().sum(-1))
    return -_decibels(level, (estimate - reference).square().sum(-1) + share * level)


def wave_loss(
    estimate: Tensor, reference: Tensor, mixture: Tensor, weights: WaveWeights, *, most_db: float = 30.0
) -> Tensor:
    """The weighted ratios in dB, meaned over a batch ``(batch, time)``; scale-invariant ones over what sounds."""
    loss = estimate.new_zeros(())
    if weights.si_sdr:
        sounding = reference.square().sum(-1) > 0
        loss = loss + weights.si_sdr * si_sdr_loss(estimate[sounding], reference[sounding]).mean()
    if weights.snr:
        loss = loss + weights.snr * snr_loss(estimate, reference, mixture, most_db=most_db).mean()
    return loss


def loss_over_mixture(estimate: Tensor, reference: Tensor, mixture: Tensor, weights: WaveWeights) -> Tensor:
    """The same less that of the untouched mixture, in dB: below zero is better than doing nothing.

    The mixture's own loss has no gradient, so that this one teaches what `wave_loss` does; but batches of faint targets
    weigh as much as others once it is a share of power.
    """
    return wave_loss(estimate, reference, mixture, weights) - wave_loss(mixture, reference, mixture, weights)


def power_share(decibels: Tensor) -> Tensor:
    """A ratio in dB as a share of power: halving it is 3 dB, whatever it was; of a mean in dB, the geometric mean.

    >>> round(float(power_share(torch.tensor(-3.0103))), 4)
    0.5
    """
    return torch.pow(10, decibels / 10)


def contrastive_loss(ones: Tensor, others: Tensor, *, temperature: float) -> Tensor:
    """Symmetric cross-entropy of matching pairs ``(pairs, width)``, both of unit length (Radford et al., 2021).

    >>> round(float(contrastive_loss(torch.eye(2), torch.eye(2), temperature=1.0)), 4)
    0.3133
    """
    scores = ones @ others.t() / temperature
    matches = torch.arange(len(scores), device=scores.device)
    both = [torch.nn.functional.cross_entropy(one, matches) for one in (scores, scores.t())]
    return torch.stack(both).mean()


def _decibels(signal: Tensor, error: Tensor) -> Tensor:
    return 10 * torch.log10((signal + EPSILON) / (error + EPSILON))
