"""Counting parameters: every stored number once, however many modules share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sepbench.profiling.counting import owners

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Size:
    """Parameters that require a gradient, those that do not, and numbers in buffers."""

    trainable: int = 0
    frozen: int = 0
    buffers: int = 0


def sizes(parts: Mapping[str, nn.Module]) -> dict[str, Size]:
    """The size of every part; what two parts contain is the deeper one's, what they share is the first one's.

    A weight under weight norm counts as its direction and its length, as files hold it, and not as their product.

    >>> import torch
    >>> sizes({"layer": torch.nn.BatchNorm1d(8)})
    {'layer': Size(trainable=16, frozen=0, buffers=17)}
    """
    owned: dict[str, list[nn.Module]] = {name: [] for name in parts}
    for module, name in owners(parts).items():
        owned[name].append(module)
    seen: set[tuple[int, int, int]] = set()
    return {name: _size(modules, seen) for name, modules in owned.items()}


def _size(modules: Iterable[nn.Module], seen: set[tuple[int, int, int]]) -> Size:
    trainable = frozen = buffers = 0
    for module in modules:
        for parameter in module.parameters(recurse=False):
            if parameter.requires_grad:
                trainable += _unseen(parameter, seen)
            else:
                frozen += _unseen(parameter, seen)
        buffers += sum(_unseen(buffer, seen) for buffer in module.buffers(recurse=False))
    return Size(trainable, frozen, buffers)


def _unseen(tensor: Tensor, seen: set[tuple[int, int, int]]) -> int:
    """How many numbers it adds.

    Known by its place in its storage: tensors that lie side by side in one storage, as cuDNN wants the weights of an
    LSTM, are different ones. A storage has an identity on the meta device as well, where no data has an address.
    """
    place = (tensor.untyped_storage()._cdata, int(tensor.storage_offset()), tensor.numel())
    if place in seen:
        return 0
    seen.add(place)
    return tensor.numel()
