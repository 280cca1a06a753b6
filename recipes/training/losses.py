"""What training lowers: ratios of signal to error in dB, and distances of log spectra. Batches are ``(..., time)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

EPSILON = 1e-8


@dataclass(frozen=True)
class WaveWeights:
    """How much each term counts; zero leaves it out.

    Attributes:
        si_sdr: negative scale-invariant ratio in dB, means taken out: the only term of CodecSep's paper.
        snr: negative ratio in dB with scale, which removal as mixture minus estimate needs; defined for silence too.
        spectral: distance of log magnitudes and relative distance of magnitudes, on several windows.
    """

    si_sdr: float = 1.0
    snr: float = 0.0
    spectral: float = 0.0


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


def spectral_loss(estimate: Tensor, reference: Tensor, windows: Sequence[int]) -> Tensor:
    """Mean over windows of spectral convergence plus the L1 distance of log magnitudes: a scalar.

    Source: Yamamoto et al., arXiv 1910.11480, eqs. 4 to 6, with hops of a quarter.
    """
    losses = []
    for window in windows:
        one, other = (_magnitudes(signal, window) for signal in (estimate, reference))
        convergence = (one - other).norm() / (other.norm() + EPSILON)
        losses.append(convergence + (one.clamp_min(1e-4).log() - other.clamp_min(1e-4).log()).abs().mean())
    return torch.stack(losses).mean()


def wave_loss(
    estimate: Tensor,
    reference: Tensor,
    mixture: Tensor,
    weights: WaveWeights,
    *,
    most_db: float = 30.0,
    windows: Sequence[int] = (2048, 512, 128),
) -> Tensor:
    """The weighted terms, meaned over a batch ``(batch, time)``; scale-invariant ones over references that sound."""
    loss = estimate.new_zeros(())
    if weights.si_sdr:
        sounding = reference.square().sum(-1) > 0
        loss = loss + weights.si_sdr * si_sdr_loss(estimate[sounding], reference[sounding]).mean()
    if weights.snr:
        loss = loss + weights.snr * snr_loss(estimate, reference, mixture, most_db=most_db).mean()
    if weights.spectral:
        loss = loss + weights.spectral * spectral_loss(estimate, reference, windows)
    return loss


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


def _magnitudes(signal: Tensor, window: int) -> Tensor:
    shape = torch.hann_window(window, device=signal.device)
    spectrum = torch.stft(signal, window, window // 4, window=shape, return_complex=True)
    return (spectrum.real.square() + spectrum.imag.square() + EPSILON).sqrt()
