"""Weight norm (Salimans and Kingma, arXiv 1602.07868) resolved once, when a file is loaded.

A file holds a direction ``v`` and a gain ``g`` for each normed weight, under one of two namings of torch. The weight is
``g * v / |v|``, the length taken over every axis but the first, for transposed convolutions too.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

NAMINGS = (
    (".weight_g", ".weight_v"),
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),
)
"""Endings of gain and direction: `torch.nn.utils.weight_norm` and its successor under `parametrizations`."""


def baked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights with each pair of gain and direction as one ``weight``.

    All other tensors stay, and so does half a pair or one that does not fit together: `load_weights` then names it as
    unknown and its weight as missing.

    >>> pair = {"conv.weight_g": torch.tensor([[10.0]]), "conv.weight_v": torch.tensor([[3.0, 4.0]])}
    >>> baked(pair)
    {'conv.weight': tensor([[6., 8.]])}
    """
    result = dict(tensors)
    for gain, direction in NAMINGS:
        for module in [key.removesuffix(gain) for key in tensors if key.endswith(gain)]:
            g, v = tensors[module + gain], tensors.get(module + direction)
            if v is not None and f"{module}.weight" not in tensors and g.shape == (len(v), *[1] * (v.ndim - 1)):
                del result[module + gain], result[module + direction]
                result[f"{module}.weight"] = _product(g, v)
    return result


def _product(gain: Tensor, direction: Tensor) -> Tensor:
    lengths = torch.linalg.vector_norm(direction.flatten(1), dim=1)
    product: Tensor = direction * (gain / lengths.reshape(gain.shape))
    return product
