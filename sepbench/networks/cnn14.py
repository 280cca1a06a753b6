"""Cnn14 of PANNs (Kong et al., IEEE/ACM TASLP 2020, doi 10.1109/TASLP.2020.3030497): tags of AudioSet's 527 classes.

Three readings of one trunk: `Cnn14` tags a whole clip (and gives the logits and embeddings that KL divergence and
Fréchet distance are taken over), `DecisionLevelMax` and `DecisionLevelAtt` tag every frame. Keys are the official ones,
which files wrap under ``model``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.cnn14_trunk import FRAMES_PER_SEGMENT, PANNS_32K, WIDTHS, FrontEnd, Trunk

CLASSES = 527
ATTENTION_LIMIT = 10.0


@dataclass(frozen=True)
class ClipTags:
    """`logits` and `probabilities` ``(batch, 527)``; `embedding` ``(batch, 2048)``, never negative."""

    logits: Tensor
    probabilities: Tensor
    embedding: Tensor


@dataclass(frozen=True)
class FrameTags:
    """`frames` ``(batch, 1 + time // hop, 527)`` and `clip` ``(batch, 527)``, probabilities.

    Frames come in runs of 32 equal ones; what is left of a clip after the last whole run repeats it.
    """

    frames: Tensor
    clip: Tensor


class Cnn14(Trunk):
    """One set of tags for a clip."""

    def __init__(self, front_end: FrontEnd = PANNS_32K, *, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__(front_end, widths=widths)
        self.fc_audioset = nn.Linear(widths[-1], CLASSES)

    def forward(self, waveform: Tensor) -> ClipTags:
        """Tag ``(batch, time)``.

        Raises:
            SepbenchError: fewer than 32 frames.
        """
        x = self.features(self.logmel(waveform))
        embedding = nn.functional.relu_(self.fc1(x.amax(dim=2) + x.mean(dim=2)))
        logits = self.fc_audioset(embedding)
        return ClipTags(logits=logits, probabilities=torch.sigmoid(logits), embedding=embedding)


class DecisionLevelMax(Trunk):
    """Tags of every frame; the clip's are the largest."""

    def __init__(self, front_end: FrontEnd = PANNS_32K, *, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__(front_end, widths=widths)
        self.fc_audioset = nn.Linear(widths[-1], CLASSES)

    def forward(self, waveform: Tensor) -> FrameTags:
        """Tag ``(batch, time)``.

        Raises:
            SepbenchError: fewer than 32 frames.
        """
        logmel = self.logmel(waveform)
        segments = torch.sigmoid(self.fc_audioset(self.segments(logmel)))
        return FrameTags(frames=per_frame(segments, logmel.shape[1]), clip=segments.amax(dim=1))


class Attention(nn.Module):
    """Two 1x1 convolutions: which segments count for a class, and what they say of it."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.att = nn.Conv1d(inputs, CLASSES, 1)
        self.cla = nn.Conv1d(inputs, CLASSES, 1)
        self.bn_att = nn.BatchNorm1d(CLASSES)  # trained files hold it, no forward pass uses it


class DecisionLevelAtt(Trunk):
    """Tags of every frame; the clip's are their average by attention. The event detector of EventSep."""

    def __init__(self, front_end: FrontEnd = PANNS_32K, *, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__(front_end, widths=widths)
        self.att_block = Attention(widths[-1])

    def forward(self, waveform: Tensor) -> FrameTags:
        """Tag ``(batch, time)``.

        Raises:
            SepbenchError: fewer than 32 frames.
        """
        logmel = self.logmel(waveform)
        x = self.segments(logmel).transpose(1, 2)
        weights = torch.softmax(self.att_block.att(x).clamp(-ATTENTION_LIMIT, ATTENTION_LIMIT), dim=2)
        segments = torch.sigmoid(self.att_block.cla(x))
        clip = (weights * segments).sum(dim=2)
        return FrameTags(frames=per_frame(segments.transpose(1, 2), logmel.shape[1]), clip=clip)


def event_scores(probabilities: Tensor, *, activation: str) -> Tensor:
    """What EventSep thresholds: the probabilities (``single``, the paper) or their sigmoid (``double``, its code).

    The second sigmoid leaves scores between 0.5 and 0.731: a threshold of 0.5 or less lets everything through.

    Raises:
        SepbenchError: unknown activation.

    >>> event_scores(torch.tensor([0.0, 1.0]), activation="double")
    tensor([0.5000, 0.7311])
    """
    if activation not in ("single", "double"):
        raise SepbenchError("unknown activation of event scores", given=activation, wanted="single or double")
    return torch.sigmoid(probabilities) if activation == "double" else probabilities


def per_frame(segments: Tensor, frames: int) -> Tensor:
    """``(batch, segments, classes)`` -> ``(batch, frames, classes)``: each 32 times, the last as often as needed.

    >>> per_frame(torch.tensor([[[1.0], [2.0]]]), 66)[0, [0, 31, 32, 65], 0].tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    index = torch.arange(frames, device=segments.device) // FRAMES_PER_SEGMENT
    return segments[:, index.clamp_max(segments.shape[1] - 1)]
