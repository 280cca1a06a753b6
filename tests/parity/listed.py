"""Name-seeded tensors under the original's own keys, as listed beside its fixture: ``key<TAB>shape<TAB>seeded|kept``.

For networks of ours that hold the original's weights in another form (weight norm resolved, copies left out): they are
filled by the code that loads an official file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.parity import name_seeded

if TYPE_CHECKING:
    import torch

FIXTURES = Path(__file__).parent / "fixtures"


KEPT = "kept"


@dataclass(frozen=True)
class Listed:
    """One tensor of an original: whether its values are `kept` or follow from its name."""

    shape: tuple[int, ...]
    kept: bool


def listed(name: str) -> dict[str, Listed]:
    """All tensors of an original by their keys."""
    lines = (FIXTURES / f"{name}.keys.txt").read_text(encoding="utf-8").splitlines()
    return {
        key: Listed(ast.literal_eval(shape), source == KEPT)
        for key, shape, source in (line.split("\t") for line in lines)
    }


def resolved_shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Keys and shapes once weight norm is resolved: the direction is the weight, the gain is gone."""
    shapes = {}
    for key, tensor in listed(name).items():
        plain = re.sub(r"\.(weight_v|parametrizations\.weight\.original1)$", ".weight", key)
        if not plain.endswith((".weight_g", ".parametrizations.weight.original0")):
            shapes[plain] = tensor.shape
    return shapes


def official(name: str, *, scale: Mapping[str, float] | None = None) -> dict[str, torch.Tensor]:
    """An official file but for the tensors that the list marks as kept.

    Args:
        name: of the list.
        scale: factors for tensors by a pattern searched in the key, where the plain recipe saturates.
    """
    import torch

    tensors = {}
    for key, entry in listed(name).items():
        if entry.kept:
            continue
        seeded = name_seeded.weight(key, entry.shape)
        for pattern, factor in (scale or {}).items():
            if re.search(pattern, key):
                seeded *= np.float32(factor)
        tensors[key] = torch.from_numpy(seeded)
    return tensors
