"""The trunk of Cnn14: a log-mel spectrum and six blocks of convolutions, common to all its readings."""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.logmel import LogMel, MelRange
from sepbench.networks.norms import stored_norm
from sepbench.networks.spectra import Framing

if TYPE_CHECKING:
    from sepbench.networks.state_dict import Shapes

WIDTHS = (64, 128, 256, 512, 1024, 2048)
FRAMES_PER_SEGMENT = 32
"""Five poolings by two; a clip of fewer frames leaves nothing to tag."""


@dataclass(frozen=True)
class FrontEnd:
    """What the trunk hears."""

    framing: Framing
    mel: MelRange


PANNS_32K = FrontEnd(Framing(32000, 1024, 320), MelRange(64, 50.0, 14000.0))
PANNS_16K = FrontEnd(Framing(16000, 512, 160), MelRange(64, 50.0, 8000.0))


class ConvBlock(nn.Module):
    """Two 3x3 convolutions with batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, inputs, frames, bands)`` -> ``(batch, outputs, frames, bands)``."""
        y = nn.functional.relu_(stored_norm(self.bn1, self.conv1(x)))
        y = nn.functional.relu_(stored_norm(self.bn2, self.conv2(y)))
        return y


class Trunk(nn.Module):
    """Log-mel spectrum and six blocks of convolutions, common to all readings.

    Args:
        front_end: `PANNS_32K` or `PANNS_16K`.
        widths: channels after each block; fewer than the official ones make a small network.
    """

    def __init__(self, front_end: FrontEnd = PANNS_32K, *, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.front_end = front_end
        self.logmel = LogMel(front_end.framing, front_end.mel)
        self.bn0 = nn.BatchNorm2d(front_end.mel.bands)
        for number, (inputs, outputs) in enumerate(zip((1, *widths), widths, strict=False), 1):
            setattr(self, f"conv_block{number}", ConvBlock(inputs, outputs))
        self.blocks = len(widths)
        self.fc1 = nn.Linear(widths[-1], widths[-1])

    @property
    def fixed(self) -> Shapes:
        """Tensors of the official file that the front end determines."""
        framing = self.front_end.framing
        return {
            **framing.dft_shapes("spectrogram_extractor.stft."),
            "logmel_extractor.melW": (framing.bins, self.front_end.mel.bands),
        }

    def features(self, logmel: Tensor) -> Tensor:
        """``(batch, frames, bands)`` dB -> ``(batch, channels, frames // 32)``, averaged over frequency.

        Raises:
            SepbenchError: fewer than 32 frames.
        """
        if logmel.shape[1] < FRAMES_PER_SEGMENT:
            hop = self.front_end.framing.hop
            raise SepbenchError(
                "audio too short to tag",
                given=f"{logmel.shape[1]} frames",
                wanted=f"{FRAMES_PER_SEGMENT} or more, which {(FRAMES_PER_SEGMENT - 1) * hop} samples have",
                remedy="pad it with zeros",
            )
        x = stored_norm(self.bn0, logmel.transpose(1, 2)).transpose(1, 2)[:, None]
        for number in range(1, self.blocks + 1):
            x = getattr(self, f"conv_block{number}")(x)
            x = nn.functional.avg_pool2d(x, 2) if number < self.blocks else x
        return x.mean(dim=3)

    def segments(self, logmel: Tensor) -> Tensor:
        """``(batch, frames, bands)`` dB -> ``(batch, frames // 32, channels)``, each smoothed over its neighbours."""
        x = self.features(logmel)
        largest = nn.functional.max_pool1d(x, 3, stride=1, padding=1)
        mean = nn.functional.avg_pool1d(x, 3, stride=1, padding=1)
        return nn.functional.relu_(self.fc1((largest + mean).transpose(1, 2)))
