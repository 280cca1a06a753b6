"""Finished weights as one safetensors file of named parts, and files of others' weights into the parts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors.torch import save_file  # type: ignore[import-not-found,unused-ignore]
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.state_dict import load_weights, read_tensors, without_prefix
from sepbench.networks.weight_norm import baked
from sepbench.weights import weights_folder


def export(parts: Mapping[str, nn.Module], path: Path) -> None:
    """Write every part's tensors below its prefix, as `write_tensors` does."""
    write_tensors(
        {prefix + name: value for prefix, part in parts.items() for name, value in part.state_dict().items()}, path
    )


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Replace the file whole, numbers in half precision: a tiny model's file has to be tiny."""
    held = {name: value.detach().cpu() for name, value in tensors.items()}
    halves = {name: (one.half() if one.is_floating_point() else one).contiguous() for name, one in held.items()}
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    save_file(halves, partial)
    partial.replace(path)


def start_from(parts: Mapping[str, nn.Module], files: Sequence[str]) -> None:
    """Fill the parts whose prefixes the files hold; the others stay as they were drawn.

    Args:
        parts: by prefix.
        files: below the folder of weights; weight norm is resolved. Names under no prefix are not read.

    Raises:
        MissingData, SepbenchError: no such file, none of the parts in it, or a part of other sizes.
    """
    for file in files:
        tensors = baked(read_tensors(weights_folder() / file))
        held = {prefix: part for prefix, part in parts.items() if any(key.startswith(prefix) for key in tensors)}
        if not held:
            raise SepbenchError(
                "nothing to start from in the file",
                given=file,
                wanted=f"names that begin with {', '.join(parts)}",
                remedy="correct start in the recipe",
            )
        for prefix, part in held.items():
            load_weights(part, without_prefix(tensors, prefix))
