"""TDANet (Li et al., ICLR 2023, arXiv 2209.15200): two speakers separated by one block that runs sixteen times.

It hears no text; the order of its outputs is free. Files hold the tensors under ``state_dict``. The public ones, called
best, were trained on two speakers at 16 kHz with windows of 2 and 4 ms.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from sepbench.networks.tdanet_blocks import NamedNorm, Norm, global_norm
from sepbench.networks.tdanet_unet import BestUNet, UNet

SOURCES = 2
OVERLAP = 4
"""So many windows cover each sample."""


@dataclass(frozen=True)
class TdaNetSize:
    """Windows of `window` samples every quarter of it; `outs` channels between, `width` inside the block."""

    window: int
    outs: int = 128
    width: int = 512
    rates: int = 5
    iterations: int = 16

    @property
    def hop(self) -> int:
        """Samples between windows."""
        return self.window // OVERLAP

    @property
    def basis(self) -> int:
        """Signals that a window is described by."""
        return self.window // 2 + 1


TDANET_2MS = TdaNetSize(window=32)
TDANET_4MS = TdaNetSize(window=64)


class Recurrence(nn.Module):
    """One block, run again and again on the mixture's features plus its own last output."""

    def __init__(self, size: TdaNetSize, unet: UNet) -> None:
        super().__init__()
        self.iterations = size.iterations
        self.unet = unet
        self.concat_block = nn.Sequential(nn.Conv1d(size.outs, size.outs, 1, groups=size.outs), nn.PReLU())

    def forward(self, mixture: Tensor) -> Tensor:
        """``(batch, outs, frames)``."""
        x: Tensor = self.unet(mixture)
        for _ in range(self.iterations - 1):
            x = self.unet(self.concat_block(mixture + x))
        return x


class TdaNet(nn.Module):
    """The separator; `tdanet` and `tdanet_best` make its two variants.

    Args:
        size: `TDANET_2MS` or `TDANET_4MS`.
        norm: by the names of its parameters.
        unet: the block's kind.
    """

    def __init__(self, size: TdaNetSize, norm: Norm, unet: type[UNet]) -> None:
        super().__init__()
        window, hop = size.window, size.hop
        self.size = size
        self.encoder = nn.Conv1d(1, size.basis, window, stride=hop, padding=window // 2, bias=False)
        self.ln = norm(size.basis)
        self.bottleneck = nn.Conv1d(size.basis, size.outs, 1)
        self.sm = Recurrence(size, unet(size.outs, size.width, size.rates, norm))
        self.mask_net = nn.Sequential(nn.PReLU(), nn.Conv1d(size.outs, SOURCES * size.basis, 1), nn.ReLU())
        outs = SOURCES * size.basis
        self.decoder = nn.ConvTranspose1d(outs, SOURCES, window, stride=hop, padding=window // 2, bias=False)

    def forward(self, mixture: Tensor) -> Tensor:
        """Two speakers of ``(batch, time)`` at 16 kHz, ``(batch, 2, time)`` in no order.

        Clips of one batch hear each other (see `sepbench.networks.tdanet_blocks.Attention`).

        Raises:
            SepbenchError: longer than 10,000 frames at the coarsest rate: 80 s with windows of 2 ms, 160 s with 4 ms.
        """
        time, window = mixture.shape[-1], self.size.window
        margin = window - self.size.hop
        rest = window - (self.size.hop + time % window) % window
        described = self.encoder(nn.functional.pad(mixture, (margin, margin + rest))[:, None])
        masks = self.mask_net(self.sm(self.bottleneck(self.ln(described))))
        masked = masks.unflatten(1, (SOURCES, -1)) * described[:, None]
        waves: Tensor = self.decoder(masked.flatten(1, 2))
        return waves[..., margin : margin + time]


def tdanet(size: TdaNetSize) -> TdaNet:
    """The paper's variant; no weights of it are public."""
    return TdaNet(size, global_norm, UNet)


def tdanet_best(size: TdaNetSize) -> TdaNet:
    """The variant of the public files, with gated fusion and norms of other names."""
    return TdaNet(size, NamedNorm, BestUNet)
