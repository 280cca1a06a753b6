"""VGGish (Hershey et al. 2017, arXiv 1609.09430): an embedding of 128 numbers for each 0.96 s of sound.

Keys are those of harritaylor/torchvggish's port of the published TensorFlow weights: positions in two sequences, of
which only the convolutions and linear layers hold tensors.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from torch import Tensor, nn

FRAMES, BANDS = 96, 64
CHANNELS = (64, 128, 256, 256, 512, 512)
POOLED_AFTER = (0, 1, 3, 5)
"""The convolutions that a pooling by two follows."""
CONVOLUTIONS = (0, 3, 6, 8, 11, 13)
"""Their positions in the first sequence, as in the keys."""
HIDDEN, DIM = 4096, 128


class VGGish(nn.Module):
    """Log-mel examples to embeddings.

    Args:
        channels: of the six convolutions; fewer than the official ones make a small network.
        hidden: of the two hidden layers.
    """

    def __init__(self, channels: tuple[int, ...] = CHANNELS, hidden: int = HIDDEN) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (inputs, outputs) in enumerate(zip((1, *channels), channels, strict=False)):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if number in POOLED_AFTER else []
        self.features = nn.Sequential(*layers)
        pooled = 2 ** len(POOLED_AFTER)
        self.embeddings = nn.Sequential(
            nn.Linear(channels[-1] * (FRAMES // pooled) * (BANDS // pooled), hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, DIM),
        )

    def forward(self, examples: Tensor) -> Tensor:
        """``(batch, 96, 64)`` -> ``(batch, 128)``, before the ReLU that the published network ends with."""
        found: Tensor = self.features(examples[:, None])
        # TensorFlow keeps channels last, and the first linear layer was trained on that order.
        embedded: Tensor = self.embeddings(found.permute(0, 2, 3, 1).flatten(1))
        return embedded
