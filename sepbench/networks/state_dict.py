"""Official weight files into our networks: every key is accounted for, and nothing in a file is ever executed.

Tensors keep their published names. A file may wrap them (``{"state_dict": ...}``), prefix them (``ss_model.``), and
hold tensors that the architecture determines, such as DFT matrices; those are checked by shape and left unread.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from torch import Tensor, nn

from sepbench.errors import MissingData, SepbenchError
from sepbench.networks.torch_files import read_torch_file, unreadable

Shapes = Mapping[str, tuple[int, ...]]
NAMED = 5
"""So many keys are named in an error; the rest are counted."""

PARALLEL = "module."
"""What several devices add to every name."""


def read_tensors(path: Path, *, within: str = "") -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file, or of a torch file by `torch.load` with ``weights_only``.

    Args:
        path: the file.
        within: the entry of a torch file that holds the tensors (``state_dict``, ``model``); empty where the file is
            the dictionary itself. Safetensors files know no such entries and ignore it.

    Raises:
        MissingData: there is no such file.
        SepbenchError: it is not a file of weights, has no such entry, or the entry holds something else than tensors.
    """
    entries = read_entries(path, within=within)
    tensors = {key: value for key, value in entries.items() if isinstance(value, Tensor)}
    if odd := sorted(map(str, entries.keys() - tensors.keys())):
        raise SepbenchError(
            "entries among the weights that are no tensors", given=f"{path.name}: {_some(odd)}", wanted="tensors only"
        )
    return tensors


def read_entries(path: Path, *, within: str = "") -> Mapping[str, object]:
    """The same with whatever else stands among the tensors (an epoch's number, say); nothing of it is executed.

    Raises:
        MissingData: there is no such file.
        SepbenchError: it is not a file of weights, or has no such entry.
    """
    if not path.is_file():
        raise MissingData("weights file not found", given=str(path), remedy="check the path or fetch the weights")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    content = read_torch_file(path)
    tensors = content.get(within) if within and isinstance(content, Mapping) else content
    if not isinstance(tensors, Mapping):
        raise SepbenchError(
            "no weights where they should be in the file",
            given=f"{path.name}: {_entries(content)}",
            wanted=f"a dictionary of tensors under {within!r}" if within else "a dictionary of tensors",
            remedy="check that this is the file the model names",
        )
    return tensors


def without_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names start with the prefix, without it.

    Raises:
        SepbenchError: no name does.

    >>> from torch import zeros
    >>> list(without_prefix({"ss_model.base.bias": zeros(2), "step": zeros(1)}, "ss_model."))
    ['base.bias']
    """
    found = {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
    if not found:
        raise SepbenchError(
            "no weights of this part in the file", given=_some(sorted(tensors)), wanted=f"keys that start with {prefix}"
        )
    return found


def unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a network that was saved within `torch.nn.DataParallel`, or by itself: ``module.`` taken off.

    Raises:
        SepbenchError: one tensor is there under both names.

    >>> from torch import zeros
    >>> list(unwrapped({"module.weight": zeros(2), "bias": zeros(1)}))
    ['weight', 'bias']
    """
    found = {key.removeprefix(PARALLEL): tensor for key, tensor in tensors.items()}
    if twice := sorted(key for key in found if key in tensors and PARALLEL + key in tensors):
        raise SepbenchError(
            "tensors that are there twice",
            given=_some(twice),
            wanted=f"each with {PARALLEL} before its name or without",
        )
    return found


def load_weights(
    network: nn.Module, tensors: Mapping[str, Tensor], *, fixed: Shapes | None = None, ignored: Collection[str] = ()
) -> None:
    """Fill a network; its dtype and device stay.

    Args:
        network: what to fill.
        tensors: by the network's own names.
        fixed: tensors that a file may hold and the architecture determines, with their shapes; not read.
        ignored: further names that a file may hold and nobody uses.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape; the first few are named.
    """
    wanted: dict[str, tuple[int, ...]] = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    known = {**(fixed or {}), **wanted}
    unknown = sorted(tensors.keys() - known.keys() - set(ignored))
    missing = sorted(wanted.keys() - tensors.keys())
    reshaped = [
        f"{key} {tuple(tensors[key].shape)} for {known[key]}"
        for key in sorted(tensors.keys() & known.keys())
        if tuple(tensors[key].shape) != tuple(known[key])
    ]
    problems = {"unknown": unknown, "missing": missing, "of another shape": reshaped}
    if any(problems.values()):
        raise SepbenchError(
            f"the weights do not fit {type(network).__name__}",
            given="; ".join(f"{kind} {_some(keys)}" for kind, keys in problems.items() if keys),
            wanted=f"its {len(wanted)} tensors",
            remedy="check that file and variant belong together",
        )
    network.load_state_dict({key: tensors[key] for key in wanted})


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError  # type: ignore[import-not-found,unused-ignore]
    from safetensors.torch import load_file  # type: ignore[import-not-found,unused-ignore]

    try:
        tensors: dict[str, Tensor] = load_file(path)
    except SafetensorError as error:
        raise unreadable(path, str(error)) from error
    return tensors


def _entries(content: object) -> str:
    if isinstance(content, Mapping):
        return "entries " + _some(sorted(map(str, content)))
    return f"a {type(content).__name__}"


def _some(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:NAMED])
    return shown + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
