"""What a Fourier transform costs, which counters of multiply-accumulates leave out.

By convention 2.5 N log2 N for each transform of N points, real or complex: a radix-2 transform of complex numbers takes
5 N log2 N additions and multiplications, and two of them make one multiply-accumulate. One of real numbers takes about
half of it, so the figure is an upper bound. It stands in a column of its own: a convolution with a DFT matrix, which
some originals use, costs a hundred times as much, and both give the same spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

FLOPS_PER_MAC = 2

Shape = Sequence[int]


def fft_macs(points: int, transforms: int) -> int:
    """Multiply-accumulates of some transforms of so many points each.

    >>> fft_macs(2048, transforms=101)
    5688320
    """
    return round(2.5 * points * math.log2(points) * transforms) if points > 1 else 0


def fft_formulas() -> Mapping[Any, Callable[..., int]]:
    """torch's own transforms, each with what it costs in the unit of torch's counter, floating-point operations."""
    from torch import ops

    return {ops.aten._fft_r2c: _of_input, ops.aten._fft_c2c: _of_input, ops.aten._fft_c2r: _of_output}


def _of_input(shape: Shape, dim: Shape, *_: object, out_shape: Shape, **__: object) -> int:
    return _flops(shape, dim)


def _of_output(shape: Shape, dim: Shape, *_: object, out_shape: Shape, **__: object) -> int:
    """Half of a spectrum goes in; the number of points is that of the waveform that comes out."""
    return _flops(out_shape, dim)


def _flops(shape: Shape, dim: Shape) -> int:
    points = math.prod(shape[axis] for axis in dim)
    return FLOPS_PER_MAC * fft_macs(points, math.prod(shape) // points) if points else 0
