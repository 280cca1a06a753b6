"""Where models run: the processor, or a GPU that torch can use."""

from __future__ import annotations

import importlib.util
import re

from sepbench.errors import SepbenchError


def resolve_device(device: str) -> str:
    """``auto`` becomes ``cuda:0`` where torch is installed and sees a GPU, else ``cpu``; other names are checked.

    Raises:
        SepbenchError: not a device's name.
    """
    if device == "auto":
        if importlib.util.find_spec("torch") is None:
            return "cpu"
        import torch

        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda:\d+", device):
        raise SepbenchError("option --device", given=device, wanted="auto, cpu or cuda:N", remedy="use one of them")
    return device
