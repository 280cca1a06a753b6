"""Finished weights as one safetensors file of named parts, and files of others' weights into the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safetensors.torch import save_file  # type: ignore[import-not-found,unused-ignore]
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.state_dict import load_weights, read_tensors, without_prefix
from sepbench.networks.weight_norm import baked
from sepbench.paths import whole
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
    with whole(path) as partial:
        save_file(halves, partial)


@dataclass(frozen=True)
class Start:
    """A file to start from.

    Attributes:
        file: below the folder of weights.
        within: the entry of a torch file that holds the tensors; empty where the file is the dictionary itself.
        names: beginnings of names in a checkpoint and in the file, ``{"codec.decoder.": "decoder."}``; other tensors of
            the file are left unread. Empty where the file names parts as a checkpoint does.
    """

    file: str
    within: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def tensors(self) -> dict[str, Tensor]:
        """By a checkpoint's names, weight norm resolved."""
        found = baked(read_tensors(weights_folder() / self.file, within=self.within))
        if not self.names:
            return found
        return {
            new + name.removeprefix(old): value
            for new, old in self.names.items()
            for name, value in found.items()
            if name.startswith(old)
        }


def start_from(parts: Mapping[str, nn.Module], starts: Sequence[Start]) -> None:
    """Fill the parts whose prefixes the files hold, all files together; the others stay as they were drawn.

    Args:
        parts: by prefix.
        starts: what to read. Names under no prefix are not read.

    Raises:
        MissingData, SepbenchError: no such file, none of the parts in it, or a part of other sizes.
    """
    whole: dict[str, Tensor] = {}
    for start in starts:
        tensors = start.tensors()
        if not any(key.startswith(tuple(parts)) for key in tensors):
            raise SepbenchError(
                "nothing to start from in the file",
                given=start.file,
                wanted=f"names that begin with {', '.join(parts)}",
                remedy="correct start in the recipe",
            )
        whole |= tensors
    for prefix, part in parts.items():
        if any(key.startswith(prefix) for key in whole):
            load_weights(part, without_prefix(whole, prefix))
