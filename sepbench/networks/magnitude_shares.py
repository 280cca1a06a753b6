"""Estimates of all sources refined by the mixture: each gets its share of every bin, with the mixture's phase.

The last step of CodecSep's own evaluation. It needs an estimate of every source that sounds, so a prompt for each.
"""

from __future__ import annotations

from torch import Tensor

from sepbench.networks.spectra import Framing, Spectra

CODECSEP_SHARES = Framing(sample_rate=16000, window=1024, hop=256)


def share_magnitudes(mixture: Tensor, estimates: Tensor, spectra: Spectra) -> Tensor:
    """Waveforms whose magnitudes sum to the mixture's.

    Args:
        mixture: ``(time,)``.
        estimates: ``(sources, time)``, one for each source of the mixture.
        spectra: of `CODECSEP_SHARES`, on the device of both.

    Returns:
        ``(sources, time)``. They sum to the mixture but where all estimates are silent: there nobody gets anything.
        The original's are cut after the last whole hop; the samples beyond it are as the inverse transform gives them.

    Raises:
        SepbenchError: half a window of samples or fewer.
    """
    magnitudes = spectra(estimates).abs()
    total = magnitudes.sum(dim=0)
    shares = magnitudes / total.where(total > 0, 1.0)
    return spectra.inverse(shares * spectra(mixture[None]), mixture.shape[-1])
