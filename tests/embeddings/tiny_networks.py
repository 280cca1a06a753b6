"""Networks small enough for tests, with seeded weights, in the published files' layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CNN14_WIDTHS = (2, 3, 3, 4, 4, 6)
VGGISH_CHANNELS, VGGISH_HIDDEN = (2, 3, 4, 4, 5, 3), 7


def tiny_cnn14(path: Path, seed: int = 0) -> Path:
    """A 16 kHz Cnn14 of 6-d embeddings, wrapped and with the front end's tensors as the published files are."""
    import torch

    from sepbench.networks.cnn14 import Cnn14
    from sepbench.networks.cnn14_trunk import PANNS_16K

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network: Any = Cnn14(PANNS_16K, widths=CNN14_WIDTHS)
    _louder(network)
    fixed = {name: torch.zeros(shape) for name, shape in network.fixed.items()}
    torch.save({"iteration": 1, "model": network.state_dict() | fixed}, path)
    return path


def tiny_vggish(path: Path, seed: int = 0) -> Path:
    """A VGGish of narrow layers."""
    import torch

    from sepbench.networks.vggish import VGGish

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network: Any = VGGish(VGGISH_CHANNELS, VGGISH_HIDDEN)
    _louder(network)
    torch.save(network.state_dict(), path)
    return path


def _louder(network: Any) -> None:
    """Fresh weights make every layer fainter than the one before, and all clips alike."""
    import torch

    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter *= 3
