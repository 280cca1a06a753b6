"""FlowSep (Yuan et al., arXiv 2409.07614): a sound is made anew, from noise, the mixture's spectrum and a text.

The mixture's log-mel spectrum becomes a latent map; beside it noise flows to the latent map of the wanted sound; that
becomes a spectrum, and a vocoder makes a waveform of it. Level and phase of the mixture are lost on the way.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from sepbench.networks.bigvgan import BigVgan, VocoderSize
from sepbench.networks.flowsep_flow import euler
from sepbench.networks.flowsep_logmel import BANDS, FRAMES, FRAMING, LogMagnitudeMel, prepared
from sepbench.networks.flowsep_text import BYTES, T5Text, TextSize
from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.flowsep_unet import Unet, UnetSize
from sepbench.networks.flowsep_vae import Autoencoder, VaeSize


@dataclass(frozen=True)
class FlowSepSize:
    """Of every part; the official one by default."""

    vae: VaeSize = field(default_factory=VaeSize)
    unet: UnetSize = field(default_factory=UnetSize)
    vocoder: VocoderSize = field(default_factory=VocoderSize)
    text: TextSize = field(default_factory=TextSize)


TINY = FlowSepSize(
    vae=VaeSize(width=8, multiples=(1, 1, 2), depth=1),
    unet=UnetSize(width=8, multiples=(1, 1, 2, 2), depth=1, head_width=8, text_width=32),
    vocoder=VocoderSize(width=32, taps=(3,)),
    text=TextSize(vocabulary=BYTES, width=32, layers=1, heads=2, head_width=16, feed_forward=64),
)
"""Every kind of layer and next to no parameters, for weights that are drawn and not trained."""


@dataclass(frozen=True)
class Noise:
    """The chances of one estimate, ``(1, latent, frames, bands)`` of the latent map each.

    `posterior` decides what the mixture's spectrum came from, `start` where the flow begins.
    """

    posterior: Tensor
    start: Tensor

    @classmethod
    def drawn(cls, generator: torch.Generator, size: VaeSize, frames: int) -> Noise:
        """Standard normal noise for so many frames of the latent map, drawn on the CPU: the same on every device."""
        shape = (1, size.latent, frames, BANDS // size.shrinking)
        return cls(torch.randn(shape, generator=generator), torch.randn(shape, generator=generator))

    def window(self, first: int, frames: int, device: torch.device) -> Noise:
        """The part for some of the frames."""
        part = slice(first, first + frames)
        return Noise(self.posterior[:, :, part].to(device), self.start[:, :, part].to(device))


class FlowSep(nn.Module):
    """The separator, all parts of it."""

    scale_factor: Tensor

    def __init__(self, size: FlowSepSize | None = None) -> None:
        super().__init__()
        size = size or FlowSepSize()
        self.size = size
        self.logmel = LogMagnitudeMel()
        self.vae = Autoencoder(size.vae)
        self.unet = Unet(size.unet)
        self.vocoder = BigVgan(size.vocoder)
        self.text = T5Text(size.text)
        self.register_buffer("scale_factor", torch.tensor(1.0))  # brings trained latent maps to unit variance

    @property
    def latent_frames(self) -> int:
        """Of the latent map of 10.24 s."""
        return FRAMES // self.size.vae.shrinking

    @property
    def latent_hop(self) -> int:
        """Samples for each frame of the latent map."""
        return FRAMING.hop * self.size.vae.shrinking

    def forward(self, mixture: Tensor, text: Text, noise: Noise, steps: int) -> Tensor:
        """Make what the text tells.

        Args:
            mixture: ``(1, time)``, 10.24 s at most.
            text: what to extract.
            noise: for `latent_frames` frames.
            steps: of the flow, 1 or more.

        Returns:
            ``(1, time)``, at the level that the mixture has once its peak is one half.

        Raises:
            SepbenchError: a longer mixture, or no steps.
        """
        posterior = self.vae.encode(self.logmel(prepared(mixture))[:, None])
        condition = self.scale_factor * (posterior.mean + posterior.deviation * noise.posterior)

        def velocity(state: Tensor, time: float) -> Tensor:
            found: Tensor = self.unet(state, condition, torch.full((1,), time, device=state.device), text)
            return found

        latent = euler(velocity, noise.start, steps)
        spectrum = self.vae.decode(latent / self.scale_factor)
        waveform: Tensor = self.vocoder(spectrum[:, 0].transpose(1, 2))
        return waveform[:, 0, : mixture.shape[-1]]


def untrained(size: FlowSepSize, seed: int) -> FlowSep:
    """A network with weights as torch draws them first; the process's own random numbers stay untouched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FlowSep(size)
