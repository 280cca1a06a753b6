"""AudioSep ported line by line: DFTs as convolutions, texts padded to 512 tokens in a batch of two, for every item.

It computes with the tensors of a `ResUNet30` and a `ClapText` of ours, in the steps of the published program.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sepbench.audio import Audio
from sepbench.networks.clap_text import MAX_TOKENS, ClapText, Tokenizer
from sepbench.networks.resunet30 import FRAME_MULTIPLE, POOLS, ResUNet30
from sepbench.networks.spectra import Framing

Shift = Callable[[str], Tensor]


class Port:
    """One mixture and one text at a time."""

    def __init__(self, separator: ResUNet30, text: ClapText, tokenizer: Tokenizer, device: str) -> None:
        self._weights = {key: value.contiguous() for key, value in separator.state_dict().items()}
        self._text, self._tokenizer, self._device = text, tokenizer, device
        self._dft = Dft(separator.base.spectra.framing, device)

    def separate(self, mixture: Audio, text: str) -> Audio:
        """``(time,)`` -> ``(time,)``."""
        waveform = torch.from_numpy(mixture).to(self._device)[None]
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimate: Audio = self._separated(waveform, self._embedded(text))[0].cpu().numpy()
        return estimate

    def _embedded(self, text: str) -> Tensor:
        encoded = self._tokenizer(
            [text, text], padding="max_length", truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        found: Tensor = self._text(*(encoded[name].to(self._device) for name in ("input_ids", "attention_mask")))
        return found[:1]

    def _separated(self, waveform: Tensor, condition: Tensor) -> Tensor:
        real, imaginary = self._dft.forward(waveform)
        magnitude = (real**2 + imaginary**2).clamp(1e-10).sqrt()
        cos, sin = real / magnitude, imaginary / magnitude
        raw = self._logits(magnitude, condition)
        raw = functional.pad(raw, (0, 1))
        share, turn_cos, turn_sin = torch.sigmoid(raw[:, 0]), torch.tanh(raw[:, 1]), torch.tanh(raw[:, 2])
        length = (turn_cos**2 + turn_sin**2).sqrt().clamp(1e-10)
        turn_cos, turn_sin = turn_cos / length, turn_sin / length
        out_cos, out_sin = cos * turn_cos - sin * turn_sin, sin * turn_cos + cos * turn_sin
        # The last bin's mask is a padded zero before the sigmoid, and its turn is (0, 0): it is silent.
        out = functional.relu(magnitude * share)
        return self._dft.inverse(out * out_cos, out * out_sin, waveform.shape[-1])

    def _logits(self, magnitude: Tensor, condition: Tensor) -> Tensor:
        """``(1, frames, bins)`` -> ``(1, 3, frames, bins - 1)``."""
        frames = magnitude.shape[1]
        x = self._norm("base.bn0", magnitude.transpose(1, 2)[..., None])[..., 0].transpose(1, 2)
        x = functional.pad(x[:, None], (0, 0, 0, -frames % FRAME_MULTIPLE))[..., :-1]
        x = self._conv("base.pre_conv", x, 0)
        skips = []
        for number, pool in enumerate(POOLS, 1):
            skips.append(self._residual(f"base.encoder_block{number}.conv_block1", x, condition))
            x = functional.avg_pool2d(skips[-1], pool)
        x = self._residual("base.conv_block7a.conv_block1", x, condition)
        for number, stride in enumerate(reversed(POOLS), 1):
            name = f"base.decoder_block{number}"
            x = functional.leaky_relu(self._norm(f"{name}.bn1", x) + self._shift(f"{name}.beta1", condition), 0.01)
            x = functional.conv_transpose2d(x, self._weights[f"{name}.conv1.weight"], stride=stride)
            x = self._residual(f"{name}.conv_block2", torch.cat((x, skips.pop()), dim=1), condition)
        return self._conv("base.after_conv", x, 0)[:, :, :frames]

    def _residual(self, name: str, x: Tensor, condition: Tensor) -> Tensor:
        y = x
        for step in (1, 2):
            y = self._norm(f"{name}.bn{step}", y) + self._shift(f"{name}.beta{step}", condition)
            y = self._conv(f"{name}.conv{step}", functional.leaky_relu(y, 0.01), 1)
        return y + (self._conv(f"{name}.shortcut", x, 0) if f"{name}.shortcut.weight" in self._weights else x)

    def _shift(self, name: str, condition: Tensor) -> Tensor:
        key = "film." + name.removeprefix("base.").replace(".", "->")
        shift = functional.linear(condition, self._weights[f"{key}.weight"], self._weights[f"{key}.bias"])
        return shift[:, :, None, None]

    def _norm(self, name: str, x: Tensor) -> Tensor:
        stored = (self._weights[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(x, *stored)

    def _conv(self, name: str, x: Tensor, padding: int) -> Tensor:
        return functional.conv2d(x, self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias"), padding=padding)


class Dft:
    """A spectrum and back by convolutions with matrices of cosines and sines."""

    def __init__(self, framing: Framing, device: str) -> None:
        self._window, self._hop, bins = framing.window, framing.hop, framing.bins
        samples = np.arange(self._window)
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * samples / self._window)
        turns = 2 * np.pi / self._window * (np.outer(samples, samples) % self._window)
        cos, sin = hann[:, None] * np.cos(turns), hann[:, None] * np.sin(turns)
        forward = (cos.T[:bins, None], -sin.T[:bins, None])
        inverse = (cos[..., None] / self._window, -sin[..., None] / self._window)
        self._forward = [torch.tensor(part, dtype=torch.float32, device=device) for part in forward]
        self._inverse = [torch.tensor(part, dtype=torch.float32, device=device) for part in inverse]
        self._square = torch.tensor(hann**2, dtype=torch.float32, device=device)

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """``(1, time)`` -> real and imaginary part, ``(1, frames, bins)``."""
        half = self._window // 2
        padded = functional.pad(waveform[:, None], (half, half), mode="reflect")
        real, imaginary = (functional.conv1d(padded, part, stride=self._hop).transpose(1, 2) for part in self._forward)
        return real, imaginary

    def inverse(self, real: Tensor, imaginary: Tensor, samples: int) -> Tensor:
        """Back to ``(1, time)``: the mirrored half added, frames overlapped, divided by the squared windows' sum."""
        whole = torch.cat((real, real[..., 1:-1].flip(-1)), dim=-1).transpose(1, 2)
        turned = torch.cat((imaginary, -imaginary[..., 1:-1].flip(-1)), dim=-1).transpose(1, 2)
        frames = functional.conv1d(whole, self._inverse[0]) + functional.conv1d(turned, self._inverse[1])
        weights = self._square[None, :, None].expand(1, -1, frames.shape[2])
        summed = self._overlapped(frames) / self._overlapped(weights).clamp(1e-11)
        start = self._window // 2
        return summed[:, start : start + samples]

    def _overlapped(self, frames: Tensor) -> Tensor:
        length = (frames.shape[2] - 1) * self._hop + self._window
        folded = functional.fold(frames, (1, length), (1, self._window), stride=(1, self._hop))
        return functional.pad(folded[:, 0, 0], (0, self._window))
