"""Counting multiply-accumulates (MACs) with torch's FlopCounterMode, made exact, and told apart by part.

One MAC is one multiplication with its addition, two floating-point operations. Convolutions, matrix products and what
is made of them count; norms, activations, lookups and resampling are 0 by convention; Fourier transforms are counted
apart (`sepbench.profiling.fft`). The counter sees no more than torch's dispatcher shows it, so fused kernels have to be
off: oneDNN's and cuDNN's LSTM, fused attention, and the encoder layer's fast path count 0 otherwise.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sepbench.profiling.fft import FLOPS_PER_MAC, Shape, fft_formulas

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

OTHER = "other"
"""What happens in no part: work of functions that belong to no module."""


@dataclass(frozen=True)
class Work:
    """Multiply-accumulates, and those that Fourier transforms stand for."""

    macs: int = 0
    fft_macs: int = 0

    def __add__(self, more: Work) -> Work:
        return Work(self.macs + more.macs, self.fft_macs + more.fft_macs)

    def __sub__(self, less: Work) -> Work:
        return Work(self.macs - less.macs, self.fft_macs - less.fft_macs)


@dataclass(frozen=True)
class Counted:
    """By part: the work, and how often the part itself was called."""

    work: dict[str, Work]
    calls: dict[str, int]


def count(run: Callable[[], object], parts: Mapping[str, nn.Module]) -> Counted:
    """Run something once and count what each part does.

    Args:
        run: the work; it may run on the meta device, where nothing is computed and only shapes count.
        parts: modules by name. Work inside a module that two parts contain is the deeper part's.

    Returns:
        `OTHER` as well where there was work outside of all parts; the sum over all names is all the work.

    >>> import torch
    >>> layer = torch.nn.Linear(64, 128)
    >>> count(lambda: layer(torch.zeros(100, 64)), {"layer": layer}).work
    {'layer': Work(macs=819200, fft_macs=0)}
    """
    import torch

    with exact_counter() as counter, torch.no_grad():
        ledger = _Ledger(parts, partial(_work_of, counter))
        with ledger.attached(parts):
            run()
        ledger.settle()
    return Counted({name: work for name, work in ledger.work.items() if name in parts or work != Work()}, ledger.calls)


def owners(parts: Mapping[str, nn.Module]) -> dict[nn.Module, str]:
    """Which part every module belongs to: the one whose own module is nearest above it."""
    deepest_last = sorted(parts, key=lambda name: sum(1 for _ in parts[name].modules()), reverse=True)
    return {module: name for name in deepest_last for module in parts[name].modules()}


class _Ledger:
    """Books work to the part that is running; hooks say which one that is."""

    def __init__(self, names: Mapping[str, object], done: Callable[[], Work]) -> None:
        self.work = dict.fromkeys([*names, OTHER], Work())
        self.calls = dict.fromkeys(names, 0)
        self._done = done
        self._booked = Work()
        self._running = [OTHER]

    def settle(self) -> None:
        """Book what was done since the last time."""
        done = self._done()
        self.work[self._running[-1]] += done - self._booked
        self._booked = done

    @contextlib.contextmanager
    def attached(self, parts: Mapping[str, nn.Module]) -> Iterator[None]:
        """Follow the modules of the parts."""
        with contextlib.ExitStack() as handles:
            for module, name in owners(parts).items():
                handles.callback(module.register_forward_pre_hook(partial(self._enter, name), prepend=True).remove)
                handles.callback(module.register_forward_hook(self._leave, always_call=True).remove)
            for name, module in parts.items():
                handles.callback(module.register_forward_pre_hook(partial(self._called, name)).remove)
            yield

    def _enter(self, name: str, *_: object) -> None:
        self.settle()
        self._running.append(name)

    def _leave(self, *_: object) -> None:
        self.settle()
        self._running.pop()

    def _called(self, name: str, *_: object) -> None:
        self.calls[name] += 1


def _work_of(counter: FlopCounterMode) -> Work:
    """All that was done until now."""
    by_operation = counter.flop_counts["Global"]
    transforms = sum(by_operation.get(operation, 0) for operation in fft_formulas())
    return Work((sum(by_operation.values()) - transforms) // FLOPS_PER_MAC, transforms // FLOPS_PER_MAC)


@contextlib.contextmanager
def exact_counter() -> Iterator[FlopCounterMode]:
    """torch's counter with fused kernels off, and with formulas for what it leaves out."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    counter = FlopCounterMode(display=False, custom_mapping={**fft_formulas(), **_product_formulas()})
    counter.mod_tracker = _NoModules()  # type: ignore[assignment,unused-ignore]
    try:
        with (
            _without_onednn(),
            torch.backends.cudnn.flags(enabled=False),
            sdpa_kernel(SDPBackend.MATH),
            _checks_of_values_passed(),
            counter,
        ):
            yield counter
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


class _NoModules(contextlib.nullcontext[None]):
    """In place of what tells torch's counter which module runs: it fails at weight norms in inference mode."""

    parents = frozenset({"Global"})


@contextlib.contextmanager
def _without_onednn() -> Iterator[None]:
    """torch warns of Intel GPUs whenever this setting is touched."""
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TF32 acceleration")
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def _checks_of_values_passed() -> contextlib.AbstractContextManager[Any]:
    """Lets `torch.istft` run on the meta device: it asks whether its windows leave a gap, and no values can tell."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Passing(TorchDispatchMode):  # type: ignore[misc,no-untyped-call,unused-ignore]
        def __torch_dispatch__(
            self, function: Any, types: Any, given: tuple[Any, ...] = (), named: dict[str, Any] | None = None
        ) -> Any:
            if function is torch.ops.aten.equal.default and given[0].is_meta:
                return False
            return function(*given, **(named or {}))

    passing: contextlib.AbstractContextManager[Any] = Passing()  # type: ignore[no-untyped-call,unused-ignore]
    return passing


def _product_formulas() -> Mapping[Any, Callable[..., int]]:
    """Products that torch's counter takes for 0: with a vector, in place, summed over a batch."""
    from torch import ops

    aten = ops.aten
    formulas: dict[Any, Callable[..., int]] = dict.fromkeys((aten.mv, aten.dot, aten.vdot, aten._int_mm), _product)
    added = (aten.addmv, aten.addmv_, aten.addbmm, aten.addbmm_, aten.addmm_, aten.baddbmm_, aten._addmm_activation)
    return formulas | dict.fromkeys(added, _added_product)


def _product(left: Shape, right: Shape, *_: object, out_shape: object, **__: object) -> int:
    return FLOPS_PER_MAC * math.prod(left) * (right[-1] if len(right) > 1 else 1)


def _added_product(_: Shape, left: Shape, right: Shape, *__: object, out_shape: object, **___: object) -> int:
    return _product(left, right, out_shape=out_shape)
