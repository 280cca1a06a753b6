"""The cost of a system of torch networks, for adapters that answer ``cost`` (`sepbench.separators.separator.Cost`)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sepbench.profiling.counting import OTHER, Work, count
from sepbench.profiling.parameters import Size, sizes
from sepbench.separators.separator import Cost, Part, Scope

if TYPE_CHECKING:
    from torch import nn

Network = TypeVar("Network", bound="nn.Module")


@dataclass(frozen=True)
class NetworkPart:
    """One part of a system: a module, the sums it belongs to, and whether its work depends on the query alone.

    Several modules become one part in an ``nn.ModuleList``; a module within another part's is told apart from it.
    """

    module: nn.Module
    scopes: tuple[Scope, ...] = ("separator_only", "pipeline")
    per_query: bool = False


def cost_of(seconds: float, run: Callable[[], object], parts: Mapping[str, NetworkPart]) -> Cost:
    """Run a system once and say what each part costs.

    Args:
        seconds: length of the mixture that `run` separates.
        run: one estimate, all steps of it; on the meta device (see `weightless`) it costs no time and no memory.
        parts: by name. Parameters that require no gradient count as frozen.

    Returns:
        Also a part ``other``, in every sum, where work was done outside of all modules.

    >>> from torch import nn, zeros
    >>> network = nn.Conv1d(1, 16, 8, stride=8, bias=False)
    >>> cost = cost_of(1.0, lambda: network(zeros(1, 1, 16000)), {"encoder": NetworkPart(network)})
    >>> cost.parts["encoder"].macs, cost.parts["encoder"].trainable
    (256000, 128)
    """
    modules = {name: part.module for name, part in parts.items()}
    size, counted = sizes(modules), count(run, modules)
    found = {name: _part(part, size[name], counted.work[name], counted.calls[name]) for name, part in parts.items()}
    if OTHER in counted.work and OTHER not in parts:
        scopes = tuple(sorted({scope for part in parts.values() for scope in part.scopes}))
        work = counted.work[OTHER]
        found[OTHER] = Part(0, 0, 0, work.macs, work.fft_macs, scopes=scopes)
    return Cost(seconds, found, dtype=_dtype(modules))


def _part(part: NetworkPart, size: Size, work: Work, calls: int) -> Part:
    return Part(
        trainable=size.trainable,
        frozen=size.frozen,
        buffers=size.buffers,
        macs=work.macs,
        fft_macs=work.fft_macs,
        steps=max(1, calls),
        scopes=part.scopes,
        per_query=part.per_query,
    )


def _dtype(modules: Mapping[str, nn.Module]) -> str:
    """Of all parameters: one, or several by comma."""
    found = {parameter.dtype for module in modules.values() for parameter in module.parameters()}
    return ", ".join(sorted(str(dtype).removeprefix("torch.") for dtype in found)) or "float32"


def weightless(network: Network) -> Network:
    """A copy on the meta device: every shape and no number, so that a forward pass costs neither time nor memory.

    Tied parameters stay tied, and frozen ones frozen. A network that looks at values while it runs, as RoBERTa does at
    its attention mask, cannot be asked there; give `cost_of` the network itself.

    >>> from torch import nn, zeros
    >>> weightless(nn.Linear(2, 3))(zeros(5, 2, device="meta")).shape
    torch.Size([5, 3])
    """
    from torch import Tensor

    shapes: dict[int, Any] = {}
    for module in network.modules():
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False), *vars(module).values()):
            if isinstance(tensor, Tensor) and id(tensor) not in shapes:
                shapes[id(tensor)] = _shape_of(tensor)
    return copy.deepcopy(network, shapes)


def _shape_of(tensor: Any) -> Any:
    from torch import nn

    empty = tensor.detach().to("meta")
    return nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
