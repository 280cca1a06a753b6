"""NISQA 2.0 (Mittag et al., Interspeech 2021, arXiv 2104.09494): five ratings of speech from a log mel spectrogram.

A convolutional network reads every segment of 15 frames, self-attention relates the segments, and five heads weigh them
into overall quality, noisiness, discontinuity, coloration and loudness, in the published file's order. Keys are the
official ones, which files wrap under ``model_state_dict``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

BANDS, SEGMENT = 48, 15
CHANNELS = (16, 32, 64, 64, 64, 64)
POOLED = {1: (24, 7), 2: (12, 5), 4: (6, 3)}
"""Bands and frames that are left behind a layer."""
WIDTH, HEAD_WIDTH, LAYERS, RATINGS = 64, 128, 2, 5


class Nisqa(nn.Module):
    """Ratings of one recording."""

    def __init__(self) -> None:
        super().__init__()
        self.cnn = _Named(_Segments())
        self.time_dependency = _Named(_Attention())
        self.pool_layers = nn.ModuleList(_Named(_Head()) for _ in range(RATINGS))

    def forward(self, segments: Tensor) -> Tensor:
        """Rate ``(segments, 48, 15)``, the decibels of one recording: ``(5,)``."""
        heard = self.time_dependency(self.cnn(segments[:, None]))
        return torch.cat([head(heard) for head in self.pool_layers])


class _Named(nn.Module):
    """The level ``model`` that the published keys have."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.model(x)
        return result


class _Segments(nn.Module):
    """``(segments, 1, 48, 15)`` to ``(segments, 384)``: six convolutions, the last over all frames that are left."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (1, *CHANNELS[:-1])
        for number, (before, after) in enumerate(zip(inputs, CHANNELS, strict=True), 1):
            last = number == len(CHANNELS)
            convolution = nn.Conv2d(before, after, 3, padding=(1, 0) if last else 1)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        for number in range(1, len(CHANNELS) + 1):
            x = functional.relu(self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(x)))
            if number in POOLED:
                x = functional.adaptive_max_pool2d(x, POOLED[number])
        return x.flatten(1)


class _Attention(nn.Module):
    """``(segments, 384)`` to ``(segments, 64)``."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.linear = nn.Linear(CHANNELS[-1] * POOLED[4][0], WIDTH)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(self.linear(x))
        for layer in self.layers:
            x = layer(x)
        return x


class _Layer(nn.Module):
    """A transformer's layer with one head, normalised behind each sum."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(WIDTH, 1)
        self.linear1, self.linear2 = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.self_attn(x, x, x, need_weights=False)[0])
        result: Tensor = self.norm2(x + self.linear2(functional.relu(self.linear1(x))))
        return result


class _Head(nn.Module):
    """A weighted mean over segments, and one number of it."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(WIDTH, HEAD_WIDTH), nn.Linear(HEAD_WIDTH, 1)
        self.linear3 = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = torch.softmax(self.linear2(functional.relu(self.linear1(x))), dim=0)
        rating: Tensor = self.linear3((weights * x).sum(dim=0))
        return rating
