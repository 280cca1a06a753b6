"""Rectified flow (Liu et al., arXiv 2209.03003): noise moves to sound along a velocity that a network tells."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from sepbench.errors import SepbenchError


def euler(velocity: Callable[[Tensor, float], Tensor], noise: Tensor, steps: int) -> Tensor:
    """Follow a velocity from time 0 to time 1 in equal straight steps.

    Args:
        velocity: of a state at a time.
        noise: the state at time 0.
        steps: 1 or more; where the velocity is constant, one is as good as many.

    Raises:
        SepbenchError: no step at all.

    >>> import torch
    >>> euler(lambda state, time: 2 * torch.ones(1) * time, torch.zeros(1), 4)
    tensor([0.7500])
    """
    if steps < 1:
        raise SepbenchError("no steps to follow the flow in", given=str(steps), wanted="1 or more")
    state = noise
    for step in range(steps):
        state = state + velocity(state, step / steps) / steps
    return state
