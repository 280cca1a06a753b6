"""A published checkpoint into a safetensors file that holds what is read of it, and which file it was made from.

Checkpoints also hold an optimiser's state, other networks and matrices that the architecture determines: AudioSep's
1.26 GB become 0.61 GB, which load without unpickling anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open  # type: ignore[import-not-found,unused-ignore]
from safetensors.torch import save_file  # type: ignore[import-not-found,unused-ignore]

from sepbench.errors import SepbenchError
from sepbench.networks.state_dict import read_entries
from sepbench.paths import whole

SOURCE = "source_sha256"


def write_kept(
    source: Path, target: Path, *, sha256: str, within: str = "", keep: Sequence[str] = (), drop: Sequence[str] = ()
) -> int:
    """Write the tensors that are read; a crash leaves no half of a file.

    Args:
        source: the published file.
        target: where the result goes.
        sha256: of the published file; the result remembers it.
        within: the entry that holds the tensors; empty where the file itself does.
        keep: beginnings of names to keep; none means all tensors.
        drop: beginnings of names among them to leave out.

    Returns:
        How many tensors were kept.

    Raises:
        SepbenchError: the source is no file of weights, or holds nothing that begins with one of `keep`.
    """
    entries = read_entries(source, within=within)
    tensors = {key: entry for key, entry in entries.items() if isinstance(entry, torch.Tensor)}
    if absent := [start for start in keep if not any(key.startswith(start) for key in tensors)]:
        raise SepbenchError(
            "not the weights that are read",
            given=f"{source}: no names that begin with {', '.join(absent)}",
            remedy="check that this is the published file",
        )
    kept = {
        key: tensor.clone(memory_format=torch.contiguous_format)
        for key, tensor in tensors.items()
        if key.startswith(tuple(keep) or "") and not key.startswith(tuple(drop))
    }
    with whole(target) as partial:
        save_file(kept, partial, metadata={SOURCE: sha256})
    return len(kept)


def source_of(path: Path) -> str:
    """The sha256 of the file that a converted one was made from; empty where it does not say.

    Raises:
        SepbenchError: not a safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            stated: str = (file.metadata() or {}).get(SOURCE, "")
    except SafetensorError as error:
        raise SepbenchError(
            "not a readable file of weights",
            given=f"{path} ({error})",
            remedy="delete it and run: sepbench weights convert",
        ) from error
    return stated
