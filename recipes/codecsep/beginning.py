"""Where a small masker and a small text tower begin."""

from __future__ import annotations

from typing import cast

from torch import nn

from sepbench.networks.clap_text import ClapText
from sepbench.networks.codecsep import CodecSep

HALF_MASK = 0.5
TEXT_DEVIATION = 0.15


def begin_masker(network: CodecSep) -> None:
    """Half of everything is the first mask."""
    last = cast("nn.Conv1d", network.separator.output[0])
    if last.bias is not None:
        nn.init.constant_(last.bias, HALF_MASK)


def begin_text(network: ClapText) -> None:
    """Embeddings and layers of a width of some dozens want larger draws than the 0.02 of a width of 768."""
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=TEXT_DEVIATION)
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
