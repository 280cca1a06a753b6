"""What the maskers of CodecSep and CodecFormer share: channels down, a transformer over frames, channels up."""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

FRAME_LIMIT = 2500
"""The table of positions ends here: 50 s at 50 frames a second."""


@dataclass(frozen=True)
class MaskerSize:
    """Size of a masker; the defaults are the official ones, smaller ones make a small network."""

    channels: int = 1024
    width: int = 256
    layers: int = 16
    heads: int = 8
    feed_forward: int = 1024
    frame_limit: int = FRAME_LIMIT


def feed_forward(size: MaskerSize) -> nn.Sequential:
    """Two linear layers, numbered as in files: a dropout that inference skips was between them."""
    return nn.Sequential(
        nn.Linear(size.width, size.feed_forward),
        nn.ReLU(),
        nn.Identity(),
        nn.Linear(size.feed_forward, size.width),
    )
