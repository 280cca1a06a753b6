"""One iteration of TDANet: features at five rates, gathered, attended to, and merged back from coarse to fine."""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sepbench.networks.tdanet_blocks import (
    Fusion,
    GlobalAttention,
    Norm,
    NormedConv,
    depthwise,
    resized,
)

KERNEL = 5


class ProjectedIn(NormedConv):
    """A pointwise convolution, a norm, a PReLU."""

    def __init__(self, ins: int, outs: int, norm: Norm) -> None:
        super().__init__(nn.Conv1d(ins, outs, 1), norm)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, ins, time)`` -> ``(batch, outs, time)``."""
        y: Tensor = self.act(super().forward(x))
        return y


class UNet(nn.Module):
    """TDANet's; `BestUNet` gathers otherwise.

    Args:
        outs: channels outside.
        width: channels inside.
        rates: how many; each halves the one before.
        norm: by the names of its parameters.
    """

    def __init__(self, outs: int, width: int, rates: int, norm: Norm) -> None:
        super().__init__()
        self.proj_1x1 = ProjectedIn(outs, width, norm)
        self.spp_dw = nn.ModuleList(
            NormedConv(depthwise(width, KERNEL, stride=1 if number == 0 else 2), norm) for number in range(rates)
        )
        self.globalatt = GlobalAttention(width, norm)
        self.last_layer = nn.ModuleList(Fusion(width, KERNEL, norm) for _ in range(rates - 1))
        self.res_conv = nn.Conv1d(width, outs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, outs, time)``."""
        levels = [self.spp_dw[0](self.proj_1x1(x))]
        for layer in self.spp_dw[1:]:
            levels.append(layer(levels[-1]))
        coarsest = levels[-1].shape[-1]
        gathered = torch.stack([nn.functional.adaptive_avg_pool1d(level, coarsest) for level in levels]).sum(dim=0)
        merged = self.merged(self.spread(levels, self.globalatt(gathered)))
        y: Tensor = self.res_conv(merged) + x
        return y

    def spread(self, levels: Sequence[Tensor], overview: Tensor) -> list[Tensor]:
        """What attention found, brought to all rates."""
        return [level + resized(overview, level.shape[-1]) for level in levels]

    def merged(self, levels: Sequence[Tensor]) -> Tensor:
        """From coarse to fine.

        The original starts with the last but one level, fused with the finer one before it: the coarsest is not heard.
        """
        expanded: Tensor = self.last_layer[-1](levels[-2], levels[-3])
        for layer, level in list(zip(self.last_layer[:-1], levels, strict=False))[::-1]:
            expanded = layer(level, expanded)
        return expanded


class BestUNet(UNet):
    """TDANetBest's: gated fusion with what attention found, at all rates."""

    def __init__(self, outs: int, width: int, rates: int, norm: Norm) -> None:
        super().__init__(outs, width, rates, norm)
        self.loc_glo_fus = nn.ModuleList(Fusion(width, 1, norm) for _ in range(rates))

    def spread(self, levels: Sequence[Tensor], overview: Tensor) -> list[Tensor]:
        """What attention found, brought to all rates."""
        return [fusion(level, overview) for fusion, level in zip(self.loc_glo_fus, levels, strict=True)]
