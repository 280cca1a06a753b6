"""ResUNet30, the separator of AudioSep (Liu et al., arXiv 2308.05037) and of DCASE 2024 Task 9's baseline.

A U-Net on the magnitude spectrum whose channels are shifted by a text's embedding (FiLM without scaling); it gives a
mask of magnitude and phase for every bin below half the rate. Keys are the official ones, with their literal ``->``;
an official file wraps them under ``state_dict`` with the prefix ``ss_model.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from sepbench.networks.norms import stored_norm
from sepbench.networks.overlap_add import Overlap
from sepbench.networks.resunet_blocks import DecoderBlock, EncoderBlock
from sepbench.networks.spectra import Framing, Spectra

if TYPE_CHECKING:
    from sepbench.networks.state_dict import Shapes

AUDIOSEP_32K = Framing(sample_rate=32000, window=2048, hop=320)
DCASE_16K = Framing(sample_rate=16000, window=1024, hop=160)
WIDTHS = (32, 64, 128, 256, 384, 384)
"""Channels after each encoder block."""

CONDITION = 512
POOLS = ((2, 2),) * 5 + ((1, 2),)
FRAME_MULTIPLE = 32
"""The encoder halves the number of frames five times."""

MAGNITUDE_FLOOR = 1e-5
PHASE_FLOOR = 1e-10


def aligned_windows(framing: Framing) -> Overlap:
    """Windows of 10.24 s for long audio, all lengths multiples of 32 frames.

    Frames and poolings then fall where they fall in the whole clip, and with untrained weights the pieces equal it to
    -90 dB; windows with a margin of a second that ignore this grid miss it by a sixth of its level.
    """
    grid = framing.hop * FRAME_MULTIPLE
    return Overlap(window=32 * grid, margin=3 * grid, fade=grid)


class ResUNet30(nn.Module):
    """The separator.

    Args:
        framing: `AUDIOSEP_32K` or `DCASE_16K`.
        widths: channels after each of six encoder blocks; fewer than the official ones make a small network.
        condition: length of the text embedding.
    """

    def __init__(
        self, framing: Framing = AUDIOSEP_32K, *, widths: Sequence[int] = WIDTHS, condition: int = CONDITION
    ) -> None:
        super().__init__()
        self.base = Base(framing, widths)
        self.film = nn.ModuleDict({name: nn.Linear(condition, width) for name, width in _shifted(self.base)})
        # A fifth faster on a CPU; loading weights keeps it. torch's own annotations do not know this form of `to`.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload,unused-ignore]

    @property
    def fixed(self) -> Shapes:
        """Tensors of the official file that the architecture determines."""
        framing = self.base.spectra.framing
        return {**framing.dft_shapes("base.stft."), **framing.inverse_dft_shapes("base.istft.")}

    def forward(self, mixture: Tensor, condition: Tensor) -> Tensor:
        """Separate what the condition tells.

        Args:
            mixture: ``(batch, 1, time)`` at the framing's rate, half a window and one sample or longer.
            condition: ``(batch, 512)``, CLAP's text embedding of unit length.

        Returns:
            ``(batch, 1, time)``; silence for silence.

        Raises:
            SepbenchError: the mixture is shorter than that.
        """
        spectrum = self.base.spectra(mixture[:, 0])
        logits = self.base(spectrum.abs().clamp_min(MAGNITUDE_FLOOR), self.film, condition)
        masked = spectrum * complex_mask(logits.float()).transpose(1, 2)
        return self.base.spectra.inverse(masked, mixture.shape[-1])[:, None]


class Base(nn.Module):
    """Everything but the conditioning; `forward` goes from magnitudes to a mask's logits."""

    def __init__(self, framing: Framing, widths: Sequence[int]) -> None:
        super().__init__()
        self.spectra = Spectra(framing)
        self.bn0 = nn.BatchNorm2d(framing.bins)
        self.pre_conv = nn.Conv2d(1, widths[0], 1)
        ins = (widths[0], *widths)
        for number, pool in enumerate(POOLS, 1):
            setattr(self, f"encoder_block{number}", EncoderBlock(ins[number - 1], ins[number], pool))
        self.conv_block7a = EncoderBlock(widths[-1], widths[-1], (1, 1))
        outs = (widths[-1], *reversed(widths))
        for number, stride in enumerate(reversed(POOLS), 1):
            setattr(self, f"decoder_block{number}", DecoderBlock(outs[number - 1], outs[number], stride))
        self.after_conv = nn.Conv2d(widths[0], 3, 1)

    def forward(self, magnitude: Tensor, film: nn.ModuleDict, condition: Tensor) -> Tensor:
        """``(batch, bins, frames)`` -> ``(batch, 3, frames, bins - 1)``: the last bin is never heard."""
        frames = magnitude.shape[2]
        x = stored_norm(self.bn0, magnitude).transpose(1, 2)
        x = nn.functional.pad(x, (0, -1, 0, -frames % FRAME_MULTIPLE))
        x = self.pre_conv(x[:, None])
        skips: list[Tensor] = []
        for number in range(1, len(POOLS) + 1):
            name = f"encoder_block{number}"
            x, skip = getattr(self, name)(x, *(film[key](condition) for key in _encoder_keys(name)))
            skips.append(skip)
        x, _ = self.conv_block7a(x, *(film[key](condition) for key in _encoder_keys("conv_block7a")))
        for number in range(1, len(POOLS) + 1):
            name = f"decoder_block{number}"
            x = getattr(self, name)(x, skips.pop(), *(film[key](condition) for key in _decoder_keys(name)))
        logits: Tensor = self.after_conv(x)
        return logits[:, :, :frames]


def complex_mask(logits: Tensor) -> Tensor:
    """Magnitude and turn of every bin from three numbers; zero for one bin more, the last.

    Args:
        logits: ``(batch, 3, frames, bins - 1)``: magnitude before the sigmoid, real and imaginary part before tanh.

    Returns:
        Complex ``(batch, frames, bins)`` of magnitude at most 1.

    >>> mask = complex_mask(torch.tensor([0.0, 20.0, 0.0]).reshape(1, 3, 1, 1))
    >>> [round(abs(complex(value)), 3) for value in mask.flatten()]
    [0.5, 0.0]
    """
    magnitude = torch.sigmoid(logits[:, 0])
    turn = torch.complex(torch.tanh(logits[:, 1]), torch.tanh(logits[:, 2]))
    mask = turn * (magnitude / turn.abs().clamp_min(PHASE_FLOOR))
    return nn.functional.pad(mask, (0, 1))


def _encoder_keys(name: str) -> tuple[str, str]:
    return f"{name}->conv_block1->beta1", f"{name}->conv_block1->beta2"


def _decoder_keys(name: str) -> tuple[str, str, str]:
    return f"{name}->beta1", f"{name}->conv_block2->beta1", f"{name}->conv_block2->beta2"


def _shifted(base: Base) -> Iterator[tuple[str, int]]:
    """Names and widths of all shifts, one for each batch norm inside the blocks, used or not."""
    for name, module in base.named_modules():
        place, _, norm = name.rpartition(".")
        if isinstance(module, nn.BatchNorm2d) and place:
            yield f"{place.replace('.', '->')}->beta{norm.removeprefix('bn')}", module.num_features
