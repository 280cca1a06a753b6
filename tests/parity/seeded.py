"""Networks of ours with name-seeded weights, and arrays in and out of torch."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.parity import name_seeded
from tests.parity.fixture import Array

if TYPE_CHECKING:
    import torch


def seed(
    network: Any, *, scale: Mapping[str, float] | None = None, keep: Collection[str] = (), log_snake: bool = False
) -> Any:
    """Fill a network and return it.

    Args:
        network: a module whose state dict has the original's keys.
        scale: factors for tensors by a pattern searched in the key, where the plain recipe saturates.
        keep: keys whose values the architecture defines.
        log_snake: as for `name_seeded.weight`.
    """
    import torch

    from sepbench.networks.state_dict import load_weights

    tensors = {}
    for key, value in network.state_dict().items():
        seeded = name_seeded.weight(key, tuple(value.shape), log_snake=log_snake)
        for pattern, factor in (scale or {}).items():
            if re.search(pattern, key):
                seeded *= np.float32(factor)
        tensors[key] = value if key in keep else torch.from_numpy(seeded)
    load_weights(network, tensors)
    return network


def tensor(array: Array) -> torch.Tensor:
    """For a network's input."""
    import torch

    return torch.from_numpy(array.copy())


def array(values: torch.Tensor) -> Array:
    """From a network's output."""
    return values.detach().cpu().numpy()
